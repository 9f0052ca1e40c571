"""Trying a source's mapping on deliveries, without storing anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.leads.files.mapping_parts import FieldName
from leadflow.sources.definitions import Source
from leadflow.sources.mapped import WHOLE, Came, Reason, came_of
from leadflow.sources.mapping import map_deliveries
from leadflow.sources.tables import Delivery

if TYPE_CHECKING:
    import pandas as pd

SHOWN = (
    "external_id",
    *get_args(FieldName),
    "budget_currency",
    "outcome",
    "occurred_at",
    "created_at",
    "changed_at",
)
# What a delivery says of messages can be told only as it is taken in.
OF_MESSAGES = {"field": "feedback", "rule": "tells of messages that were sent, and of no leads"}


@dataclass(frozen=True)
class Tried:
    """What one delivery would say: its records as fields of leads, the events of each, what of it
    cannot be mapped, and why nothing of it is wanted. ``records`` may be fewer than it held."""

    delivery: str
    records: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...]
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]


def stored_deliveries(session: Session, source: str, limit: int) -> list[Came]:
    """The newest deliveries of a source, to try a mapping on; the newest first."""
    newest = select(*WHOLE).where(Delivery.source == source).order_by(Delivery.id.desc())
    return [came_of(row) for row in session.execute(newest.limit(limit))]


def sampled_deliveries(samples: Sequence[bytes], now: datetime) -> list[Came]:
    """Bodies that are no deliveries yet, as if they came now."""
    return [
        Came(f"sample {number}", str(number), body, {}, now)
        for number, body in enumerate(samples, start=1)
    ]


def try_source(
    name: str, source: Source, deliveries: Sequence[Came], now: datetime, currency: str
) -> list[Tried]:
    """What each delivery would say by this source. Personal data is in it."""
    return [_tried(name, source, one, now, currency) for one in deliveries]


def _tried(name: str, source: Source, came: Came, now: datetime, currency: str) -> Tried:
    if source.feedback is not None:
        return Tried(came.id, (), (), (), (dict(OF_MESSAGES),))
    mapped = map_deliveries(name, source, [came], now, currency)
    records = () if mapped.frame is None else tuple(_said(mapped.frame))
    events = tuple(
        event.model_dump(mode="json", exclude_none=True)
        for place in sorted(mapped.events)
        for event in mapped.events[place]
    )
    reasons, notes = (tuple(of.get(came.id, ())) for of in (mapped.reasons, mapped.notes))
    return Tried(came.id, records, events, reasons, notes)


def _said(frame: "pd.DataFrame") -> Iterator[dict[str, Any]]:
    import json

    import pandas as pd

    for _, row in frame.iterrows():
        found = {name: row[name] for name in SHOWN if name in row and not pd.isna(row[name])}
        attributes = json.loads(row["attributes"])
        yield found | {f"attributes.{name}": value for name, value in attributes.items()}

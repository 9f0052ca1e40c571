"""What is mapped, and what comes of it: deliveries as they came, rows, events, and reasons."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from leadflow.leads.events.recording import EventIn
from leadflow.sources.tables import Delivery

if TYPE_CHECKING:
    import pandas as pd

# What of which record cannot be mapped: ``record`` (its number in the delivery; not of the body as
# a whole), ``field`` and ``rule``. No values: they may be personal.
Reason = dict[str, Any]


@dataclass(frozen=True)
class Came:
    """A delivery to be mapped."""

    id: str
    delivery_id: str
    body: bytes
    headers: dict[str, str]
    received_at: datetime


# What is read of a delivery to map it.
WHOLE = (
    Delivery.id,
    Delivery.delivery_id,
    Delivery.body,
    Delivery.headers,
    Delivery.correction,
    Delivery.received_at,
)


def came_of(row: Any) -> Came:
    """A delivery that is kept, read whole (``WHOLE``), as it is to be mapped: by its correction
    where one was given."""
    body = row.body if row.correction is None else row.correction
    return Came(row.id, row.delivery_id, body, row.headers or {}, row.received_at)


@dataclass
class Mapped:
    """What the deliveries of one source say. ``frame``: rows that passed, indexed by their place
    among all records; ``events``: what the leads of those rows did, by that place; ``of``: the
    delivery that each record is of, by place. ``reasons``: what of each delivery cannot be mapped,
    by its id; ``notes``: why there was nothing to map in it; ``records``: how many it held;
    ``left_out``: how many `only` did not let pass; ``kinds``: what it was; ``starts``: by the
    place of each start of the source, the deliveries that ask for it."""

    frame: "pd.DataFrame | None" = None
    events: dict[int, list[EventIn]] = field(default_factory=dict)
    of: list[str] = field(default_factory=list)
    reasons: dict[str, list[Reason]] = field(default_factory=dict)
    notes: dict[str, list[Reason]] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, list[str]] = field(default_factory=dict)
    starts: dict[int, list[str]] = field(default_factory=dict)

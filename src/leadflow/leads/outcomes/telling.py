"""Outcomes that are told one by one: an end, a correction of it, or that the lead is open again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ARRAY, Text, any_, insert, literal, select
from sqlalchemy.orm import Session

from leadflow.database.ids import new_id
from leadflow.leads.changes import mark_changed
from leadflow.leads.events.recording import HAPPENED, Past, happened_at
from leadflow.leads.outcomes.log import settle
from leadflow.leads.outcomes.tables import OutcomeSaid
from leadflow.leads.readers.money import Currency
from leadflow.leads.schemas import OF_A_SUM, Sum
from leadflow.leads.tables import Outcome

REOPENED = "reopened"


class OutcomeIn(BaseModel):
    """How a lead ended: converted or lost, when, and what it was worth. Said of a lead that has
    ended, it corrects that; ``reopened``: it has not ended, or is open again."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    outcome: Literal["converted", "lost", "reopened"] = Field(
        description="reopened: it is open again. A loss ends then; a conversion is taken back."
    )
    occurred_at: Past | None = Field(default=None, description=HAPPENED)
    value: Sum | None = Field(default=None, description=OF_A_SUM)
    currency: Currency | None = Field(
        default=None,
        description="ISO 4217. Unset: LEADFLOW_DEFAULT_CURRENCY.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.currency is not None and self.value is None:
            raise ValueError("currency says what a value is counted in: send the value too")
        if self.outcome == REOPENED and self.value is not None:
            raise ValueError("a lead that is open again has no value: leave value out")
        return self


def outcome_from_words(
    outcome: str, at: datetime | None, value: float | None, currency: str | None
) -> OutcomeIn:
    """An outcome as a person has typed it.

    Raises:
        ValidationError: there is no such outcome, or what is said of it does not fit together.
    """
    return OutcomeIn.model_validate(
        {"outcome": outcome, "occurred_at": at, "value": value, "currency": currency}
    )


@dataclass(frozen=True)
class Recorded:
    """What was told, as it holds now. ``created``: it ends the lead, ends it in another way than
    before, or opens it again; ``stands`` is False where something that was said of a later time
    counts instead."""

    outcome: str
    occurred_at: datetime
    value_minor: int | None
    value_currency: str | None
    created: bool
    stands: bool
    before: str | None


def record_outcomes(
    session: Session,
    told: Sequence[tuple[str, OutcomeIn]],
    now: datetime,
    default_currency: str,
    by: Sequence[str],
    source: str = "api",
) -> list[Recorded]:
    """Store what is said of how leads ended, given as (lead id, what), in order, and ``by`` whom;
    the caller holds the leads. What says nothing new changes nothing. Everything said stays in the
    log; the next training learns from what holds.

    Raises:
        MomentInFuture: it lies more than five minutes ahead.
    """
    moments = [happened_at(said.occurred_at, now) for _, said in told]
    recorded: dict[int, Recorded] = {}
    for places in _one_each([lead_id for lead_id, _ in told]):
        leads = sorted({told[place][0] for place in places})
        before, rows = _outcomes(session, leads), []
        for place in places:
            lead_id, said = told[place]
            if _says_something(said, moments[place], before.get(lead_id)):
                row = _row(said, moments[place], now, before.get(lead_id), default_currency)
                rows.append(row | {"lead_id": lead_id, "source": source, "told_by": by[place]})
        if rows:
            session.execute(insert(OutcomeSaid), rows)
            settle(session, [row["lead_id"] for row in rows])
        after = _outcomes(session, leads)
        for place in places:
            lead_id, said = told[place]
            known = before.get(lead_id)
            stored = after.get(lead_id)
            recorded[place] = _recorded(said, moments[place], known, stored, default_currency)
    opened = {lead_id for lead_id, said in told if said.outcome == REOPENED}
    mark_changed(session, sorted(opened))
    return [recorded[place] for place in range(len(told))]


def _one_each(lead_ids: Sequence[str]) -> list[list[int]]:
    """The places of these, in parts that name each lead once: what is said of a lead after another
    thing finds that done."""
    parts: list[list[int]] = []
    times: Counter[str] = Counter()
    for place, lead_id in enumerate(lead_ids):
        if times[lead_id] == len(parts):
            parts.append([])
        parts[times[lead_id]].append(place)
        times[lead_id] += 1
    return parts


def _says_something(said: OutcomeIn, at: datetime, known: "Known | None") -> bool:
    if said.outcome == REOPENED:
        return known is not None or said.occurred_at is not None
    if known is None or known.outcome != said.outcome:
        return True
    other_date = said.occurred_at is not None and at != known.occurred_at
    minor = None if said.value is None else round(said.value * 100)
    other_value = minor is not None and minor != known.value_minor
    other_currency = said.currency is not None and said.currency != known.value_currency
    return other_date or other_value or other_currency


def _row(
    said: OutcomeIn, at: datetime, now: datetime, known: "Known | None", default_currency: str
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": new_id("said"),
        "said": said.outcome,
        "occurred_at": at,
        "dated": said.occurred_at is not None,
        "said_at": now,
        "known_at": now,
        "value_minor": None,
        "value_currency": None,
    }
    if said.value is not None:
        # What is not said does not change: a known currency stays.
        same = known is not None and known.outcome == said.outcome
        usual = (known.value_currency if known is not None and same else None) or default_currency
        row |= {
            "value_minor": round(said.value * 100),
            "value_currency": said.currency or usual,
        }
    return row


def _recorded(
    said: OutcomeIn,
    at: datetime,
    known: "Known | None",
    after: "Known | None",
    default_currency: str,
) -> Recorded:
    was = None if known is None else known.outcome
    if said.outcome == REOPENED:
        return Recorded(REOPENED, at, None, None, after != known, after is None, was)
    if after is None or after.outcome != said.outcome:
        minor = None if said.value is None else round(said.value * 100)
        currency = None if minor is None else said.currency or default_currency
        return Recorded(said.outcome, at, minor, currency, False, False, was)
    stored = (after.outcome, after.occurred_at, after.value_minor, after.value_currency)
    return Recorded(*stored, created=was != said.outcome, stands=True, before=was)


@dataclass(frozen=True)
class Known:
    """The end that counts."""

    outcome: str
    occurred_at: datetime
    value_minor: int | None
    value_currency: str | None


def _outcomes(session: Session, lead_ids: Sequence[str]) -> "dict[str, Known]":
    these = Outcome.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
    columns = (Outcome.outcome, Outcome.occurred_at, Outcome.value_minor, Outcome.value_currency)
    found = session.execute(select(Outcome.lead_id, *columns).where(these))
    return {lead_id: Known(*values) for lead_id, *values in found}

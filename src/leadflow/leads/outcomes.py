"""Recording of outcomes that arrive one by one."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.database.ids import new_id
from leadflow.exact import Amount
from leadflow.leads.events.recording import Past, happened_at
from leadflow.leads.readers.money import Currency
from leadflow.leads.tables import Outcome


class OutcomeIn(BaseModel):
    """How a lead ended: converted or lost, when, and what it was worth."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    outcome: Literal["converted", "lost"]
    occurred_at: Past | None = Field(default=None, description="With a time zone. Unset: now.")
    value: Amount | None = Field(
        default=None, ge=0, le=1e12, allow_inf_nan=False, description="In units of the currency."
    )
    currency: Currency | None = Field(
        default=None,
        description="ISO 4217. Unset: LEADFLOW_DEFAULT_CURRENCY.",
    )

    @model_validator(mode="after")
    def _currency_of_something(self) -> Self:
        if self.currency is not None and self.value is None:
            raise ValueError("currency says what a value is counted in: send the value too")
        return self


def record_outcome(
    session: Session,
    lead_id: str,
    said: OutcomeIn,
    now: datetime,
    default_currency: str,
    source: str = "api",
) -> tuple[Outcome, bool]:
    """Store an outcome; the same one again changes only what is said anew.

    Returns:
        The stored outcome, and whether it is new. The next training learns from it.

    Raises:
        MomentInFuture: it lies more than five minutes ahead.
    """
    told: dict[str, Any] = {"occurred_at": happened_at(said.occurred_at, now)}
    if said.value is not None:
        told["value_minor"] = round(said.value * 100)
        told["value_currency"] = said.currency or default_currency
    anew = (
        told if said.occurred_at is not None else {k: told[k] for k in told if k != "occurred_at"}
    )
    if said.value is not None and said.currency is None:
        # What is not said does not change: a known currency stays.
        anew["value_currency"] = func.coalesce(Outcome.value_currency, default_currency)
    row = {"lead_id": lead_id, "outcome": said.outcome, "known_at": now, "source": source, **told}
    statement = insert(Outcome).values(id=new_id("outcome"), **row)
    # Writing lead_id as it is makes the row be returned where nothing is said anew.
    outcome_id, created = session.execute(
        statement.on_conflict_do_update(
            index_elements=["lead_id", "outcome"], set_={"lead_id": lead_id, **anew}
        ).returning(Outcome.id, literal_column("xmax = 0"))
    ).one()
    stored = session.scalars(
        select(Outcome).where(Outcome.id == outcome_id).execution_options(populate_existing=True)
    ).one()
    return stored, bool(created)

"""When a workflow rule acts: what must have happened, how often it may, and in which hours."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from leadflow.conditions.operators import OperandRefused, read_time
from leadflow.domain_events.types import SILENT
from leadflow.exact import Flag
from leadflow.hours import Calendar, HoursInvalid, NeverWorks, read_calendar
from leadflow.rules.schemas import Rule

# Of one rule for one lead; what needs more is a mistake.
MOST_A_DAY = 20


def _span(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        return read_time(value)
    except OperandRefused as error:
        raise ValueError(str(error)) from error


Span = Annotated[timedelta, BeforeValidator(_span)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Said):
    """How often a rule acts at most."""

    per_lead: Count | None = Field(default=None, description="Times for one lead.")
    within: Span | None = Field(
        default=None, description="Counted over this time, such as 30d; unset: ever."
    )
    per_day: Count | None = Field(default=None, description="Times in 24 hours, for all leads.")

    @model_validator(mode="after")
    def _of_leads(self) -> Self:
        if self.within is not None and self.per_lead is None:
            raise ValueError("`within` says over which time `per_lead` counts; say that too")
        return self


class Hours(_Said):
    """When a rule acts. What happens outside of these hours is acted on as they begin."""

    zone: str = Field(description="Such as Europe/Vienna.")
    week: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], list[str]] = Field(
        min_length=1, description='Such as {mon: ["09:00-17:00"]}; days left out are none.'
    )

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            self.calendar.opens(datetime(2026, 1, 1, tzinfo=UTC))
        except (HoursInvalid, NeverWorks) as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def calendar(self) -> Calendar:
        """The hours, to be asked."""
        return read_calendar(self.zone, {day: tuple(spans) for day, spans in self.week.items()})


class Terms(_Said):
    """What a workflow rule says beside its conditions and actions."""

    on: list[str] = Field(
        min_length=1, max_length=50, description="Types of events, such as lead.level_changed."
    )
    silent_for: Span | None = Field(
        default=None, description="For lead.silent: how long nothing was heard of the lead."
    )
    stop: Flag = Field(default=False, description="No rule after this one acts on the event.")
    limits: Limits = Limits()
    hours: Hours | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (SILENT in self.on) != (self.silent_for is not None):
            raise ValueError(f"`silent_for` and the type {SILENT} go together; say both or neither")
        if len(set(self.on)) < len(self.on):
            raise ValueError("`on` names a type twice")
        return self

    @property
    def types(self) -> frozenset[str]:
        """The types of events it acts on, as they are written."""
        if self.silent_for is None:
            return frozenset(self.on)
        return frozenset(self.on) - {SILENT} | {silence(self.silent_for)}

    def acts_at(self, moment: datetime) -> datetime | None:
        """When what happens at this moment is acted on; None: at once."""
        if self.hours is None or self.hours.calendar.working(moment):
            return None
        return self.hours.calendar.opens(moment)


def terms_of(rule: Rule) -> Terms:
    """What a workflow rule says beside its conditions and actions."""
    if not isinstance(rule.terms, Terms):
        raise TypeError(f"{rule.rule_id} is no workflow rule.")
    return rule.terms


def silence(span: timedelta) -> str:
    """The type of the event that nothing was heard of a lead for so long: rules that wait
    for other spans know nothing of it."""
    return f"{SILENT}.{int(span.total_seconds() // 60)}m"

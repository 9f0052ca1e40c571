"""The steps of a campaign as they are written: ``send``, ``wait``, ``listen``, ``switch``, ``do``
and ``end``."""

import re
from datetime import date as calendar_day
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from leadflow.campaigns.definitions.spans import IsoSpan
from leadflow.hours import DAYS

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
StepName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
EventName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,99}$")]
# Where a step leads that ends the campaign for a lead.
END = "end"
KINDS = ("send", "wait", "listen", "switch", "do", "end")


class Part(BaseModel):
    """A part of a campaign: unknown keys are refused, so that a typo is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _day(text: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text) is None:
        raise ValueError("write a date such as 2026-12-01")
    try:
        calendar_day.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no such day as {text}") from None
    return text


class Until(Part):
    """A moment that is waited for, in the lead's own zone: the next of some weekdays, a date that
    is the same for all, or one that is known of the lead."""

    weekdays: tuple[Day, ...] | None = Field(
        default=None, min_length=1, description="The next of these days, such as [tue, thu]."
    )
    date: Annotated[str, AfterValidator(_day)] | None = Field(
        default=None, description="A day that is the same for everybody; at once where it is past."
    )
    field: str | None = Field(
        default=None, description="A date known of the lead, such as attributes.trial_ends_at."
    )
    before: IsoSpan | None = Field(default=None, description="So long before that field's date.")
    after: IsoSpan | None = Field(default=None, description="So long after that field's date.")
    at: Clock | None = Field(
        default=None,
        description="The hour there, such as 09:30. Of a field's moment: unset, as it is.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.weekdays, self.date, self.field)) != 1:
            raise ValueError("say one of `weekdays`, `date` and `field`")
        if self.field is None and (self.before or self.after):
            raise ValueError("`before` and `after` go with `field`")
        if self.before is not None and self.after is not None:
            raise ValueError("say `before` or `after`, not both")
        if self.field is None and self.at is None:
            raise ValueError("say `at` which hour, such as 09:30")
        return self

    @property
    def days(self) -> tuple[int, ...]:
        """The weekdays as numbers from Monday, 0."""
        return tuple(sorted(DAYS.index(day) for day in self.weekdays or ()))


class UntilThen(Part):
    """``wait: {until: …}``. ``otherwise`` is the step for leads of whom the date is not known."""

    until: Until
    otherwise: StepName | None = None

    @model_validator(mode="after")
    def _every_lead_goes_on(self) -> Self:
        if (self.until.field is not None) != (self.otherwise is not None):
            raise ValueError(
                "`otherwise` goes with `until.field`, and only with it: it names the step for "
                "leads of whom that date is not known"
            )
        return self


def _is_until(given: Any) -> str:
    return "<until>" if isinstance(given, dict | UntilThen) else "<span>"


# A length of time, or a moment; what is wrong is said of the one that was meant.
Wait = Annotated[
    Annotated[IsoSpan, Tag("<span>")] | Annotated[UntilThen, Tag("<until>")],
    Discriminator(_is_until),
]


class Listen(Part):
    """Waits until something happens, or conditions hold; and no longer than ``within``."""

    on: tuple[EventName, ...] = Field(
        default=(), max_length=20, description="Types of events, such as lead.did.demo_request."
    )
    when: dict[str, Any] | None = Field(
        default=None, description="Conditions as those of rules, held as something happens."
    )
    within: IsoSpan = Field(description="No longer than this, such as P5D.")
    then: StepName = Field(description="The step where it happened.")
    otherwise: StepName = Field(description="The step where the time is over.")

    @model_validator(mode="after")
    def _for_something(self) -> Self:
        if not self.on and self.when is None:
            raise ValueError("say `on` which events, or `when` which conditions hold")
        return self


class Case(Part):
    """One way on: of the cases, the first whose conditions hold. The last has none, and is for
    everybody else."""

    when: dict[str, Any] | None = None
    then: StepName


class Step(Part):
    """One step: its name, one thing that is done, and ``then``, where it does not go on with the
    step below."""

    step: StepName
    send: StepName | None = Field(default=None, description="The content that is sent.")
    wait: Wait | None = None
    listen: Listen | None = None
    switch: tuple[Case, ...] | None = Field(default=None, min_length=2, max_length=20)
    do: dict[str, Any] | None = Field(
        default=None, description="Actions as those of workflow rules, such as {tag: [nurtured]}."
    )
    end: StepName | None = Field(default=None, description="How it ended, such as finished.")
    then: StepName | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(said) != 1:
            several = f", not {' and '.join(said)}" if said else ""
            raise ValueError(f"a step has one of {', '.join(KINDS)}{several}")
        if self.then is not None and self.kind in ("listen", "switch", "end"):
            raise ValueError(f"`then` has no place beside `{self.kind}`")
        return self

    @model_validator(mode="after")
    def _for_everybody(self) -> Self:
        cases = self.switch or ()
        for number, case in enumerate(cases):
            if (case.when is None) != (number == len(cases) - 1):
                raise ValueError(
                    "each case of a switch but the last has `when`; the last has none, and is for "
                    "everybody else"
                )
        return self

    @property
    def kind(self) -> str:
        """Which of the six things it does."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

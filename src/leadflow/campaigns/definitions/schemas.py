"""A campaign as a company writes it down."""

import json
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal, Self
from unicodedata import category

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from leadflow.campaigns.definitions.language import LanguageTag
from leadflow.campaigns.definitions.spans import IsoSpan
from leadflow.campaigns.definitions.steps import Clock, Day, EventName, Part, Step, StepName
from leadflow.hours import HoursInvalid, read_calendar, zone_named

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
CampaignType = Literal[
    "welcome_series",
    "educational",
    "product_demo",
    "case_study",
    "trial_nurture",
    "re_engagement",
    "upsell",
    "win_back",
]
Purpose = Literal["marketing", "service", "legal"]
Holidays = Literal["open", "closed"]
Count = Annotated[int, Field(strict=True, ge=1, le=100_000_000)]
# Names that ends have by themselves; no step nor criterion may take them.
OWN_ENDS = (
    "opted_out",
    "opted_out_elsewhere",
    "deleted",
    "merged",
    "goal",
    "held_out",
    "taken_out",
    "migrated",
    "stopped",
)


# Control signs, and those that are formatted by and not seen (Unicode, general categories).
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
Zone = Annotated[str, AfterValidator(lambda name: zone_named(name).key)]


def _readable_name(name: str) -> str:
    if not name.strip():
        raise ValueError("write a name: there are blanks alone")
    hidden = next((sign for sign in name if category(sign) in _UNSEEN), None)
    if hidden is not None:
        raise ValueError(
            f"it has a sign that nobody sees (U+{ord(hidden):04X}), such as a line break, or one "
            "that turns the direction of what is read; take it out"
        )
    return name


class Trigger(Part):
    """Something that happens, conditions that hold, or both at once."""

    on: tuple[EventName, ...] = Field(default=(), max_length=20)
    when: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.on and self.when is None:
            raise ValueError("say `on` which events, or `when` which conditions hold")
        return self


class Exit(Trigger):
    """What takes a lead out, at the moment it happens."""

    name: StepName

    @model_validator(mode="after")
    def _name_of_its_own(self) -> Self:
        if self.name in OWN_ENDS:
            raise ValueError(
                f"{self.name} is what an end is called that every campaign has; name it otherwise"
            )
        return self


class Reentry(Part):
    """Whether somebody who has been in it comes in again: ``never``, ``after_exit``, or ``per_key``
    (once for each order, trial or event); after how long, and how often in all."""

    allow: Literal["never", "after_exit", "per_key"] = "never"
    gap: IsoSpan | None = None
    most: Count | None = None

    @model_validator(mode="after")
    def _only_where_it_is_allowed(self) -> Self:
        if self.allow == "never" and (self.gap is not None or self.most is not None):
            raise ValueError("`gap` and `most` say nothing where `allow` is never")
        return self


class Frame(Part):
    """At most so many messages in any such time."""

    within: IsoSpan
    most: Count


class Limits(Part):
    """How many messages at most: on one day of the campaign's zone, in all, in a time."""

    daily: Count | None = None
    total: Count | None = None
    frames: tuple[Frame, ...] = Field(default=(), max_length=5)


class QuietHours(Part):
    """Nothing is sent from one hour to another, also past midnight, in the lead's own zone."""

    start: Clock
    end: Clock

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.start == self.end:
            raise ValueError("`start` and `end` are the same: nothing would ever be sent")
        return self


class Late(Part):
    """What becomes of a message that is late, by more than ``after``. ``ask``: what is said as a
    paused campaign goes on."""

    after: IsoSpan
    then: Literal["send", "skip", "ask"]


class Content(Part):
    """What is sent: its subject, the words that mailboxes show beside it, and its body as MJML (or
    what stands inside of ``mj-body``)."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    preheader: Annotated[str, StringConstraints(max_length=200)] | None = None
    body: Annotated[str, StringConstraints(min_length=1, max_length=200_000)]


class Campaign(Part):
    """One campaign: for whom, how often, when, in which steps, with what content."""

    name: Annotated[
        str, StringConstraints(min_length=1, max_length=200), AfterValidator(_readable_name)
    ]
    type: CampaignType
    purpose: Purpose = "marketing"
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    language: LanguageTag = Field(
        default="en",
        description="Of the mails, and of the pages on which people say no or choose.",
    )
    zone: Zone = Field(
        description="Where nobody can tell in which time zone a lead is; and whose days count."
    )
    enter: Trigger | None = Field(
        default=None, description="Who comes in; unset: whoever is enrolled by name."
    )
    exit: tuple[Exit, ...] = Field(default=(), max_length=20)
    goal: Trigger | None = Field(default=None, description="What it is for; reached, it ends.")
    priority: Annotated[int, Field(strict=True, ge=-100, le=100)] = Field(
        default=0, description="Whose messages go first where a lead may not get all: the highest."
    )
    holdout: Annotated[int, Field(strict=True, ge=0, le=50)] = Field(
        default=0, description="Percent of leads that are kept out, to compare with."
    )
    reentry: Reentry = Reentry()
    limits: Limits = Limits()
    quiet_hours: QuietHours | None = None
    open_hours: dict[Day, list[str]] | None = Field(
        default=None, min_length=1, description='Such as {mon: ["09:00-17:00"]}.'
    )
    holidays: Holidays = Field(
        default="open", description="Closed: nothing is sent on public holidays where the lead is."
    )
    late: Late | None = None
    steps: tuple[Step, ...] = Field(min_length=1, max_length=200)
    contents: dict[StepName, Content] = Field(default={}, max_length=200)

    @field_validator("open_hours", mode="after")
    @classmethod
    def _readable(cls, given: dict[Day, list[str]] | None) -> dict[Day, list[str]] | None:
        if given is not None:
            try:
                read_calendar("UTC", {day: tuple(one) for day, one in given.items()})
            except HoursInvalid as error:
                raise ValueError(str(error)) from error
        return given

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the whole, equal however its keys were ordered."""
        written = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return sha256(written.encode()).hexdigest()


class CampaignFile(Part):
    """A file of campaigns."""

    campaigns: Mapping[Name, Campaign] = Field(min_length=1, max_length=500)

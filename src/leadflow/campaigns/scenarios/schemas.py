"""Scenarios as they are written: a lead, its life, and what a campaign is expected to do."""

import re
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from leadflow.campaigns.definitions.schemas import Name, Zone
from leadflow.campaigns.definitions.spans import IsoSpan
from leadflow.campaigns.definitions.steps import EventName, Part, StepName
from leadflow.campaigns.places.whereabouts import Known
from leadflow.leads.places import country_advice, country_code, place

WRITTEN = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"


def _wall(text: object) -> datetime:
    if isinstance(text, datetime):
        return text
    if not isinstance(text, str) or re.match(WRITTEN, text) is None:
        raise ValueError("write a day and hour where the lead is, such as 2026-03-06 17:50")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no such moment as {text}") from None


def shown(wall: datetime) -> str:
    """A moment as scenarios write it."""
    return f"{wall:%Y-%m-%d %H:%M}" + (f":{wall:%S}" if wall.second else "")


# What a clock shows where the lead is.
Wall = Annotated[
    datetime,
    BeforeValidator(_wall),
    PlainSerializer(shown),
    WithJsonSchema({"type": "string", "pattern": WRITTEN, "examples": ["2026-03-06 17:50"]}),
]


class Moment(Part):
    """Something in the life of a lead: ``at`` a moment, or ``after`` a time in the campaign; what
    happens, what it tells, and what is known of the lead from then on."""

    at: Wall | None = None
    after: IsoSpan | None = None
    happens: EventName = "lead.updated"
    facts: dict[str, Any] = Field(
        default={}, description="What the event tells, such as {level: hot}; rules call it event.…"
    )
    becomes: dict[str, Any] = Field(
        default={}, description="Fields of the lead with the values they have from then on."
    )

    @model_validator(mode="after")
    def _one_moment(self) -> Self:
        if (self.at is None) == (self.after is None):
            raise ValueError("say either `at` which moment or `after` which time in the campaign")
        return self


class Expected(Part):
    """Something that the campaign does: ``sends`` a message or ``does`` actions, by the names of
    steps, or ``ends``, by the name of the end."""

    at: Wall
    sends: StepName | None = None
    does: StepName | None = None
    ends: StepName | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(one is not None for one in (self.sends, self.does, self.ends)) != 1:
            raise ValueError("say one of `sends`, `does` and `ends`")
        return self

    def __str__(self) -> str:
        what = next(
            f"{verb} {name}"
            for verb, name in (("sends", self.sends), ("does", self.does), ("ends", self.ends))
            if name is not None
        )
        return f"{shown(self.at)}  {what}"


def _country(given: str) -> str:
    code = country_code(given)
    if code != given:
        raise ValueError(f"this is no country here. {country_advice(given)}")
    return given


Country = Annotated[str, AfterValidator(_country)]


class InRegion(Part):
    """A region of a country, by their ISO 3166-2 codes."""

    country: Country
    region: str

    @model_validator(mode="after")
    def _there_is_one(self) -> Self:
        # A location ends with its region, and begins with a town.
        if place(f"-, {self.region}", self.country)[1] != self.region:
            raise ValueError(
                f"{self.country} has no region {self.region[:60]}; write its ISO 3166-2 code "
                "without the country, such as BE for Berlin"
            )
        return self


class Scenario(Part):
    """One lead that enters a campaign. ``country`` or ``place``: where it is known to be;
    ``zones``: in which zones it is, or may be; unset: those of the place, without one the
    campaign's. Of two events of one moment, that which stands first happened first."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    campaign: Name
    lead: dict[str, Any] = Field(
        default={}, description="What is known of it, by the names of fields of conditions."
    )
    zones: tuple[Zone, ...] = Field(default=(), max_length=20)
    country: Country | None = None
    place: InRegion | None = None
    enters: Wall
    life: tuple[Moment, ...] = Field(default=(), max_length=1000)
    expect: tuple[Expected, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.country is not None and self.place is not None:
            raise ValueError("say `country`, or `place` with its country and region, not both")
        return self

    @property
    def known(self) -> Known:
        """What is known of where the lead is."""
        if self.place is not None:
            return Known(self.place.country, self.place.region)
        return Known(self.country)


class ScenarioFile(Part):
    """A file of scenarios."""

    scenarios: tuple[Scenario, ...] = Field(min_length=1, max_length=1000)

"""The sales team as a company writes it, in YAML or over the API."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from leadflow.assignment.territory.postal import read_range, write_range
from leadflow.hours import DAYS, read_calendar
from leadflow.leads.places import country_code

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^@\s]+@[^@\s]+$")]
DEFAULT_HOURS = "default"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _country(text: str) -> str:
    code = country_code(text)
    if code is None:
        raise ValueError(f"{text} is no country; write its name or ISO 3166 code, such as DE")
    return code


@lru_cache
def _languages() -> frozenset[str]:
    import pycountry

    known = (getattr(language, "alpha_2", None) for language in pycountry.languages)
    return frozenset(code for code in known if code)


def _language(text: str) -> str:
    code = text.strip().lower()
    if code not in _languages():
        raise ValueError(f"{text} is no language; write its ISO 639-1 code, such as en")
    return code


def _level(level: int) -> int:
    if not 1 <= level <= 5:
        raise ValueError("levels go from 1 to 5")
    return level


def _zone(text: str) -> str:
    read_calendar(text, {})
    return text


def _norway(given: Any) -> Any:
    """YAML reads a bare ``NO`` or ``no`` as false: Norway and Norwegian."""
    return "no" if given is False else given


Country = Annotated[str, BeforeValidator(_norway), AfterValidator(_country)]
Language = Annotated[str, BeforeValidator(_norway), AfterValidator(_language)]
Level = Annotated[int, AfterValidator(_level)]
Zone = Annotated[str, AfterValidator(_zone)]
PostalRange = Annotated[str, AfterValidator(lambda text: write_range(read_range(text)))]
Span = Annotated[str, StringConstraints(strip_whitespace=True)]


class WeekIn(_Part):
    """Working hours of each day, such as ``09:00-12:30``; a day left out is free. No day at all:
    always at work."""

    mon: list[Span] = []
    tue: list[Span] = []
    wed: list[Span] = []
    thu: list[Span] = []
    fri: list[Span] = []
    sat: list[Span] = []
    sun: list[Span] = []

    @field_validator(*DAYS)
    @classmethod
    def _understood(cls, spans: list[str], info: ValidationInfo) -> list[str]:
        read_calendar("UTC", {str(info.field_name): spans})
        return sorted(spans)

    @property
    def hours(self) -> dict[str, list[str]]:
        """The days that have hours."""
        return {day: spans for day in DAYS if (spans := getattr(self, day))}


class DaysOff(_Part):
    """Days off, both included, where the salesperson is. Without ``to``: one day."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @model_validator(mode="before")
    @classmethod
    def _one_day(cls, given: Any) -> Any:
        if isinstance(given, Mapping) and "from" in given and given.get("to") is None:
            return {**given, "to": given["from"]}
        return given

    @field_validator("last")
    @classmethod
    def _in_order(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("first")
        if first is not None and last < first:
            raise ValueError(f"the last day off ({last}) is before the first ({first})")
        return last


class TerritoryIn(_Part):
    """A part of the market within ``parent``; a condition left out admits everything. An
    ``overlay`` adds its salespeople to those of the territory that wins."""

    name: Name
    parent: Name | None = None
    overlay: bool = False
    countries: list[Country] = []
    regions: list[Name] = []
    postal_ranges: list[PostalRange] = []
    industries: list[Name] = []
    smallest_company: int | None = Field(default=None, ge=0)
    largest_company: int | None = Field(default=None, ge=0)
    accounts: list[Name] = []

    @field_validator("countries", "regions", "postal_ranges", "industries", "accounts")
    @classmethod
    def _once(cls, given: list[str]) -> list[str]:
        return sorted(set(given))


def _no_named_hours(given: Any) -> Any:
    """Names of hours are replaced before this; one that is still here has no hours."""
    if isinstance(given, str):
        raise ValueError(f"no hours are called {given}; write them under working_hours at the top")
    return given


class RepIn(_Part):
    """A salesperson. ``id`` is the company's own; ``capacity`` the most leads in work at once,
    which only the fallback owner may leave out; skills have levels from 1 to 5."""

    id: Name
    name: Name
    email: Email | None = None
    team: Name | None = None
    capacity: int | None = Field(default=None, ge=0, le=1_000_000)
    weight: float = Field(default=1.0, gt=0, le=1000)
    languages: list[Language] = []
    time_zone: Zone = "UTC"
    working_hours: Annotated[WeekIn, BeforeValidator(_no_named_hours)] = WeekIn()
    days_off: list[DaysOff] = []
    ramp_share: float = Field(default=1.0, gt=0, le=1)
    ramp_until: date | None = None
    active: bool = True
    skills: dict[Name, Level] = {}
    territories: list[Name] = []

    @field_validator("languages", "territories")
    @classmethod
    def _once(cls, given: list[str]) -> list[str]:
        return sorted(set(given))

    @field_validator("days_off")
    @classmethod
    def _apart(cls, given: list[DaysOff]) -> list[DaysOff]:
        """In order, those that overlap made one."""
        apart: list[DaysOff] = []
        for days in sorted(given, key=lambda days: days.first):
            if apart and days.first <= apart[-1].last:
                last = max(days.last, apart[-1].last)
                apart[-1] = apart[-1].model_copy(update={"last": last})
            else:
                apart.append(days)
        return apart


class GroupIn(_Part):
    """A team of salespeople; its lead and its manager are ids of salespeople."""

    name: Name
    lead: Name | None = None
    manager: Name | None = None


class TeamIn(_Part):
    """The whole sales team. ``working_hours`` gives hours names that salespeople may write in the
    place of their own; those called ``default`` are theirs who say nothing."""

    fallback_owner: Name | None = None
    working_hours: dict[Name, WeekIn] = {}
    teams: list[GroupIn] = []
    territories: list[TerritoryIn] = []
    reps: list[RepIn]

    @model_validator(mode="before")
    @classmethod
    def _named_hours(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or not isinstance(given.get("reps"), list):
            return given
        named = given.get("working_hours")
        hours = named if isinstance(named, Mapping) else {}
        return {**given, "reps": [_with_hours(rep, hours) for rep in given["reps"]]}

    @model_validator(mode="after")
    def _hours_spelled_out(self) -> Self:
        """Everyone has hours of their own by now, so that their names say nothing more."""
        self.working_hours = {}
        return self


def _with_hours(rep: Any, named: Mapping[Any, Any]) -> Any:
    if not isinstance(rep, Mapping):
        return rep
    said = rep.get("working_hours", DEFAULT_HOURS)
    if "working_hours" not in rep and DEFAULT_HOURS not in named:
        return rep
    known = isinstance(said, str) and said in named
    return {**rep, "working_hours": named[said]} if known else rep

"""A company's own types of events: reading them from YAML, and declaring them, all or none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from features.event_types import EventType, EventTypes
from leadflow import plain_yaml
from leadflow.audit import service as audit
from leadflow.conditions.problems import Problem, nearest, shown
from leadflow.conditions.storable import unstorable
from leadflow.exact import Flag
from leadflow.leads.events.payloads import SchemaInvalid, check_schema
from leadflow.leads.events.tables import EventTypeVersion
from leadflow.leads.events.types import COMPANY, WRITTEN, read_types, take_turns, write_types
from leadflow.leads.tables import EventTypeRow, LeadEvent
from leadflow.refusals import sentence

MOST_TYPES = 200  # two features each, and PostgreSQL has room for 1,664 columns
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class EventTypesInvalid(ValueError):
    """Types of events that cannot be used; ``problems`` has everything that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"- {found.place}: {found.problem}" for found in problems)
        super().__init__("\n".join(["The event types cannot be used:", *lines]))


class EventTypeIn(BaseModel):
    """A type of event of your own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    counts_as: Name | None = Field(
        default=None, description="The type it is counted with. Unset: it counts as itself."
    )
    dimension: Literal["demographic", "behavioural", "engagement", "fit"] = Field(
        default="behavioural", description="Which part of the score its features belong to."
    )
    done_by: Literal["lead", "rep"] = Field(
        default="lead", description="Who does it: the lead, or a salesperson with it."
    )
    touch: Flag = Field(
        default=False, description="Whether a salesperson has got in touch by it (done_by: rep)."
    )
    reopens: Flag = Field(
        default=False, description="Whether a lost lead that does it is open again."
    )
    features: Flag | None = Field(
        default=None,
        description="Whether how often and how long ago are features. Unset: yes, where the lead "
        "does it and it counts as itself.",
    )
    payload: dict[str, Any] | None = Field(
        default=None, description="JSON schema (2020-12) that payloads keep. Unset: anything goes."
    )

    def as_type(self, name: str) -> EventType:
        """The type by this name."""
        own = self.counts_as in (None, name) and self.done_by == "lead"
        return EventType(
            name=name,
            label=self.label,
            counts_as=self.counts_as or name,
            dimension=self.dimension,
            done_by=self.done_by,
            is_touch=self.touch,
            has_features=own if self.features is None else self.features,
            payload_schema=self.payload,
            reopens=self.reopens,
        )


class EventTypesIn(BaseModel):
    """Types of events of your own, by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_types: dict[Name, EventTypeIn] = Field(min_length=1, max_length=MOST_TYPES)


@dataclass(frozen=True)
class Declared:
    """Which types were new and which changed, by name."""

    new: tuple[str, ...]
    changed: tuple[str, ...]


def load_event_types(path: Path) -> EventTypesIn:
    """Types of events from a YAML file.

    Raises:
        EventTypesInvalid: it cannot be read, or says what cannot be used.
    """
    try:
        content = plain_yaml.load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"is no YAML: {error}") from error
    return parse_event_types(content)


def parse_event_types(content: Any) -> EventTypesIn:
    """The types of events that this content describes.

    Raises:
        EventTypesInvalid: with everything that is wrong.
    """
    try:
        return EventTypesIn.model_validate(content)
    except ValidationError as error:
        raise EventTypesInvalid([_explained(dict(one)) for one in error.errors()]) from error


def would_declare(session: Session, given: EventTypesIn) -> Declared:
    """What ``declare`` would do, without doing it.

    Raises:
        EventTypesInvalid: with everything that is wrong.
    """
    known, types = read_types(session), _types(given)
    if problems := list(_problems(session, known, types)):
        raise EventTypesInvalid(problems)
    return Declared(
        new=tuple(each.name for each in types if each.name not in known.by_name),
        changed=tuple(
            each.name for each in types if known.by_name.get(each.name) not in (None, each)
        ),
    )


def declare(session: Session, given: EventTypesIn, by: str, now: datetime) -> Declared:
    """Add these types, or change those of the same name; others stay as they are.

    Raises:
        EventTypesInvalid: with everything that is wrong. Nothing was stored.
    """
    # So that no type comes to count as one that counts as another.
    take_turns(session)
    declared, types = would_declare(session, given), _types(given)
    write_types(session, [_row(each, now) for each in types])
    read_types(session)
    _keep_versions(session, given, (*declared.new, *declared.changed), by, now)
    of = {each.name: each for each in types}
    for names, action in (
        (declared.new, "event_type.declared"),
        (declared.changed, "event_type.changed"),
    ):
        for name in names:
            audit.record(session, by, action, f"event_type/{name}", _said(of[name]))
    return declared


def _keep_versions(
    session: Session, given: EventTypesIn, names: Sequence[str], by: str, now: datetime
) -> None:
    """Keep what is said of these types as a new version of each."""
    newest = select(EventTypeVersion.event_type, func.max(EventTypeVersion.version))
    of_these = newest.where(EventTypeVersion.event_type.in_(names))
    known = dict(session.execute(of_these.group_by(EventTypeVersion.event_type)).tuples().all())
    session.add_all(
        EventTypeVersion(
            event_type=name,
            version=known.get(name, 0) + 1,
            content=given.event_types[name].model_dump(mode="json", exclude_defaults=True),
            created_at=now,
            created_by=by,
        )
        for name in names
    )


def _types(given: EventTypesIn) -> list[EventType]:
    return [each.as_type(name) for name, each in given.event_types.items()]


def _problems(session: Session, known: EventTypes, types: list[EventType]) -> Iterator[Problem]:
    rooms = select(EventTypeRow.name).where(EventTypeRow.declared_by != COMPANY)
    built_in = set(session.scalars(rooms))
    together = EventTypes.of({**known.by_name, **{each.name: each for each in types}}.values())
    if len(together.types) - len(built_in) > MOST_TYPES:
        yield Problem("event_types", f"There may be {MOST_TYPES} types of your own.")
    for each in types:
        place = f"event_types.{each.name}"
        if each.name in built_in:
            yield Problem(place, "This one is built in; give yours another name.")
            continue
        yield from _of_counting(together, each, place)
        yield from _of_schema(each, place)
        yield from _of_the_past(session, known.by_name.get(each.name), each, place)


def _of_counting(types: EventTypes, each: EventType, place: str) -> Iterator[Problem]:
    counted = types.by_name.get(each.counts_as)
    if counted is None:
        near = nearest(each.counts_as, list(types.by_name))
        yield Problem(f"{place}.counts_as", f"There is no type {shown(each.counts_as)}. {near}")
    elif counted.counts_as != counted.name:
        said = f"{counted.name} counts as {counted.counts_as} itself; name that one."
        yield Problem(f"{place}.counts_as", said)
    elif counted.done_by != each.done_by:
        said = f"{counted.name} is done by the {counted.done_by}, and this by the {each.done_by}."
        yield Problem(f"{place}.done_by", said)
    others = types.counted_as(each.name)[1:]
    if each.counts_as != each.name and others:
        said = f"{', '.join(others)} counts as this one, which must count as itself."
        yield Problem(f"{place}.counts_as", said)
    if each.is_touch and each.done_by != "rep":
        yield Problem(f"{place}.touch", "Only what a salesperson does (done_by: rep) is a touch.")
    if each.reopens and each.done_by != "lead":
        yield Problem(f"{place}.reopens", "Only what the lead itself does opens it again.")
    if each.has_features and (each.done_by != "lead" or each.counts_as != each.name):
        said = "Only a type that the lead does and that counts as itself has features of its own."
        yield Problem(f"{place}.features", said)


def _of_schema(each: EventType, place: str) -> Iterator[Problem]:
    if each.payload_schema is None:
        return
    if found := unstorable(dict(each.payload_schema)):
        yield Problem(f"{place}.payload.{found[0].place}", found[0].problem)
        return
    try:
        check_schema(each.payload_schema)
    except SchemaInvalid as error:
        yield Problem(f"{place}.payload", f"This {error}.")


def _of_the_past(
    session: Session, was: EventType | None, each: EventType, place: str
) -> Iterator[Problem]:
    """What an event counts as does not change once there is one: features would move back in time,
    and models have learned from what they were."""
    if was is None or (was.counts_as, was.done_by) == (each.counts_as, each.done_by):
        return
    stored = select(LeadEvent.id).where(LeadEvent.type == each.name).limit(1)
    if session.scalar(stored) is not None:
        said = (
            f"It counts as {was.counts_as} and is done by the {was.done_by}, and there are events "
            "of it, which models may have learned from. Add a type of another name."
        )
        yield Problem(place, said)


def _row(each: EventType, now: datetime) -> Mapping[str, object]:
    names = ("name", *(name for name in WRITTEN if name != "declared_by"))
    return {name: getattr(each, name) for name in names} | {
        "declared_by": COMPANY,
        "changed_at": now,
    }


def _said(each: EventType) -> dict[str, object]:
    return {
        "counts_as": each.counts_as,
        "dimension": each.dimension,
        "done_by": each.done_by,
        "touch": each.is_touch,
        "features": each.has_features,
        "reopens": each.reopens,
        "has_schema": each.payload_schema is not None,
    }


def _unreadable(path: Path, said: str) -> EventTypesInvalid:
    return EventTypesInvalid([Problem(path.name, f"The file {said}.")])


def _explained(problem: dict[str, Any]) -> Problem:
    place = ".".join(str(part) for part in problem["loc"]) or "event_types"
    said = sentence(problem)
    if problem["type"] == "string_pattern_mismatch":
        said = "A name has small letters, digits and _, and begins with a letter."
    return Problem(place.replace(".[key]", ""), said)

"""Segments as a company writes them down: a name, and of which leads it is."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from leadflow.conditions.problems import Problem, RuleSetInvalid, shown
from leadflow.conditions.storable import unstorable
from leadflow.conditions.tree import Group, KindsOf, Reader, ValuesOf
from leadflow.refusals import sentence
from leadflow.rules.field_catalogue import SEGMENTS

MOST_SEGMENTS = 500
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class SegmentsInvalid(RuleSetInvalid):
    """Segments that cannot be used; ``problems`` has everything that is wrong with them."""

    heading = "The segments cannot be used:"


@dataclass(frozen=True)
class Segment:
    """The leads of which the conditions hold. ``content`` is the JSON it was read from."""

    description: str | None
    conditions: Group
    content: dict[str, Any] = field(hash=False)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content, equal however its keys were ordered."""
        written = json.dumps(self.content, sort_keys=True, separators=(",", ":"))
        return sha256(written.encode()).hexdigest()


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    description: Annotated[str, Field(max_length=2000)] | None = None
    conditions: dict[str, Any]


class _Whole(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    segments: dict[Name, _Shape] = Field(min_length=1, max_length=MOST_SEGMENTS)


def parse_segments(content: Any, kinds_of: KindsOf, values_of: ValuesOf) -> dict[str, Segment]:
    """The segments that this content, JSON values, describes, by name. ``kinds_of`` and
    ``values_of`` know the fields there are and what they can hold.

    Raises:
        SegmentsInvalid: everything that is wrong, each with its place.
    """
    read, problems = see_segments(content, kinds_of, values_of)
    if problems:
        raise SegmentsInvalid(problems)
    return read


def see_segments(
    content: Any, kinds_of: KindsOf, values_of: ValuesOf
) -> tuple[dict[str, Segment], list[Problem]]:
    """The same, with what is wrong beside it: of a segment with problems, what can be read."""
    if found := unstorable(content):
        return {}, found
    if not isinstance(content, dict):
        said = f"Write a mapping with `segments`, not {shown(content)}."
        return {}, [Problem(SEGMENTS, said)]
    problems = []
    try:
        _Whole.model_validate(content)
    except ValidationError as error:
        problems += [_explained(dict(one)) for one in error.errors()]
    given, read = content.get(SEGMENTS), {}
    for name, shape in given.items() if isinstance(given, dict) else ():
        if isinstance(shape, dict) and isinstance(shape.get("conditions"), dict):
            reader = Reader(kinds_of, values_of=values_of)
            conditions = reader.read(shape["conditions"], f"segments.{name}.conditions")
            problems += reader.problems
            read[name] = Segment(shape.get("description"), conditions, shape)
    return read, problems


def _explained(problem: dict[str, Any]) -> Problem:
    place = ".".join(str(part) for part in problem["loc"]).replace(".[key]", "") or SEGMENTS
    if problem["type"] == "string_pattern_mismatch":
        return Problem(place, "A name has small letters, digits and _, and begins with a letter.")
    return Problem(place, sentence(problem))

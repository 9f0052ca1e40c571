"""A source as a company writes it down: who sends, how it is proved, and what it means."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from leadflow import plain_yaml
from leadflow.conditions.problems import Problem, nearest
from leadflow.conditions.storable import unstorable
from leadflow.leads.files.mapping import Mapping as LeadMapping
from leadflow.leads.files.mapping import MappingError, parse_mapping
from leadflow.leads.files.mapping_parts import ROW, Duration
from leadflow.refusals import in_words
from leadflow.sources.paths import PathInvalid, compiled
from leadflow.sources.signatures.schemes import SCHEMES, Format, SchemeName
from leadflow.sources.signatures.signed_bodies import Digest

MOST_SOURCES = 200
KIND = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]


Path_ = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class SourcesInvalid(ValueError):
    """Sources that cannot be used; ``problems`` has everything that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"- {found.place}: {found.problem}" for found in problems)
        super().__init__("\n".join(["The sources cannot be used:", *lines]))


class Part(BaseModel):
    """A part of a source: unknown keys are refused, so that a typo is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Signature(Part):
    """How the scheme ``hmac`` or ``token`` is spoken here."""

    header: Header | None = None
    digest: Digest = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, StringConstraints(max_length=40)] = ""
    time_header: Header | None = None


class DeliveryId(Part):
    """Where a delivery's own id stands: in a header, or at a path in its body."""

    header: Header | None = None
    path: Path_ | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.header is None) == (self.path is None):
            raise ValueError("give either a header or a path")
        return self


class Choice(Part):
    """A path whose values stand for others; those that are not named stand for nothing."""

    path: Path_
    values: dict[str, str] = Field(min_length=1)


class Start(Part):
    """A deployment that is started where a record says so: once for all that arrive within
    ``every``, at its end. ``parameters`` are as they stand here: what people send is no parameter,
    for Prefect shows it to everybody."""

    deployment: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    only: Path_ | None = None
    parameters: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict, max_length=50
    )
    every: Duration = timedelta(seconds=10)


class EventMapping(Part):
    """What the lead of a record did: one event, or one for each item of a list (``each``)."""

    type: str | Choice = Field(description="The event type, or a path whose values stand for some.")
    each: Path_ | None = None
    only: Path_ | None = None
    occurred_at: Path_ | None = None
    external_id: Path_ | None = None
    payload: dict[str, Path_] = Field(default_factory=dict, max_length=50)

    def paths(self) -> Iterator[tuple[str, str]]:
        """Every path, with where it stands."""
        for name in ("each", "only", "occurred_at", "external_id"):
            if (path := getattr(self, name)) is not None:
                yield name, path
        if isinstance(self.type, Choice):
            yield "type.path", self.type.path
        yield from ((f"payload.{name}", path) for name, path in self.payload.items())


class Source(Part):
    """One source. ``mapping`` is said as for a file, with paths in place of columns."""

    scheme: SchemeName
    signature: Signature | None = None
    delivery_id: DeliveryId | None = None
    format: Format | None = None
    keep_headers: tuple[Header, ...] = Field(default=(), max_length=10)
    records: Path_ | None = None
    only: Path_ | None = None
    decimal: Literal[".", ","] | None = None
    mapping: dict[str, Any]
    events: tuple[EventMapping, ...] = Field(default=(), max_length=50)
    kind: Choice | None = None
    starts: tuple[Start, ...] = Field(default=(), max_length=20)

    @field_validator("kind", mode="after")
    @classmethod
    def _names_kinds(cls, given: Choice | None) -> Choice | None:
        for name in given.values.values() if given is not None else ():
            if KIND.fullmatch(name) is None:
                raise ValueError(f"{name[:60]!r} is no kind: write letters, digits, dots, - and _")
        return given

    @field_validator("mapping", mode="after")
    @classmethod
    def _as_for_a_file(cls, given: dict[str, Any]) -> dict[str, Any]:
        for key, instead in _NOT_HERE.items():
            if key in given:
                raise ValueError(f"{key} has no place here{instead}")
        if given.get("key") == ROW:
            raise ValueError("key must lead to an id of the lead: what is delivered has no rows")
        sequence = given.get("created_at")
        if isinstance(sequence, dict) and "sequence" in sequence:
            raise ValueError("created_at.sequence has no place here: give a path, or leave it out")
        return given

    @model_validator(mode="after")
    def _fits_the_scheme(self) -> Self:
        if self.scheme == "hmac" and (self.signature is None or self.signature.header is None):
            raise ValueError("signature.header must say in which header the signature stands")
        if self.scheme not in ("hmac", "token") and self.signature is not None:
            raise ValueError(f"signature has no place here: {self.scheme} says how it signs")
        return self

    def leads(self, name: str) -> LeadMapping:
        """The mapping of a record to a lead.

        Raises:
            MappingError: one line for each thing that is wrong.
        """
        numbers = {} if self.decimal is None else {"csv": {"decimal": self.decimal}}
        return parse_mapping({**self.mapping, **numbers, "source": name})

    @property
    def id_header(self) -> str | None:
        """The header with the delivery's id; None: it stands elsewhere, or the hash is taken."""
        if self.delivery_id is not None:
            return self.delivery_id.header
        return SCHEMES[self.scheme].id_header

    @property
    def written_as(self) -> Format:
        """How its bodies are written."""
        return self.format or SCHEMES[self.scheme].format

    @property
    def content(self) -> dict[str, Any]:
        """What is stored of it: JSON that is read as the same source."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content, equal however its keys were ordered."""
        written = json.dumps(self.content, sort_keys=True, separators=(",", ":"))
        return sha256(written.encode()).hexdigest()


_NOT_HERE = {
    "source": ": a source's name is the key it stands under",
    "csv": "; say how texts write decimals with `decimal` of the source",
    "joins": ": there are no other files",
    "assigned_to": ": who has a lead is said by assignments",
}


def read_scheme(name: str) -> SchemeName:
    """The scheme of this name.

    Raises:
        SourcesInvalid: there is none.
    """
    for known in SCHEMES:
        if known == name:
            return known
    raise SourcesInvalid([Problem("scheme", f"There is no {name!r}. {nearest(name, SCHEMES)}")])


def load_sources(path: Path) -> dict[str, Source]:
    """Sources from a YAML file, by name.

    Raises:
        SourcesInvalid: it cannot be read, or says what cannot be used.
    """
    try:
        # Every value stays as written: YAML itself would turn yes and 007 into other things.
        content = plain_yaml.load_texts(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(path, f"is no YAML: {error}") from error
    return parse_sources(content)


def parse_sources(content: Any) -> dict[str, Source]:
    """The sources that this content describes, by name.

    Raises:
        SourcesInvalid: with everything that is wrong.
    """
    if found := unstorable(content):
        raise SourcesInvalid(found)
    try:
        sources = _Sources.model_validate(content).sources
    except ValidationError as error:
        raise SourcesInvalid([_explained(dict(one)) for one in error.errors()]) from error
    problems = [found for name, each in sources.items() for found in problems_of(name, each)]
    if problems:
        raise SourcesInvalid(problems)
    return sources


def problems_of(name: str, source: Source) -> Iterator[Problem]:
    """What is wrong with a source beyond its shape: its mapping, and its paths."""
    place = f"sources.{name}"
    paths = [("records", source.records), ("only", source.only)]
    if source.delivery_id is not None:
        paths.append(("delivery_id.path", source.delivery_id.path))
    if source.kind is not None:
        paths.append(("kind.path", source.kind.path))
    paths += ((f"starts[{at}].only", start.only) for at, start in enumerate(source.starts))
    for number, event in enumerate(source.events):
        paths += ((f"events[{number}].{where}", path) for where, path in event.paths())
    try:
        mapping = source.leads(name)
        paths += ((f"mapping.{where}", path) for where, path in mapping.named_columns())
    except MappingError as error:
        for line in str(error).splitlines()[1:]:
            where, _, said = line.removeprefix("- ").partition(": ")
            where = "" if where == "mapping" else f".{where}"
            yield Problem(f"{place}.mapping{where}", f"{said}.")
    for where, path in paths:
        if path is not None:
            try:
                compiled(path)
            except PathInvalid as error:
                yield Problem(f"{place}.{where}", str(error))


class _Sources(Part):
    sources: dict[SourceName, Source] = Field(min_length=1, max_length=MOST_SOURCES)


def _unreadable(path: Path, said: str) -> SourcesInvalid:
    return SourcesInvalid([Problem(path.name, f"The file {said}.")])


def _explained(problem: Mapping[str, Any]) -> Problem:
    place = ".".join(str(part) for part in problem["loc"]).replace(".[key]", "") or "sources"
    said = in_words(problem)
    if problem["type"] == "extra_forbidden":
        said = "There is no such key; take it out or correct its name"
    elif problem["type"] == "missing":
        said = "This is required"
    elif problem["type"] == "string_pattern_mismatch" and "[key]" in problem["loc"]:
        said = "A name has small letters, digits, - and _, and begins with a letter"
    return Problem(place, f"{said}.")

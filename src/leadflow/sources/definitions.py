"""A source as a company writes it down: who sends, how it is proved, and what it means."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from leadflow import plain_yaml
from leadflow.conditions.problems import Problem, nearest
from leadflow.conditions.storable import unstorable
from leadflow.leads.files.mapping import Mapping as LeadMapping
from leadflow.leads.files.mapping import MappingError, parse_mapping
from leadflow.leads.files.mapping_parts import ROW
from leadflow.refusals import sentence
from leadflow.sources.bodies import begins_as
from leadflow.sources.definition_parts import (
    KIND,
    Choice,
    DeliveryId,
    EventMapping,
    Header,
    Part,
    Path_,
    Signature,
    Start,
    Zone,
)
from leadflow.sources.journals.definitions import Journal, same_origin
from leadflow.sources.paths import PathInvalid, compiled
from leadflow.sources.signatures.schemes import SCHEMES, Format, Provider, SchemeName

MOST_SOURCES = 200
NO_AFTER = (
    "Has no place here, for what is delivered does not say when the lead came in. Write `at` with "
    "a path, such as updated_at; where some have no date, closed_at || received_at()."
)
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class SourcesInvalid(ValueError):
    """Sources that cannot be used; ``problems`` has everything that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"- {found.place}: {found.problem}" for found in problems)
        super().__init__("\n".join(["The sources cannot be used:", *lines]))


class Source(Part):
    """One source: it delivers by webhook, and ``scheme`` says how it is proved; or it keeps a
    ``journal`` that is read. ``mapping`` is said as for a file, with paths in place of columns.
    ``zone``: of its moments that name none; unset: those are refused. ``feedback``: it tells of
    messages that were sent, as this provider does, and of no leads."""

    scheme: SchemeName | None = None
    journal: Journal | None = None
    signature: Signature | None = None
    delivery_id: DeliveryId | None = None
    format: Format | None = None
    keep_headers: tuple[Header, ...] = Field(default=(), max_length=10)
    records: Path_ | None = None
    only: Path_ | None = None
    decimal: Literal[".", ","] | None = None
    zone: Zone | None = None
    feedback: Provider | None = None
    mapping: dict[str, Any] = Field(default={})
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
    def _scheme_or_journal(self) -> Self:
        if (self.scheme is None) == (self.journal is None):
            raise ValueError(
                "give either a scheme, where it sends webhooks, or a journal, where one is read"
            )
        if self.journal is not None:
            for name, instead in _NOT_OF_A_JOURNAL.items():
                if getattr(self, name):
                    raise ValueError(f"{name} has no place beside a journal{instead}")
        return self

    @model_validator(mode="after")
    def _leads_or_messages(self) -> Self:
        if self.feedback is not None and self.scheme != self.feedback:
            raise ValueError(f"feedback of {self.feedback} is proved by the scheme of this name")
        for name in _NOT_OF_FEEDBACK if self.feedback is not None else ():
            if getattr(self, name):
                raise ValueError(f"{name} has no place beside feedback: it tells of no leads")
        return self

    @model_validator(mode="after")
    def _fits_the_scheme(self) -> Self:
        if self.scheme == "hmac" and (self.signature is None or self.signature.header is None):
            raise ValueError("signature.header must say in which header the signature stands")
        if self.scheme not in ("hmac", "token", None) and self.signature is not None:
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
    def moments_in(self) -> ZoneInfo | None:
        """In which zone moments are that name none; None: such ones are refused."""
        return None if self.zone is None else ZoneInfo(self.zone)

    @property
    def arrives_by(self) -> str:
        """Its scheme, or ``journal``."""
        return self.scheme or "journal"

    def takes_secrets_of(self, before: "Source") -> bool:
        """Whether secrets of the source as it was before may be its own: those of one scheme are
        none of another, and who keeps a journal gave them to be sent to that host alone."""
        if self.journal is not None and before.journal is not None:
            return same_origin(self.journal.url, before.journal.url)
        return self.scheme == before.scheme

    @property
    def id_header(self) -> str | None:
        """The header with the delivery's id; None: it stands elsewhere, or the hash is taken."""
        if self.delivery_id is not None:
            return self.delivery_id.header
        return None if self.scheme is None else SCHEMES[self.scheme].id_header

    def written_as(self, body: bytes) -> Format:
        """How a body of it is written: as ``format`` says, else as it begins; an item of a journal
        is JSON."""
        if self.scheme is None:
            return "json"
        return self.format or begins_as(body, SCHEMES[self.scheme].format)

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


_NOT_OF_FEEDBACK = ("records", "only", "mapping", "events", "kind", "starts")
_NOT_OF_A_JOURNAL = {
    "signature": ": what reading it takes is said by `journal.authorization`",
    "delivery_id": ": `journal.id` says where an item's id stands",
    "format": ": it is JSON",
    "keep_headers": ": its items have none",
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
        content = plain_yaml.load_texts_and_parameters(path.read_text(encoding="utf-8"))
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
    if source.journal is not None:
        paths += ((f"journal.{where}", path) for where, path in source.journal.paths())
    if source.delivery_id is not None:
        paths.append(("delivery_id.path", source.delivery_id.path))
    if source.kind is not None:
        paths.append(("kind.path", source.kind.path))
    paths += ((f"starts[{at}].only", start.only) for at, start in enumerate(source.starts))
    for number, event in enumerate(source.events):
        paths += ((f"events[{number}].{where}", path) for where, path in event.paths())
    try:
        if source.feedback is None:
            mapping = source.leads(name)
            yield from _not_of_a_source(place, mapping)
            paths += ((f"mapping.{where}", path) for where, path in mapping.named_columns())
    except MappingError as error:
        yield from _of_mapping(place, source, error)
    for where, path in paths:
        if path is not None:
            try:
                compiled(path)
            except PathInvalid as error:
                yield Problem(f"{place}.{where}", str(error))


def _of_mapping(place: str, source: Source, error: MappingError) -> Iterator[Problem]:
    lines = str(error).splitlines()[1:] if source.mapping else ["mapping: This is required"]
    for line in lines:
        where, _, said = line.removeprefix("- ").partition(": ")
        yield Problem(f"{place}.mapping{'' if where == 'mapping' else f'.{where}'}", f"{said}.")


def _not_of_a_source(place: str, mapping: LeadMapping) -> Iterator[Problem]:
    if mapping.outcome is not None and mapping.outcome.after is not None:
        yield Problem(f"{place}.mapping.outcome.after", NO_AFTER)


class _Sources(Part):
    sources: dict[SourceName, Source] = Field(min_length=1, max_length=MOST_SOURCES)


def _unreadable(path: Path, said: str) -> SourcesInvalid:
    return SourcesInvalid([Problem(path.name, f"The file {said}.")])


def _explained(problem: Mapping[str, Any]) -> Problem:
    place = ".".join(str(part) for part in problem["loc"]).replace(".[key]", "") or "sources"
    if problem["type"] == "string_pattern_mismatch" and "[key]" in problem["loc"]:
        said = "A name has small letters, digits, - and _, and begins with a letter."
        return Problem(place, said)
    return Problem(place, sentence(problem))

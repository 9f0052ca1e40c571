"""The mapping: what each column of a company's file means. Read from YAML, checked, explained."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

FieldName = Literal[
    "email",
    "first_name",
    "last_name",
    "phone",
    "company_name",
    "company_size",
    "industry",
    "job_title",
    "location",
    "country",
    "budget",
    "currency",
    "timeline",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
]
ROW = "row"
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class MappingError(ValueError):
    """A mapping that cannot be used; the message names the key, the column and what to do."""


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+)\s*([smhdw])", str(value).strip())
    if match is None:
        raise ValueError("write a number and a unit: 30s, 32m, 6h, 14d or 2w")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _as_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


def _as_rep(value: Any) -> Any:
    return {"rep": value} if isinstance(value, str) else value


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _seconds(value: timedelta) -> str:
    return f"{value // timedelta(seconds=1)}s"


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(_seconds)]
Moment = Annotated[datetime, AfterValidator(_utc)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Part(BaseModel):
    """A part of a mapping: unknown keys are refused, so that a typo is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Part):
    """A column, its values in other words, and those that stand for nothing."""

    column: str
    values: dict[str, str] = {}
    missing: tuple[str, ...] = ()


class Attribute(Column):
    """A column kept as an attribute of the lead, and so as a feature.

    ``format`` is how a date is written, as in strptime; ISO 8601 where it is not given. Free text
    is a feature only where ``use`` asks for it: ``words`` learns from its length.
    """

    kind: Literal["numeric", "categorical", "boolean", "date", "text"]
    label: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    dimension: Literal["demographic", "behavioural", "engagement", "fit"] = "fit"
    format: str | None = None
    use: Literal["words"] | None = None

    @model_validator(mode="after")
    def _fits_the_kind(self) -> Self:
        if self.format is not None and self.kind != "date":
            raise ValueError("only an attribute of kind date has a format")
        if self.use is not None and self.kind != "text":
            raise ValueError("only an attribute of kind text has a use")
        return self


class DateColumn(Part):
    """A column of dates; ``format`` as in strptime, ISO 8601 where it is not given."""

    column: str
    format: str | None = None


class DateSequence(Part):
    """Dates for a file in date order that has none: one row each ``every`` from ``start`` on."""

    start: Moment
    every: Duration


class CreatedAt(Part):
    """When the lead came in: a column of dates, or a sequence."""

    column: str | None = None
    format: str | None = None
    otherwise: Moment | Literal["now"] = "now"
    sequence: DateSequence | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.column is None) == (self.sequence is None):
            raise ValueError("give either a column or a sequence")
        return self


class Outcome(Part):
    """How a lead ended, by the values of a column. ``open`` are leads that have not ended."""

    column: str
    converted: tuple[str, ...]
    lost: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    at: Annotated[DateColumn, BeforeValidator(_as_column)] | None = None
    after: Duration | None = None
    value: str | None = None
    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")

    @model_validator(mode="after")
    def _has_a_date(self) -> Self:
        if (self.at is None) == (self.after is None):
            raise ValueError(
                "say when a lead ended: `at` with a column of dates, or `after` with the time "
                "since it came in, such as 14d"
            )
        return self


class AssignedTo(Part):
    """Who had the lead: a column with the salesperson, and if the file says so their team and
    manager. Recorded as past assignments, never a property of the lead."""

    rep: str
    team: str | None = None
    manager: str | None = None


class Join(Part):
    """A look-up file beside the data file: its columns appear as ``PREFIX.COLUMN``."""

    file: str
    column: str
    key: str
    prefix: str
    values: dict[str, str] = {}


class CsvOptions(Part):
    """How a CSV file is written; what is not given is found out from its beginning."""

    separator: str | None = None
    encoding: str | None = None
    decimal: Literal[".", ","] = "."


class Mapping(Part):
    """What each column of a file means. Columns it does not name are not stored."""

    source: str = Field(min_length=1, max_length=100)
    key: str | None = None
    csv: CsvOptions = CsvOptions()
    joins: tuple[Join, ...] = ()
    fields: dict[FieldName, Annotated[Column, BeforeValidator(_as_column)]] = {}
    attributes: dict[Name, Attribute] = {}
    outcome: Outcome | None = None
    assigned_to: Annotated[AssignedTo, BeforeValidator(_as_rep)] | None = None
    created_at: Annotated[CreatedAt, BeforeValidator(_as_column)] | None = None
    ignore: dict[str, str] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.key is None and "email" not in self.fields:
            raise ValueError(
                "nothing tells the leads apart: give `key` a column with an id, map fields.email, "
                "or write `key: row` where the file has neither"
            )
        for where, column in self.named_columns():
            if column in self.ignore:
                raise ValueError(f"{where} uses the column {column!r}, which `ignore` leaves out")
        return self

    def named_columns(self) -> Iterator[tuple[str, str]]:
        """Each place in the mapping that names a column of the file or of a join."""
        if self.key is not None and self.key != ROW:
            yield "key", self.key
        yield from ((f"fields.{name}", item.column) for name, item in self.fields.items())
        yield from ((f"attributes.{name}", item.column) for name, item in self.attributes.items())
        if self.created_at is not None and self.created_at.column is not None:
            yield "created_at", self.created_at.column
        if self.assigned_to is not None:
            for name, column in self.assigned_to.model_dump(exclude_none=True).items():
                yield f"assigned_to.{name}", column
        if self.outcome is not None:
            yield "outcome.column", self.outcome.column
            if self.outcome.at is not None:
                yield "outcome.at", self.outcome.at.column
            if self.outcome.value is not None:
                yield "outcome.value", self.outcome.value

    def canonical(self) -> str:
        """The mapping as JSON that is equal for equal mappings, however the YAML was written."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def load_mapping(path: Path, source: str | None = None) -> Mapping:
    """Read a mapping; ``source`` replaces the one it names.

    Raises:
        MappingError: the file is missing, is no YAML, or says something that cannot be used.
    """
    import yaml

    try:
        # Every value stays as written: YAML itself would turn yes, no and 007 into other things.
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    except OSError as error:
        raise MappingError(f"The mapping {path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(f"The mapping {path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise MappingError(f"The mapping {path} is empty. Make one with: leadflow import FILE")
    return parse_mapping(content | ({"source": source} if source else {}))


def parse_mapping(content: dict[str, Any]) -> Mapping:
    """The mapping that this content describes.

    Raises:
        MappingError: one line for each thing that is wrong.
    """
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        lines = [_explained(dict(problem)) for problem in error.errors()]
        raise MappingError("The mapping cannot be used:\n" + "\n".join(lines)) from error


def check_columns(mapping: Mapping, columns: Sequence[str]) -> None:
    """See that every column the mapping names is there.

    Raises:
        MappingError: names each missing column, where it is used and the nearest one there is.
    """
    lines = []
    own = [(f"joins ({join.file})", join.column) for join in mapping.joins]
    for where, column in (*own, *mapping.named_columns()):
        if column not in columns:
            near = get_close_matches(column, columns, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            lines.append(f"- {where} names the column {column!r}, which the file lacks.{hint}")
    if lines:
        there = ", ".join(columns)
        raise MappingError("\n".join(["The mapping does not fit:", *lines, f"Columns: {there}"]))


def _explained(problem: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in problem["loc"]) or "mapping"
    said = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        said = "there is no such key; take it out or correct its name"
    elif problem["type"] == "missing":
        said = "is required"
    return f"- {where}: {said}"

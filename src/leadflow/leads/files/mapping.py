"""The mapping: what each column of a company's file means. Read from YAML, checked, explained."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from leadflow import plain_yaml
from leadflow.conditions.problems import Problem, near_to
from leadflow.leads.files.mapping_parts import (
    ROW,
    AssignedTo,
    Attribute,
    Column,
    CreatedAt,
    CsvOptions,
    DateColumn,
    FieldName,
    Join,
    Name,
    Outcome,
    Part,
    as_column,
    as_rep,
)
from leadflow.refusals import in_words

# A column that looks so much like another is that one, misspelt.
MISSPELT = 0.8


class MappingError(ValueError):
    """A mapping that cannot be used; the message names the key, the column and what to do."""


class MappingInvalid(MappingError):
    """A mapping that is wrong in itself, or for its file; ``problems`` is all of it, by place."""

    def __init__(self, heading: str, problems: Sequence[Problem], *more: str) -> None:
        self.problems = tuple(problems)
        lines = (f"- {found.place}: {found.problem}" for found in self.problems)
        super().__init__("\n".join([heading, *lines, *more]))


class Mapping(Part):
    """What each column of a file means. Columns it does not name are not stored."""

    source: str = Field(min_length=1, max_length=100)
    key: str | None = None
    csv: CsvOptions = CsvOptions()
    joins: tuple[Join, ...] = ()
    fields: dict[FieldName, Annotated[Column, BeforeValidator(as_column)]] = Field(
        default_factory=dict
    )
    attributes: dict[Name, Attribute] = Field(default_factory=dict)
    outcome: Outcome | None = None
    assigned_to: Annotated[AssignedTo, BeforeValidator(as_rep)] | None = None
    created_at: Annotated[CreatedAt, BeforeValidator(as_column)] | None = None
    changed_at: Annotated[DateColumn, BeforeValidator(as_column)] | None = None
    ignore: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.key is None and "email" not in self.fields:
            raise ValueError(
                "nothing tells the leads apart: give `key` a column with an id, map fields.email, "
                "or write `key: row` where the file has neither"
            )
        wrong = [name for name, item in self.fields.items() if item.currency and name != "budget"]
        if wrong:
            raise ValueError(f"fields.{wrong[0]} has no currency; only fields.budget has")
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
        if self.changed_at is not None:
            yield "changed_at", self.changed_at.column
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
        content = plain_yaml.load_texts(path.read_text(encoding="utf-8"))
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
        MappingInvalid: one line for each thing that is wrong.
    """
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        problems = [_explained(dict(problem)) for problem in error.errors()]
        raise MappingInvalid("The mapping cannot be used:", problems) from error


def check_columns(mapping: Mapping, columns: Sequence[str]) -> None:
    """See that every column the mapping names is there. One that ``ignore`` leaves out may be
    missing, unless it is another one misspelt, of which nothing is said.

    Raises:
        MappingInvalid: names each missing column, where it is used and the nearest one there is.
    """
    problems = []
    own = [(f"joins ({join.file})", join.column) for join in mapping.joins]
    for where, column in (*own, *mapping.named_columns()):
        if column not in columns:
            near = near_to(column, columns, most=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            said = f"names the column {column!r}, which the file lacks.{hint}"
            problems.append(Problem(where, said))
    used = {column for _, column in (*own, *mapping.named_columns())} | {*mapping.ignore}
    unsaid = [column for column in columns if column not in used]
    for column in mapping.ignore:
        if column not in columns and (near := near_to(column, unsaid, most=1, cutoff=MISSPELT)):
            said = f"the file has no column {column!r}. Did you mean {near[0]!r}?"
            problems.append(Problem("ignore", said))
    if problems:
        there = f"Columns: {', '.join(columns)}"
        raise MappingInvalid("The mapping does not fit:", problems, there)


def _explained(problem: dict[str, Any]) -> Problem:
    where = ".".join(str(part) for part in problem["loc"]) or "mapping"
    return Problem(where, in_words(problem))

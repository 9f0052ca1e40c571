"""Whether dates are written in the form that a mapping says."""

from collections.abc import Iterator, Sequence

from leadflow.conditions.problems import Problem
from leadflow.leads.files.column_reader import NO_VALUE, ColumnReader
from leadflow.leads.files.formats.tables_of_text import BROKEN, Row
from leadflow.leads.files.mapping import Mapping, MappingInvalid
from leadflow.leads.files.mapping_parts import Column
from leadflow.leads.files.proposing.date_formats import how_written

LOOKED_AT = 5000


def check_forms(mapping: Mapping, rows: Sequence[Row]) -> None:
    """See that each `format` fits some of the dates in these rows.

    Raises:
        MappingInvalid: one fits none of them.
    """
    reader = ColumnReader([row for row in rows if BROKEN not in row], None)
    problems = []
    for place, column, form in _forms(mapping):
        texts = [t for t in reader.texts(column) if t is not None and t.lower() not in NO_VALUE]
        if texts and reader.moments(place, list(texts), form).isna().all():
            said = f"{form} fits none of the {len(texts):,} dates looked at.{_seems(texts)}"
            problems.append(Problem(f"{place}.format", said))
    if problems:
        raise MappingInvalid("The mapping does not fit:", problems)


def _seems(texts: Sequence[str]) -> str:
    found = how_written(texts)
    if found is None or found.unsure:
        return ""
    if found.format is None:
        return " They are in ISO 8601: leave `format` out."
    return f" They look like {found.format}."


def _forms(mapping: Mapping) -> Iterator[tuple[str, Column, str]]:
    outcome = mapping.outcome
    named = {
        "created_at": mapping.created_at,
        "changed_at": mapping.changed_at,
        "outcome.at": None if outcome is None else outcome.at,
    }
    for place, one in named.items():
        if one is not None and one.column is not None and one.format is not None:
            yield place, Column(column=one.column, missing=one.missing), one.format
    for name, attribute in mapping.attributes.items():
        if attribute.format is not None:
            yield f"attributes.{name}", attribute, attribute.format

"""A file opened by its mapping: the same where it is only looked at and where it is imported."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from leadflow.leads.files.date_forms import LOOKED_AT, check_forms
from leadflow.leads.files.decimal_marks import with_decimal_mark
from leadflow.leads.files.formats.encodings import UNSAID
from leadflow.leads.files.formats.reading import is_csv, open_table
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping import Mapping, MappingError, check_columns
from leadflow.leads.files.shared_keys import told_apart


class Opened(NamedTuple):
    """The mapping as the file is read by it, the columns there are, the rows, and what people
    should know of how they are read."""

    mapping: Mapping
    columns: list[str]
    rows: Iterator[Row]
    said: tuple[str, ...]


def opened(path: Path, mapping: Mapping) -> Opened:
    """A file that is held against its mapping, and at its first row.

    Raises:
        MappingError: the mapping names columns the file lacks, a form that none of its dates has,
            or a key that does not tell its leads apart, or does not say which encoding it is in,
            or how numbers are written that can be read either way.
        UnreadableFile: the file is no table.
    """
    table = open_table(path, mapping.csv, mapping.joins)
    if table.asked:
        raise MappingError(UNSAID)
    check_columns(mapping, table.columns)
    first = list(islice(table.rows, LOOKED_AT))
    check_forms(mapping, first)
    rows: Iterator[Row] = chain(first, table.rows)
    if is_csv(path):
        mapping, rows = with_decimal_mark(mapping, rows)
    shared = told_apart(mapping, open_table(path, mapping.csv, mapping.joins).rows)
    return Opened(mapping, table.columns, rows, (*table.said, *shared))


def not_used(mapping: Mapping, columns: Sequence[str]) -> list[str]:
    """The columns that the mapping does not name, and that are not stored."""
    used = {column for _, column in mapping.named_columns()} | {j.column for j in mapping.joins}
    return [column for column in columns if column not in used and column not in mapping.ignore]

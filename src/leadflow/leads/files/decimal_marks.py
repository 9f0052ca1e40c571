"""Finding out how the numbers of a file are written, from all of them."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Literal

from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping import Mapping, MappingError
from leadflow.leads.readers.numbers import EITHER, SPACES, DecimalMark

LOOKED_AT = 5000
NUMBERS = ("company_size", "budget", "website_visits", "email_opens", "content_downloads")
Evidence = DecimalMark | Literal["unsure"] | None
SIGNS = f"$€£{SPACES}"
# With one or two digits behind it, or with groups before it, a mark can only begin a fraction.
COMMA = re.compile(rf"[+-]?(?:\d{{1,3}}(?:[.{SPACES}]\d{{3}})+,\d+|\d+,\d{{1,2}})", re.ASCII)
POINT = re.compile(
    rf"[+-]?(?:\d{{1,3}}(?:[,{SPACES}]\d{{3}})+\.\d+|\d+\.\d{{1,2}}|0\.\d+|\d+\.\d{{4,}})", re.ASCII
)
# Where numbers are written in both ways, either mark before three digits can mean either.
THREE = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
UNSURE = (
    "Numbers in this file, such as 5.000, can be five or five thousand. Say which in the "
    'mapping: `csv: {decimal: ","}` where they are thousands, `csv: {decimal: "."}` where '
    "they are fractions."
)


def decimal_mark(values: Iterable[str | None]) -> Evidence:
    """The mark before a fraction in most numbers among these values; ``unsure`` where those with a
    mark could be read either way, and nothing or both ways speak for one; None where no number
    has one."""
    comma = point = either = three = 0
    for value in values:
        text = (value or "").strip(SIGNS)
        comma += COMMA.fullmatch(text) is not None
        point += POINT.fullmatch(text) is not None
        either += EITHER.fullmatch(text) is not None
        three += THREE.fullmatch(text) is not None
    if comma and point and three:
        return "unsure"
    if comma or point:
        return "," if comma > point else "."
    return "unsure" if either else None


def with_decimal_mark(mapping: Mapping, rows: Iterator[Row]) -> tuple[Mapping, Iterator[Row]]:
    """The mapping with the mark before fractions, found in the first 5,000 rows of a CSV file whose
    mapping does not say it; and all the rows. Where no number there has a mark, it stays unsaid,
    and a later 5.000 is set aside.

    Raises:
        MappingError: the numbers there can be read either way.
    """
    if mapping.csv.decimal is not None:
        return mapping, rows
    first = list(islice(rows, LOOKED_AT))
    columns = [*_columns_of_numbers(mapping)]
    mark = decimal_mark(row.get(name) for row in first for name in columns)
    if mark == "unsure":
        raise MappingError(UNSURE)
    said = mapping.csv.model_copy(update={"decimal": mark})
    return mapping.model_copy(update={"csv": said}), chain(first, rows)


def _columns_of_numbers(mapping: Mapping) -> Iterator[str]:
    yield from (column.column for name, column in mapping.fields.items() if name in NUMBERS)
    yield from (one.column for one in mapping.attributes.values() if one.kind == "numeric")
    if mapping.outcome is not None and mapping.outcome.value is not None:
        yield mapping.outcome.value

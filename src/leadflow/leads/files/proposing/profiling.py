"""Profile of a file's columns from a sample: their type, fill and variety."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from features.attribute_values import FALSE, TRUE
from leadflow.leads.attributes import is_free_text
from leadflow.leads.files.column_reader import NO_VALUE
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.parsing import INFINITE
from leadflow.leads.files.proposing.currencies import (
    currency_in,
    currency_of,
    holds_sums,
    is_sum,
    names_currency,
)
from leadflow.leads.files.proposing.date_formats import DATE_LIKE, Written, how_written
from leadflow.leads.files.proposing.headings import written
from leadflow.leads.files.proposing.known_names import CODED, KEYS, PLACEHOLDERS
from leadflow.leads.files.proposing.people import are_people, is_whole_name
from leadflow.leads.files.slugs import slug
from leadflow.leads.readers.numbers import DecimalMark

ColumnKind = Literal[
    "e-mail", "date", "boolean", "numeric", "categorical", "text", "distinct", "empty"
]
MOSTLY, OFTEN = 0.8, 0.2
SHOWN_VALUES = 60
FEWEST_COUNTED = 20
LONGEST_CATEGORY = 500
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NUMBER = re.compile(r"[$€£]?\s*-?\d{1,3}(,\d{3})+(\.\d+)?|[$€£]?\s*-?\d+(\.\d+)?([eE][+-]?\d+)?")
PHONE = re.compile(r"(?:\+|00)[\d ()./-]+|\(\d+\)[\d ./-]+|\d{2,5}(?:[ ./-]\d{2,8}){1,4}", re.ASCII)
SELDOM = 0.02
ZERO_FIRST = re.compile(r"0\d+", re.ASCII)
SWAPPED = str.maketrans(",.", ".,")
ID_NAMES = ("id", "uuid", "guid", "key", "number", "no", "nr", "hash", "code", "index", "reference")
CODED_NAMES, KEY_NAMES = frozenset(CODED), frozenset(KEYS)
MOST_CODES = 200
NAMING = ("categorical", "distinct", "text")
NAMED = 0.3


@dataclass(frozen=True)
class Profile:
    """One column: what its values are, what share is filled, how many differ, which they are.

    ``counts_rows`` are whole numbers one after the other. ``dates`` is how its dates are written;
    ``unreadable`` are the few values that are not of its kind; ``personal``: some of its values
    are e-mail addresses, telephone numbers or names of people. ``nothing`` are those of its values
    that stand where nobody said anything, such as n/a, which none of the others counts.
    ``written_in`` is the currency its values name, ``unnamed`` how many values name none.
    """

    name: str
    kind: ColumnKind
    filled: float
    distinct: int
    unique: bool
    values: tuple[str, ...]
    counts_rows: bool = False
    unreadable: tuple[str, ...] = ()
    dates: Written | None = None
    personal: bool = False
    nothing: tuple[str, ...] = ()
    written_in: str | None = None
    unnamed: int = 0

    @property
    def currency(self) -> str | None:
        """The currency its name speaks of, or its values do."""
        return currency_in(self.name)[1] or self.written_in

    @property
    def bare(self) -> str:
        """The slug of its name without the currency."""
        return slug(currency_in(self.name)[0])

    @property
    def mixed(self) -> tuple[str, ...]:
        """Values that are dates in another form than most."""
        return () if self.dates is None else self.dates.mixed

    @property
    def called(self) -> tuple[str, ...]:
        """What headings are looked for by: its slug, and its name as it is written."""
        return self.slug, written(self.name)

    @property
    def slug(self) -> str:
        """The name as an attribute's name: small letters, digits and underscores."""
        return slug(self.name)

    @property
    def is_key(self) -> bool:
        """Whether it is named like a company's own numbers of its leads or customers."""
        return not KEY_NAMES.isdisjoint(self.called)

    @property
    def identifies(self) -> bool:
        """Whether its values name or count the rows, and so say nothing of them."""
        named = self.slug.split("_")[-1] in ID_NAMES or self.is_key
        return self.unique and (named or self.counts_rows)


def profile(name: str, rows: Sequence[Row], decimal: DecimalMark = ".") -> Profile:
    """The profile of a column in these rows; up to 60 of its values, in order of appearance.

    ``decimal`` is the mark before a fraction in this file.
    """
    cells = [(row.get(name) or "").strip() for row in rows]
    filled = [cell for cell in cells if not _nothing(cell)]
    different = list(dict.fromkeys(filled))
    unique = bool(filled) and len(different) == len(cells)
    dates = how_written(filled)
    sums = holds_sums(name)
    kind = _kind(filled, different, dates, decimal, sums)
    if kind == "numeric" and not unique and _are_codes(slug(name), different):
        kind = "categorical"  # a number that names something is no amount
    if kind == "numeric" and any(map(ZERO_FIRST.fullmatch, different)):
        kind = _named(filled, different)  # 01067 is a place, and another one than 1067
    unreadable: Sequence[str] = ()
    if kind == "numeric":
        unreadable = [value for value in different if not _is_number(value, decimal, sums)]
    elif kind == "date" and dates is not None:
        unreadable = dates.unreadable
    return Profile(
        name=name,
        kind=kind,
        filled=len(filled) / len(cells) if cells else 0.0,
        distinct=len(different),
        unique=unique,
        values=tuple(different[:SHOWN_VALUES]),
        counts_rows=_count_on(different),
        unreadable=tuple(unreadable),
        dates=dates if kind == "date" else None,
        personal=bool(filled)
        and (
            _share([_is_personal(value) for value in filled]) > SELDOM
            or (kind in NAMING and _name_people(filled))
        ),
        written_in=currency_of(different, decimal) if kind == "numeric" else None,
        unnamed=sum(not names_currency(cell) for cell in filled),
        nothing=tuple(dict.fromkeys(cell for cell in cells if cell and _nothing(cell))),
    )


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / len(truths)


def _kind(
    filled: Sequence[str],
    different: Sequence[str],
    dates: Written | None,
    decimal: DecimalMark,
    sums: bool,
) -> ColumnKind:
    if not filled:
        return "empty"
    if _share([EMAIL.fullmatch(value) is not None for value in filled]) >= MOSTLY:
        return "e-mail"
    if dates is not None:
        return "date"
    if len(different) == 2 and all(value.lower() in TRUE | FALSE for value in different):
        return "boolean"
    if _share([_is_number(value, decimal, sums) for value in filled]) >= 0.98:
        return "numeric"
    if _share([is_free_text(value) for value in filled]) >= OFTEN or (
        max(map(len, different)) > LONGEST_CATEGORY
    ):
        return "text"
    return _named(filled, different)


def _named(filled: Sequence[str], different: Sequence[str]) -> ColumnKind:
    return "categorical" if len(different) <= max(2, len(filled) // 2) else "distinct"


def _count_on(different: Sequence[str]) -> bool:
    if len(different) < FEWEST_COUNTED or not all(len(v) < 16 and v.isdecimal() for v in different):
        return False
    numbers = [int(value) for value in different]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _is_personal(value: str) -> bool:
    """Whether a value is an e-mail address, or written as telephone numbers are and no date or
    amount is: with a plus, in brackets, in groups."""
    digits = sum(map(str.isdigit, value))
    return EMAIL.fullmatch(value) is not None or (
        7 <= digits <= 15 and PHONE.fullmatch(value) is not None and not _is_date(value)
    )


def _name_people(filled: Sequence[str]) -> bool:
    return are_people(filled) or _share([is_whole_name(value) for value in filled]) > NAMED


def _nothing(cell: str) -> bool:
    word = cell.lower()
    return word in NO_VALUE or word in PLACEHOLDERS


def _are_codes(name: str, different: Sequence[str]) -> bool:
    """Whether whole numbers stand for something, by the name of their column: region, browser."""
    whole = len(different) <= MOST_CODES and all(value.isdecimal() for value in different)
    return whole and bool({name, name.split("_")[-1]} & CODED_NAMES)


def _is_date(value: str) -> bool:
    return DATE_LIKE.match(value) is not None


def _is_number(value: str, decimal: DecimalMark, sums: bool) -> bool:
    plain = value.translate(SWAPPED) if decimal == "," else value
    return (
        NUMBER.fullmatch(plain) is not None
        or INFINITE.fullmatch(value) is not None
        or is_sum(value, decimal, sums)
    )

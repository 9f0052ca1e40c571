"""Reading the columns of rows of text: numbers, dates and what is derived, with flags for what
could not be read."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from features.normal_forms import plain_text
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.mapping_parts import Column
from leadflow.leads.files.zones import in_zone
from leadflow.leads.readers.money import Money, NotMoney, read_money
from leadflow.leads.readers.numbers import DecimalMark, NotANumber, read_number

if TYPE_CHECKING:
    import pandas as pd

Said = TypeVar("Said")
Read = TypeVar("Read", float, Money)
CURRENCY_SIGNS = ("$", "€", "£")
# The last is what many write for "for ever".
YEARS = (1900, 9999)
# Moments are kept in microseconds. One finer one would make its whole batch be counted in
# nanoseconds, in which the years after 2262 cannot be said.
TOO_FINE = re.compile(r"(?<=[.,]\d{6})\d+", re.ASCII)
NO_VALUE = frozenset({"", "null", "nan", "none", "n/a"})


class ColumnReader:
    """Reads the columns of rows one by one.

    ``columns`` has what was read, by name, and a flag ``FIELD|RULE`` for each rule that some row
    breaks. ``decimal`` is the mark before a fraction, ``.`` or ``,``, None where nobody said;
    ``zone`` that of moments which name none, None where they are refused.
    """

    def __init__(
        self, rows: Sequence[Row], decimal: DecimalMark | None, zone: tzinfo | None = UTC
    ) -> None:
        self._rows, self._decimal, self._zone = rows, decimal, zone
        self.columns: dict[str, Any] = {}

    def texts(self, column: Column | None) -> list[str | None]:
        """The words of a column: in their plain form, in other words where the mapping says so, or
        None."""
        if column is None:
            return [None] * len(self._rows)
        name = column.column
        values = {plain_text(word): plain_text(said) for word, said in column.values.items()}
        missing = {*map(plain_text, column.missing), ""}
        found = (plain_text(row.get(name) or "") for row in self._rows)
        translated = (values.get(word, word) for word in found) if values else found
        return [None if word in missing else word for word in translated]

    def number(self, where: str, texts: list[str | None]) -> "pd.Series[float]":
        """Numbers, NaN where there is none; ``1,200.50`` and ``$ 1200`` are read too."""
        import pandas as pd

        numbers = self._each(where, texts, texts, self._number)
        return pd.Series(numbers, dtype="float64")

    def money(
        self, where: str, texts: list[str | None], codes: list[str | None], usual: str
    ) -> "tuple[pd.Series[float], list[str | None], list[bool]]":
        """Amounts, NaN where there is none, with their currencies, and whether the amount itself
        names it. ``codes`` are what a column of currencies says, ``usual`` is what is meant where
        nothing says."""
        import pandas as pd

        def read(said: tuple[str | None, str | None]) -> Money:
            return read_money(said[0] or "", said[1], usual, self._decimal)

        said = list(zip(texts, codes, strict=True))
        sums = self._each(where, texts, said, read)
        amounts = [None if found is None else found.amount for found in sums]
        currencies = [None if found is None else found.currency for found in sums]
        named = [found is not None and found.named for found in sums]
        return pd.Series(amounts, dtype="float64"), currencies, named

    def _number(self, said: str | None) -> float:
        """An attribute's number may have a currency's sign, of which nothing is kept."""
        text = said or ""
        try:
            return read_number(text, self._decimal)
        except NotANumber:
            if not text.startswith(CURRENCY_SIGNS) and not text.endswith(CURRENCY_SIGNS):
                raise
            return read_number(text.strip(f"{''.join(CURRENCY_SIGNS)} "), self._decimal)

    def _each(
        self,
        where: str,
        texts: Sequence[str | None],
        said: Sequence[Said],
        read: Callable[[Said], Read],
    ) -> "list[Read | None]":
        """What is read of each, None where there is no text; a flag for each reason why something
        cannot be read. What is said twice is read once."""
        known: dict[Said, Read | str] = {}
        found: list[Read | str | None] = []
        for text, one in zip(texts, said, strict=True):
            if text is None or text.lower() in NO_VALUE:
                found.append(None)
                continue
            if one not in known:
                known[one] = _read_or_reason(read, one)
            found.append(known[one])
        reasons = {value for value in known.values() if isinstance(value, str)}
        for reason in sorted(reasons):
            self.flag(where, reason, [value == reason for value in found])
        return [None if isinstance(value, str) else value for value in found]

    def whole(self, name: str, texts: list[str | None]) -> "pd.Series[Any]":
        """Whole numbers, NaN where there is none; a flag where there is a fraction."""
        numbers = self.number(name, texts)
        broken = numbers.notna() & (numbers % 1 != 0)
        self.flag(name, "is not a whole number", list(broken))
        return numbers.where(~broken)

    def moments(
        self, where: str, texts: list[str | None], written: str | None, days: bool = False
    ) -> "pd.Series[Any]":
        """Moments; a flag where there is text but no date, or no zone where one is asked for.
        ``days``: a day alone is the same day in whichever zone."""
        import pandas as pd

        words = [None if v is None or v.lower() in NO_VALUE else v for v in texts]
        given = pd.Series(words, dtype="object")
        if written is None or "%f" in written:
            given = pd.Series([v and TOO_FINE.sub("", v) for v in words], dtype="object")
        read = pd.to_datetime(given, format=written or "ISO8601", errors="coerce", utc=True)
        # A year alone, or eight digits, is read as a date too, and is more likely a number.
        certain = read.dt.year.between(*YEARS)
        if written is None:
            certain &= given.str.match(r"\d{4}-\d\d-\d\d").fillna(False).astype("bool")
        read = read.where(certain)
        form = f"of the form {written}" if written else "such as 2026-01-31; set `format`"
        self.flag(where, f"is not a date {form}", list(given.notna() & read.isna()))
        if self._zone is UTC:
            return read
        moments, reason = in_zone(read, given, written, self._zone, days)
        self.flag(where, reason, list(read.notna() & moments.isna()))
        return moments

    def derived(
        self,
        name: str,
        texts: Iterable[Any],
        function: Callable[[str], str | None],
        missing: Literal["none"] | None = None,
    ) -> None:
        """A column made of another one; each different value is worked out once."""
        known: dict[str, str | None] = {}
        values: list[str | None] = []
        for text in map(text_or_none, texts):
            if text is not None and text not in known:
                known[text] = function(text)
            values.append(missing if text is None else known[text])
        self.columns[name] = as_texts(values)

    def flag(self, field: str, rule: str, broken: Sequence[Any]) -> None:
        """Add the flag ``FIELD|RULE`` where any row breaks the rule."""
        if any(broken):
            self.columns[f"{field}|{rule}"] = broken


def _read_or_reason(read: Callable[[Said], Read], said: Said) -> Read | str:
    try:
        return read(said)
    except (NotANumber, NotMoney) as error:
        return str(error)


def as_texts(values: Iterable[str | None]) -> "pd.Series[str]":
    """Texts as a column."""
    import pandas as pd

    return pd.Series(values, dtype="str")


def text_or_none(value: Any) -> str | None:
    """A text as it is; None for anything else, such as pandas' own sign for nothing."""
    return value if isinstance(value, str) else None

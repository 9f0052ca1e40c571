"""Reading the columns of rows of text: numbers, dates and what is derived, with flags for what
could not be read."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from leadflow.leads.files.mapping_parts import Column
from leadflow.leads.files.tables_of_text import Row

if TYPE_CHECKING:
    import pandas as pd

NO_VALUE = frozenset({"", "null", "nan", "none", "n/a"})


class ColumnReader:
    """Reads the columns of rows one by one.

    ``columns`` has what was read, by name, and a flag ``FIELD|RULE`` for each rule that some row
    breaks. ``decimal`` is the sign before a fraction, ``.`` or ``,``.
    """

    def __init__(self, rows: Sequence[Row], decimal: str) -> None:
        self._rows, self._decimal = rows, decimal
        self.columns: dict[str, Any] = {}

    def texts(self, column: Column | None) -> list[str | None]:
        """The words of a column: trimmed, in other words where the mapping says so, or None."""
        if column is None:
            return [None] * len(self._rows)
        name, values, missing = column.column, column.values, {*column.missing, ""}
        found = ((row.get(name) or "").strip() for row in self._rows)
        translated = (values.get(word, word) for word in found) if values else found
        return [None if word in missing else " ".join(word.split()) for word in translated]

    def number(self, where: str, texts: list[str | None]) -> "pd.Series[float]":
        """Numbers, NaN where there is none; ``1,200.50`` and ``$ 1200`` are read too."""
        import numpy as np
        import pandas as pd

        words = [None if v is None or v.lower() in NO_VALUE else v for v in texts]
        if self._decimal == ",":
            words = [v and v.replace(".", "").replace(",", ".") for v in words]
        given = pd.Series(words, dtype="object")
        numbers = pd.to_numeric(given, errors="coerce").astype("float64")
        numbers = numbers.where(np.isfinite(numbers))
        unread = given.notna() & numbers.isna()
        if unread.any():
            plain = given[unread].astype("str").str.replace(r"^[$€£]\s*|\s*[$€£]$", "", regex=True)
            grouped = plain.str.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
            plain = plain.where(~grouped, plain.str.replace(",", ""))
            numbers[unread] = pd.to_numeric(plain, errors="coerce")
            unread = given.notna() & ~np.isfinite(numbers)
            numbers = numbers.where(~unread)
        self.flag(where, "is not a number", list(unread))
        return numbers

    def whole(self, name: str, texts: list[str | None]) -> "pd.Series[Any]":
        """Whole numbers, NaN where there is none; a flag where there is a fraction."""
        numbers = self.number(name, texts)
        broken = numbers.notna() & (numbers % 1 != 0)
        self.flag(name, "is not a whole number", list(broken))
        return numbers.where(~broken)

    def moments(self, where: str, texts: list[str | None], written: str | None) -> "pd.Series[Any]":
        """Moments, in UTC where the text names no zone; a flag where there is text but no date."""
        import pandas as pd

        words = [None if v is None or v.lower() in NO_VALUE else v for v in texts]
        given = pd.Series(words, dtype="object")
        read = pd.to_datetime(given, format=written or "ISO8601", errors="coerce", utc=True)
        form = f"of the form {written}" if written else "such as 2026-01-31; set `format`"
        self.flag(where, f"is not a date {form}", list(given.notna() & read.isna()))
        return read

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


def as_texts(values: Iterable[str | None]) -> "pd.Series[str]":
    """Texts as a column."""
    import pandas as pd

    return pd.Series(values, dtype="str")


def text_or_none(value: Any) -> str | None:
    """A text as it is; None for anything else, such as pandas' own sign for nothing."""
    return value if isinstance(value, str) else None

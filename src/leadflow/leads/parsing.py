"""From rows of text to a frame of typed, derived values, with flags for what could not be read.

The frame has one line a row. A column named ``FIELD|RULE`` is a flag: True where the rule is
broken. It exists only where some row breaks it.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from features.attribute_values import FALSE, TRUE
from leadflow.leads import derive
from leadflow.leads.mapping import ROW, Attribute, Column, CreatedAt, Mapping, Outcome
from leadflow.leads.tables_of_text import BROKEN, Row

if TYPE_CHECKING:
    import pandas as pd

NO_VALUE = frozenset({"", "null", "nan", "none", "n/a"})
INFINITE = re.compile(r"[+-]?(inf|infinity|∞)", re.IGNORECASE)
LONGEST = {"categorical": 500, "text": 10_000}
TEXTS = ("first_name", "last_name", "company_name", "job_title", "location", "timeline")
COUNTS = ("company_size", "website_visits", "email_opens", "content_downloads")


@dataclass(frozen=True)
class Context:
    """What a row does not say itself.

    ``file_key`` tells files apart where rows have no key; ``now`` stands where there is no date.
    """

    file_key: str
    now: datetime
    currency: str


def parse(
    rows: Sequence[Row], numbers: Sequence[int], mapping: Mapping, context: Context
) -> "pd.DataFrame":
    """Read these rows, numbered by their place in the file, as the mapping says."""
    return _Parser(rows, numbers, mapping, context).frame()


class _Parser:
    def __init__(
        self, rows: Sequence[Row], numbers: Sequence[int], mapping: Mapping, context: Context
    ) -> None:
        # A row that could not be read says nothing that can be relied on.
        self._rows: list[Row] = [{BROKEN: row[BROKEN]} if BROKEN in row else row for row in rows]
        self._numbers = numbers
        self._mapping, self._context = mapping, context
        self._columns: dict[str, Any] = {}

    def frame(self) -> "pd.DataFrame":
        import pandas as pd

        for reason in dict.fromkeys(row[BROKEN] for row in self._rows if BROKEN in row):
            self._flag("row", str(reason), [row.get(BROKEN) == reason for row in self._rows])
        self._identity()
        self._profile()
        self._budget()
        self._attributes()
        self._created_at(self._mapping.created_at)
        if self._mapping.outcome is not None:
            self._outcome(self._mapping.outcome)
        return pd.DataFrame(self._columns, index=range(len(self._rows)))

    def _identity(self) -> None:
        key, email = self._mapping.key, self._texts(self._field("email"))
        if key == ROW:
            ids: list[str | None] = [f"{self._context.file_key}-{n}" for n in self._numbers]
        else:
            ids = self._texts(Column(column=key) if key else None)
        addresses = [None if v is None else derive.normalise_email(v) for v in email]
        self._columns |= {"external_id": _words(ids), "email": _words(addresses)}
        self._derived("email_kind", addresses, derive.email_kind, missing="none")
        known = ids if key is not None else addresses
        self._flag("key" if key else "email", "is missing", [value is None for value in known])
        self._flag("key", "stands in an earlier row of this batch too", _repeats(ids))
        self._flag("email", "stands in an earlier row of this batch too", _repeats(addresses))

    def _profile(self) -> None:
        for name in TEXTS:
            self._columns[name] = _words(self._texts(self._field(name)))
        industries = self._texts(self._field("industry"))
        self._columns["industry"] = _words([v and v.lower() for v in industries])
        self._derived("phone", self._texts(self._field("phone")), derive.normalise_phone)
        self._derived("seniority", self._columns["job_title"], derive.seniority)
        months = {v: derive.timeline_months(v) for v in self._columns["timeline"].dropna().unique()}
        self._columns["timeline_months"] = self._columns["timeline"].map(months).astype("float64")
        location, country = self._columns["location"], self._texts(self._field("country"))
        places = [derive.place(_or_none(a), b) for a, b in zip(location, country, strict=True)]
        self._columns["country"] = _words([code for code, _ in places])
        self._columns["region"] = _words([region for _, region in places])
        wanted = self._texts(self._field("service_requirements"))
        self._columns["service_requirements"] = _words([_listed(value) for value in wanted])
        for name in COUNTS:
            self._columns[name] = self._whole(name, self._texts(self._field(name)))

    def _budget(self) -> None:
        budget = self._number("budget", self._texts(self._field("budget")))
        currencies = self._texts(self._field("currency"))
        words = [(value or self._context.currency).upper() for value in currencies]
        wrong = [len(word) != 3 or not word.isascii() or not word.isalpha() for word in words]
        self._flag("currency", "is no ISO 4217 code such as USD", wrong)
        self._columns["budget"] = budget
        self._columns["budget_currency"] = _words(words).where(budget.notna())

    def _attributes(self) -> None:
        read = {name: self._attribute(name, a) for name, a in self._mapping.attributes.items()}
        values = zip(*read.values(), strict=True) if read else ([] for _ in self._rows)
        self._columns["attributes"] = [
            json.dumps({n: v for n, v in zip(read, row, strict=False) if v is not None})
            for row in values
        ]

    def _attribute(self, name: str, attribute: Attribute) -> list[Any]:
        texts, where = self._texts(attribute), f"attributes.{name}"
        if attribute.kind in LONGEST:
            longest = LONGEST[attribute.kind]
            too_long = [len(value or "") > longest for value in texts]
            self._flag(where, f"is longer than {longest:,} characters", too_long)
            return texts
        if attribute.kind == "date":
            return _iso(self._moments(where, texts, attribute.format))
        if attribute.kind == "numeric":
            finite = [None if v is None or INFINITE.fullmatch(v) else v for v in texts]
            numbers = self._number(where, finite)
            return [None if value != value else float(value) for value in numbers]
        truths = [_truth(value) for value in texts]
        unread = [v is not None and t is None for v, t in zip(texts, truths, strict=True)]
        self._flag(where, "is neither true nor false", unread)
        return truths

    def _created_at(self, created: CreatedAt | None) -> None:
        import pandas as pd

        now = pd.Timestamp(self._context.now)
        if created is None:
            moments = pd.Series(now, index=range(len(self._rows)))
        elif created.sequence is not None:
            steps = pd.Series(self._numbers, dtype="int64") * pd.Timedelta(created.sequence.every)
            moments = pd.Timestamp(created.sequence.start) + steps
        else:
            texts = self._texts(Column(column=created.column or ""))
            read = self._moments("created_at", texts, created.format)
            instead = now if created.otherwise == "now" else pd.Timestamp(created.otherwise)
            moments = read.fillna(instead)
        self._columns["created_at"] = moments.astype("datetime64[us, UTC]")

    def _outcome(self, outcome: Outcome) -> None:
        import pandas as pd

        words = self._texts(Column(column=outcome.column))
        meaning = dict.fromkeys(outcome.converted, "converted") | dict.fromkeys(
            outcome.lost, "lost"
        )
        known = {*meaning, *outcome.open}
        unknown = [value is not None and value not in known for value in words]
        self._flag("outcome", "is not among the values the mapping names", unknown)
        ended = _words([meaning.get(value or "") for value in words])
        created = self._columns["created_at"]
        if outcome.at is not None:
            written = self._texts(Column(column=outcome.at.column))
            at = self._moments("outcome.at", written, outcome.at.format)
            self._flag("outcome", "has no date", list(ended.notna() & at.isna()))
        else:
            at = created + pd.Timedelta(outcome.after or 0)
        self._columns["outcome"] = ended
        self._columns["occurred_at"] = at.where(ended.notna()).astype("datetime64[us, UTC]")
        texts = self._texts(Column(column=outcome.value) if outcome.value else None)
        value = self._number("outcome.value", texts).where(ended == "converted")
        currency = pd.Series(outcome.currency or self._context.currency, index=value.index)
        self._columns["value"] = value
        self._columns["value_currency"] = currency.where(value.notna())

    def _field(self, name: str) -> Column | None:
        return self._mapping.fields.get(name)  # type: ignore[call-overload, no-any-return]

    def _texts(self, column: Column | None) -> list[str | None]:
        """The words of a column: trimmed, in other words where the mapping says so, or None."""
        if column is None:
            return [None] * len(self._rows)
        name, values, missing = column.column, column.values, {*column.missing, ""}
        found = ((row.get(name) or "").strip() for row in self._rows)
        translated = (values.get(word, word) for word in found) if values else found
        return [None if word in missing else " ".join(word.split()) for word in translated]

    def _number(self, where: str, texts: list[str | None]) -> "pd.Series[float]":
        """Numbers, NaN where there is none; ``1,200.50`` and ``$ 1200`` are read too."""
        import numpy as np
        import pandas as pd

        words = [None if v is None or v.lower() in NO_VALUE else v for v in texts]
        if self._mapping.csv.decimal == ",":
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
        self._flag(where, "is not a number", list(unread))
        return numbers

    def _whole(self, name: str, texts: list[str | None]) -> "pd.Series[Any]":
        numbers = self._number(name, texts)
        broken = numbers.notna() & (numbers % 1 != 0)
        self._flag(name, "is not a whole number", list(broken))
        return numbers.where(~broken)

    def _moments(
        self, where: str, texts: list[str | None], written: str | None
    ) -> "pd.Series[Any]":
        """Moments, in UTC where the text names no zone; a flag where there is text but no date."""
        import pandas as pd

        words = [None if v is None or v.lower() in NO_VALUE else v for v in texts]
        given = pd.Series(words, dtype="object")
        read = pd.to_datetime(given, format=written or "ISO8601", errors="coerce", utc=True)
        form = f"of the form {written}" if written else "such as 2026-01-31; set `format`"
        self._flag(where, f"is not a date {form}", list(given.notna() & read.isna()))
        return read

    def _derived(
        self,
        name: str,
        texts: Iterable[Any],
        function: Callable[[str], str | None],
        missing: Literal["none"] | None = None,
    ) -> None:
        """A column made of another one; each different value is worked out once."""
        known: dict[str, str | None] = {}
        values: list[str | None] = []
        for text in map(_or_none, texts):
            if text is not None and text not in known:
                known[text] = function(text)
            values.append(missing if text is None else known[text])
        self._columns[name] = _words(values)

    def _flag(self, field: str, rule: str, broken: Sequence[Any]) -> None:
        if any(broken):
            self._columns[f"{field}|{rule}"] = broken


def _words(values: Iterable[str | None]) -> "pd.Series[str]":
    import pandas as pd

    return pd.Series(values, dtype="str")


def _or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _repeats(values: Sequence[str | None]) -> list[bool]:
    seen: set[str] = set()
    repeated = []
    for value in values:
        repeated.append(value in seen)
        if value is not None:
            seen.add(value)
    return repeated


def _truth(value: str | None) -> bool | None:
    word = (value or "").lower()
    return True if word in TRUE else False if word in FALSE else None


def _iso(moments: "pd.Series[Any]") -> list[str | None]:
    """ISO 8601 in UTC; a moment at midnight is a date."""
    import pandas as pd

    dates = moments.dt.strftime("%Y-%m-%d")
    exact = moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    midnight = moments.dt.normalize() == moments
    return [None if pd.isna(text) else str(text) for text in dates.where(midnight, exact)]


def _listed(value: str | None) -> str | None:
    """A list written with ``;``, ``|`` or ``,`` between its items, as a PostgreSQL array."""
    if value is None:
        return None
    mark = next((mark for mark in (";", "|", ",") if mark in value), ";")
    items = dict.fromkeys(item.strip() for item in value.split(mark) if item.strip())
    return "{" + ",".join(json.dumps(item, ensure_ascii=False) for item in items) + "}"

"""From rows of text to a frame of typed, derived values, with flags for what could not be read.

The frame has one line a row. A column named ``FIELD|RULE`` is a flag: True where the rule is
broken. It exists only where some row breaks it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from features.attribute_values import FALSE, TRUE
from features.normal_forms import plain_text
from leadflow.leads import derive
from leadflow.leads.files.column_reader import ColumnReader, as_texts, text_or_none
from leadflow.leads.files.formats.tables_of_text import BROKEN, Row
from leadflow.leads.files.mapping import Mapping
from leadflow.leads.files.mapping_parts import (
    ROW,
    Attribute,
    Column,
    CreatedAt,
    DateColumn,
    Outcome,
)
from leadflow.leads.files.zones import DAY
from leadflow.leads.places import country_code
from leadflow.leads.readers.job_titles import seniority
from leadflow.leads.readers.money import currencies

if TYPE_CHECKING:
    import pandas as pd

INFINITE = re.compile(r"[+-]?(inf|infinity|∞)", re.IGNORECASE)
LONGEST = {"categorical": 500, "text": 10_000}
TEXTS = ("first_name", "last_name", "company_name", "job_title", "location", "timeline")
COUNTS = ("company_size", "website_visits", "email_opens", "content_downloads")


@dataclass(frozen=True)
class Context:
    """What a row does not say itself.

    ``file_key`` tells files apart where rows have no key; ``now`` stands where there is no date;
    ``said_at`` is when the file came, now where unset: all its rows were said at once. ``zone`` is
    that of moments which name none; None: they are refused. ``silent``: a telephone number or a
    country that cannot be read says nothing; else it is refused, and so is a change that is dated
    by its day alone.
    """

    file_key: str
    now: datetime
    currency: str
    said_at: datetime | None = None
    zone: tzinfo | None = UTC
    silent: bool = True


def parse(
    rows: Sequence[Row], numbers: Sequence[int], mapping: Mapping, context: Context
) -> "pd.DataFrame":
    """Read these rows, numbered by their place in the file, as the mapping says."""
    return _Parser(rows, numbers, mapping, context).frame()


class _Parser(ColumnReader):
    def __init__(
        self, rows: Sequence[Row], numbers: Sequence[int], mapping: Mapping, context: Context
    ) -> None:
        # A row that could not be read says nothing that can be relied on.
        said: list[Row] = [{BROKEN: row[BROKEN]} if BROKEN in row else row for row in rows]
        super().__init__(said, mapping.csv.decimal, context.zone)
        self._numbers = numbers
        self._mapping, self._context = mapping, context

    def frame(self) -> "pd.DataFrame":
        import pandas as pd

        for reason in dict.fromkeys(row[BROKEN] for row in self._rows if BROKEN in row):
            self.flag("row", str(reason), [row.get(BROKEN) == reason for row in self._rows])
        self._identity()
        self._profile()
        self._budget()
        self._attributes()
        self._created_at(self._mapping.created_at)
        self.columns["row_number"] = list(self._numbers)
        if self._mapping.changed_at is not None:
            self._changed_at(self._mapping.changed_at)
        if self._mapping.outcome is not None:
            self._outcome(self._mapping.outcome)
        return pd.DataFrame(self.columns, index=range(len(self._rows)))

    def _identity(self) -> None:
        key, email = self._mapping.key, self.texts(self._field("email"))
        if key == ROW:
            ids: list[str | None] = [f"{self._context.file_key}-{n}" for n in self._numbers]
        else:
            ids = self.texts(Column(column=key) if key else None)
        addresses = [None if v is None else derive.normalise_email(v) for v in email]
        self.columns |= {"external_id": as_texts(ids), "email": as_texts(addresses)}
        self.derived("email_kind", addresses, derive.email_kind, missing="none")
        known = ids if key is not None else addresses
        self.flag("key" if key else "email", "is missing", [value is None for value in known])

    def _profile(self) -> None:
        for name in TEXTS:
            self.columns[name] = as_texts(self.texts(self._field(name)))
        industries = self.texts(self._field("industry"))
        self.columns["industry"] = as_texts([v and v.lower() for v in industries])
        self.derived("seniority", self.columns["job_title"], seniority)
        months = {v: derive.timeline_months(v) for v in self.columns["timeline"].dropna().unique()}
        self.columns["timeline_months"] = self.columns["timeline"].map(months).astype("float64")
        location, country = (
            self.columns["location"],
            self.texts(self._field("country")),
        )
        places = [derive.place(text_or_none(a), b) for a, b in zip(location, country, strict=True)]
        self.columns["country"] = as_texts([code for code, _ in places])
        self.columns["region"] = as_texts([region for _, region in places])
        # What is no country says nothing.
        self.columns["country_said"] = [country_code(words) is not None for words in country]
        # The number as written is kept too: the country it is dialled from may be known already.
        self.columns["phone_said"] = as_texts(self.texts(self._field("phone")))
        self.columns["phone"] = dialled(self.columns["phone_said"], self.columns["country"])
        if not self._context.silent:
            self._refuse_unread(country)
        wanted = self.texts(self._field("service_requirements"))
        self.columns["service_requirements"] = as_texts([_listed(value) for value in wanted])
        for name in COUNTS:
            self.columns[name] = self.whole(name, self.texts(self._field(name)))

    def _refuse_unread(self, countries: Sequence[str | None]) -> None:
        unread = [word is not None and country_code(word) is None for word in countries]
        self.flag(
            "country", "is no country: send its name or its ISO 3166 code, such as DE", unread
        )
        no_number = self.columns["phone_said"].notna() & self.columns["phone"].isna()
        self.flag(
            "phone",
            "is no number in the lead's country, or says none: send it as it is dialled from "
            "abroad, such as +14155550123",
            list(no_number),
        )

    def _budget(self) -> None:
        words = self.texts(self._field("currency"))
        codes = [word and word.upper() for word in words]
        wrong = [code is not None and code not in currencies() for code in codes]
        self.flag("currency", "is no ISO 4217 code such as USD", wrong)
        said = [None if bad else code for bad, code in zip(wrong, codes, strict=True)]
        column = self._field("budget")
        texts = self.texts(column)
        if column is not None and column.currency is not None:
            said = [code or column.currency for code in said]
        budget, currency, named = self.money("budget", texts, said, self._context.currency)
        self.columns["budget"] = budget
        self.columns["budget_currency"] = as_texts(currency)
        self.columns["currency_said"] = [
            code is not None or by_itself for code, by_itself in zip(said, named, strict=True)
        ]

    def _attributes(self) -> None:
        read = {name: self._attribute(name, a) for name, a in self._mapping.attributes.items()}
        values = zip(*read.values(), strict=True) if read else ([] for _ in self._rows)
        self.columns["attributes"] = [
            json.dumps({n: v for n, v in zip(read, row, strict=False) if v is not None})
            for row in values
        ]

    def _attribute(self, name: str, attribute: Attribute) -> list[Any]:
        texts, where = self.texts(attribute), f"attributes.{name}"
        if attribute.kind in LONGEST:
            longest = LONGEST[attribute.kind]
            too_long = [len(value or "") > longest for value in texts]
            self.flag(where, f"is longer than {longest:,} characters", too_long)
            return texts
        if attribute.kind == "date":
            return _iso(self.moments(where, texts, attribute.format, days=True))
        if attribute.kind == "numeric":
            finite = [None if v is None or INFINITE.fullmatch(v) else v for v in texts]
            numbers = self.number(where, finite)
            return [None if value != value else float(value) for value in numbers]
        truths = [_truth(value) for value in texts]
        unread = [v is not None and t is None for v, t in zip(texts, truths, strict=True)]
        self.flag(where, "is neither true nor false", unread)
        return truths

    def _created_at(self, created: CreatedAt | None) -> None:
        import pandas as pd

        now = pd.Timestamp(self._context.now)
        if created is None:
            moments = pd.Series(now, index=range(len(self._rows)))
        elif created.sequence is not None:
            step = pd.Timedelta(created.sequence.every)
            steps = pd.Series(self._numbers, dtype="int64") * step
            steps = -steps if created.sequence.newest_first else steps
            moments = pd.Timestamp(created.sequence.start) + steps
        else:
            texts = self.texts(Column(column=created.column or "", missing=created.missing))
            read = self.moments("created_at", texts, created.format)
            instead = now if created.otherwise == "now" else pd.Timestamp(created.otherwise)
            moments = read.fillna(instead)
        self.columns["created_at"] = moments.astype("datetime64[us, UTC]")

    def _changed_at(self, changed: DateColumn) -> None:
        texts = self.texts(Column(column=changed.column, missing=changed.missing))
        if not self._context.silent:
            alone = [DAY.fullmatch(text or "") is not None for text in texts]
            self.flag("changed_at", "is a day alone: send the moment, with its time zone", alone)
        moments = self.moments("changed_at", texts, changed.format)
        # What was said tomorrow would be the last word until then.
        self.flag("changed_at", "is in the future", list(moments > self._context.now))
        self.columns["changed_at"] = moments.astype("datetime64[us, UTC]")

    def _outcome(self, outcome: Outcome) -> None:
        import pandas as pd

        words = self.texts(Column(column=outcome.column))
        meaning = dict.fromkeys(map(plain_text, outcome.converted), "converted")
        meaning |= dict.fromkeys(map(plain_text, outcome.lost), "lost")
        still_open = {*map(plain_text, outcome.open)}
        known = {*meaning, *still_open}
        unknown = [value is not None and value not in known for value in words]
        self.flag("outcome", "is not among the values the mapping names", unknown)
        ended = as_texts([meaning.get(value or "") for value in words])
        self.columns["still_open"] = [value in still_open for value in words]
        self.columns["said_at"] = pd.Timestamp(self._context.said_at or self._context.now)
        at = self._ended_at(outcome, ended)
        self.columns["outcome"] = ended
        self.columns["occurred_at"] = at.where(ended.notna()).astype("datetime64[us, UTC]")
        texts = self.texts(Column(column=outcome.value) if outcome.value else None)
        codes = [outcome.currency] * len(texts)
        value, currency, _ = self.money("outcome.value", texts, codes, self._context.currency)
        value = value.where(ended == "converted")
        self.columns["value"] = value
        self.columns["value_currency"] = as_texts(currency).where(value.notna())

    def _ended_at(self, outcome: Outcome, ended: "pd.Series[str]") -> "pd.Series[Any]":
        """When each ended: as a column says, else so long after it came in, but not after the file
        came."""
        import pandas as pd

        created, came = self.columns["created_at"], self.columns["said_at"]
        at = pd.Series(pd.NaT, index=created.index, dtype="datetime64[us, UTC]")
        if outcome.at is not None:
            named = Column(column=outcome.at.column, missing=outcome.at.missing)
            written = self.texts(named)
            at = self.moments("outcome.at", written, outcome.at.format)
        self.columns["dated"] = list(at.notna())
        if outcome.after is None:
            self.flag("outcome", "has no date", list(ended.notna() & at.isna()))
            return at
        later = created + pd.Timedelta(outcome.after)
        # A lead of last week that has ended has not done so in two months.
        later = later.where(later <= came, created.where(created > came, came))
        return at.fillna(later)

    def _field(self, name: str) -> Column | None:
        return self._mapping.fields.get(name)  # type: ignore[call-overload, no-any-return]


def dialled(phones: Iterable[Any], countries: Iterable[Any]) -> "pd.Series[str]":
    """Telephone numbers, each dialled from its country, where that is known."""
    return as_texts(
        derive.normalise_phone(text_or_none(phone), text_or_none(country))
        for phone, country in zip(phones, countries, strict=True)
    )


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

"""The parts of a mapping: what one column, date, outcome or look-up file means."""

import codecs
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from features.normal_forms import plain_text
from leadflow.leads.readers.money import Currency
from leadflow.leads.schemas import ProfileField

FieldName = Literal[
    ProfileField,
    "website_visits",
    "email_opens",
    "content_downloads",
]
ROW = "row"
NO_SEPARATORS = '"\r\n\x00'
# Of Python's names those under which no file is written.
NO_ENCODINGS = frozenset(
    ("idna", "punycode", "undefined", "charmap", "unicode-escape", "raw-unicode-escape", "utf-7")
)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+)\s*([smhdw])", str(value).strip())
    if match is None:
        raise ValueError("write a number and a unit: 30s, 32m, 6h, 14d or 2w")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _separator(value: str) -> str:
    if len(value) != 1 or value in NO_SEPARATORS or value.isalnum():
        raise ValueError(
            "write the one character between two values: `,` `;` `|` or a tab, which is "
            '"\\t" in double quotes; or leave it out, and it is found out'
        )
    return value


def text_encoding(value: str) -> str:
    """A name under which text is written in a file, as it is given.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        known = codecs.lookup(value)
        is_one = getattr(known, "_is_text_encoding", True) and known.name not in NO_ENCODINGS
    except (LookupError, ValueError):
        is_one = False
    if not is_one:
        raise ValueError(
            "there is no encoding of this name: write one such as utf-8, utf-16, windows-1252, "
            "iso-8859-2, shift_jis, gb18030 or euc_kr; or leave it out, and it is found out"
        )
    return value


def as_column(value: Any) -> Any:
    """A column's name alone, as the part of a mapping it stands for."""
    return {"column": value} if isinstance(value, str) else value


def as_rep(value: Any) -> Any:
    """A column's name alone, as the one that names the salesperson."""
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
    """A column, its values in other words, and those that stand for nothing. ``currency`` is what a
    budget is counted in where its cells do not say."""

    column: str
    values: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    currency: Currency | None = None


class Attribute(Column):
    """A column kept as an attribute of the lead, and so as a feature.

    ``format`` is how a date is written, as in strptime; ISO 8601 where it is not given. Free text
    is a feature only where ``use`` asks for it: ``words`` learns from its length. ``direction``
    says that a larger number (of a date: one longer ago) never lowers the score, or never raises
    it.
    """

    kind: Literal["numeric", "categorical", "boolean", "date", "text"]
    label: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    dimension: Literal["demographic", "behavioural", "engagement", "fit"] = "fit"
    format: str | None = None
    use: Literal["words"] | None = None
    direction: Literal["up", "down"] | None = None

    @model_validator(mode="after")
    def _fits_the_kind(self) -> Self:
        if self.format is not None and self.kind != "date":
            raise ValueError("only an attribute of kind date has a format")
        if self.currency is not None:
            raise ValueError("only fields.budget and the outcome's value have a currency")
        if self.use is not None and self.kind != "text":
            raise ValueError("only an attribute of kind text has a use")
        if self.direction is not None and self.kind not in ("numeric", "boolean", "date"):
            raise ValueError(
                "only an attribute of kind numeric, boolean or date has a direction; leave it out"
            )
        return self


class DateColumn(Part):
    """A column of dates; ``format`` as in strptime, ISO 8601 where it is not given; ``missing``
    are values that stand for no date."""

    column: str
    format: str | None = None
    missing: tuple[str, ...] = ()


class DateSequence(Part):
    """Dates for a file in date order that has none: one row each ``every`` from ``start`` on, or
    back from it where the file has the newest first."""

    start: Moment
    every: Duration
    newest_first: bool = False


class CreatedAt(Part):
    """When the lead came in: a column of dates, or a sequence."""

    column: str | None = None
    format: str | None = None
    missing: tuple[str, ...] = ()
    otherwise: Moment | Literal["now"] = "now"
    sequence: DateSequence | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.column is None) == (self.sequence is None):
            raise ValueError("give either a column or a sequence")
        return self


class Outcome(Part):
    """How a lead ended, by the values of a column. ``open`` are leads that have not ended. When:
    ``at`` a date, or where there is none, ``after`` so much time since the lead came in."""

    column: str
    converted: tuple[str, ...]
    lost: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    at: Annotated[DateColumn, BeforeValidator(as_column)] | None = None
    after: Duration | None = None
    value: str | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _has_a_date(self) -> Self:
        if self.at is None and self.after is None:
            raise ValueError(
                "say when a lead ended: `at` with a column of dates, or `after` with the time "
                "since it came in, such as 60d, or both, where some rows have no date"
            )
        return self

    @model_validator(mode="after")
    def _a_word_means_one_thing(self) -> Self:
        under: dict[str, str] = {}
        for name in ("converted", "lost", "open"):
            for word in getattr(self, name):
                before = under.setdefault(plain_text(word), name)
                if before != name:
                    raise ValueError(
                        f"{word!r} stands under both `{before}` and `{name}`: leave it under the "
                        "one that it means"
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
    """How a CSV file is written; what is not given is found out from its beginning, or asked for
    where that cannot tell."""

    separator: Annotated[str, AfterValidator(_separator)] | None = None
    encoding: Annotated[str, AfterValidator(text_encoding)] | None = None
    decimal: Literal[".", ","] | None = None

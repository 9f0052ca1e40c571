"""A first mapping for a file nobody has described yet, for a person to correct."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leadflow.leads.files import known_names as known
from leadflow.leads.files.decimal_marks import decimal_mark
from leadflow.leads.files.formats.tables_of_text import Row, Table, UnreadableFile
from leadflow.leads.files.mapping_parts import ROW
from leadflow.leads.files.profiling import Profile, filled_only_where, profile
from leadflow.leads.files.proposed_attributes import (
    attribute,
    date_column,
    free_name,
    placeholders,
    why_not,
)
from leadflow.leads.readers.numbers import DecimalMark
from leadflow.settings import get_settings

SAMPLE = 5000
OLDEST_LOOKED_AT = 60  # days; leads are looked at when they are at most 45 days old


@dataclass(frozen=True)
class Proposed:
    """What a column is to become, and why."""

    column: str
    becomes: str
    why: str


@dataclass(frozen=True)
class Proposal:
    """A mapping's content, the file's rows, and a line for each column."""

    content: dict[str, Any]
    rows: int
    columns: list[Proposed]
    notes: list[str]


def propose(table: Table, source: str, now: datetime) -> Proposal:
    """Propose a mapping from 5,000 rows drawn from all over the file; stores nothing.

    Raises:
        UnreadableFile: it has no rows.
    """
    sample, count = _drawn(table)
    if not count:
        raise UnreadableFile(
            "The file has no rows below its header, so there is nothing to propose."
        )
    return _Proposer(table.columns, sample, count, source, now).proposal()


def _drawn(table: Table) -> tuple[list[Row], int]:
    """A sample in which each row is as likely as any other (reservoir sampling), and the count."""
    draw = random.Random(0)  # noqa: S311 - no secret; the same every time
    sample: list[Row] = []
    count = 0
    for row in table.rows:
        count += 1
        if len(sample) < SAMPLE:
            sample.append(row)
        elif (place := draw.randrange(count)) < SAMPLE:
            sample[place] = row
    return sample, count


class _Proposer:
    def __init__(
        self, columns: Sequence[str], rows: list[Row], count: int, source: str, now: datetime
    ) -> None:
        self._rows, self._count, self._now = rows, count, now
        self._mark = decimal_mark(row.get(name) for row in rows for name in columns)
        mark: DecimalMark = "," if self._mark == "," else "."
        self._open = {name: profile(name, rows, mark) for name in columns}
        self._content: dict[str, Any] = {"source": source}
        self._said: dict[str, Proposed] = {}
        self._order = list(columns)
        self._converted: list[bool] = []
        self._notes: list[str] = []

    def proposal(self) -> Proposal:
        self._key()
        self._outcome()
        self._created_at()
        self._fields()
        self._attributes()
        self._decimal()
        columns = [self._said[column] for column in self._order]
        return Proposal(self._content, self._count, columns, self._notes)

    def _decimal(self) -> None:
        if self._mark == ",":
            self._content["csv"] = {"decimal": ","}
        elif self._mark == "unsure":
            self._notes.append(
                "Numbers such as 5.000 are read as 5. If they are thousands, add to the mapping: "
                'csv: {decimal: ","}'
            )

    def _take(self, column: Profile, becomes: str, why: str) -> str:
        del self._open[column.name]
        self._said[column.name] = Proposed(column.name, becomes, why)
        return column.name

    def _key(self) -> None:
        named = [
            column
            for column in self._open.values()
            if column.unique and column.slug.split("_")[-1] in ("id", "uuid", "key")
        ]
        if named:
            self._content["key"] = self._take(named[0], "key", "an id, different in every row")
        elif self._email() is None:
            self._content["key"] = ROW

    def _email(self) -> Profile | None:
        """By its values, or by its name where some of them are no addresses."""
        columns = self._open.values()
        named = (c for c in columns if c.slug in known.EMAIL_NAMES and c.personal)
        return next((c for c in columns if c.kind == "e-mail"), next(named, None))

    def _outcome(self) -> None:
        column = self._ending()
        if column is None:
            return
        words = {value: "_".join(value.lower().split()) for value in column.values}
        ends = {
            "converted": [value for value, word in words.items() if word in known.CONVERTED],
            "lost": [value for value, word in words.items() if word in known.LOST],
        }
        ends["open"] = [v for v in column.values if v not in ends["converted"] + ends["lost"]]
        self._take(column, "outcome", "tells how a lead ended; check which value means what")
        self._converted = [
            (row.get(column.name) or "").strip() in ends["converted"] for row in self._rows
        ]
        outcome: dict[str, Any] = {"column": column.name, **{k: v for k, v in ends.items() if v}}
        at = self._named(known.ENDS, "date")
        if at is None:
            outcome["after"] = "14d"
        else:
            self._doubt(at)
            self._take(at, "outcome.at", "a date with the name of an end")
            outcome["at"] = date_column(at)
        value = self._named(known.VALUES, "numeric")
        if value is not None:
            outcome["value"] = self._take(value, "outcome.value", "an amount known at the end")
        self._content["outcome"] = outcome

    def _ending(self) -> Profile | None:
        """The column that tells how leads ended: by its name and its values."""
        for name in known.OUTCOMES:
            for column in self._open.values():
                words = {"_".join(value.lower().split()) for value in column.values}
                if column.slug == name and column.distinct <= 12 and words & set(known.CONVERTED):
                    return column
        return None

    def _created_at(self) -> None:
        column = self._named(known.STARTS, "date") or next(
            filter(self._may_begin, self._dates()), None
        )
        if column is None:
            if "outcome" in self._content:
                self._invent_dates()
            return
        self._doubt(column)
        self._take(column, "created_at", "a date of each row")
        self._content["created_at"] = date_column(column)

    def _dates(self) -> list[Profile]:
        return [column for column in self._open.values() if column.kind == "date"]

    def _may_begin(self, column: Profile) -> bool:
        """Whether a date may say when a lead came in: none of them is ahead, no name says other."""
        ahead = column.dates is not None and column.dates.latest > self._now
        return not ahead and not set(column.slug.split("_")) & set(known.OTHER_DATES)

    def _doubt(self, column: Profile) -> None:
        if column.dates is not None and column.dates.unsure:
            self._notes.append(
                f"{column.name}: day and month may be the other way round; check its `format`."
            )

    def _invent_dates(self) -> None:
        """Spread the rows over a year: without dates, before and after cannot be told apart."""
        seconds = max(1, min(3600, 365 * 86400 // (self._count + 1)))
        # All of them lie far enough back to be learned from at once.
        settled = timedelta(days=get_settings().horizon_days + OLDEST_LOOKED_AT)
        start = self._now - settled - timedelta(seconds=seconds * self._count)
        sequence = {"start": f"{start:%Y-%m-%d}", "every": f"{seconds}s"}
        self._content["created_at"] = {"sequence": sequence}
        why = "No date tells when a lead came in" if self._dates() else "The file has no dates"
        self._notes.append(
            f"{why}, so created_at.sequence makes some up, in the order of the rows. Correct its "
            "start and step."
        )

    def _named(self, names: Sequence[str], kind: str) -> Profile | None:
        for name in names:
            for column in self._open.values():
                if column.slug == name and column.kind == kind:
                    return column
        return None

    def _fields(self) -> None:
        fields: dict[str, Any] = {}
        email = self._email()
        if email is not None:
            fields["email"] = self._take(email, "email", "its values are e-mail addresses")
            if email.kind != "e-mail":
                self._notes.append(
                    f"{email.name}: some of its values are no e-mail addresses; their rows will be "
                    "set aside."
                )
        for field, names in known.FIELD_NAMES.items():
            column = self._for_field(field, names)
            if column is not None:
                name, nothing = self._take(column, field, "by its name"), placeholders(column)
                fields[field] = {"column": name, "missing": nothing} if nothing else name
        if fields:
            self._content["fields"] = fields

    def _for_field(self, field: str, names: Sequence[str]) -> Profile | None:
        for name in names:
            for column in self._open.values():
                fits = (column.kind == "numeric") == (field in known.NUMERIC_FIELDS)
                if column.slug == name and (fits or field == "phone") and column.kind != "empty":
                    return column
        return None

    def _attributes(self) -> None:
        attributes: dict[str, dict[str, Any]] = {}
        ignore: dict[str, str] = {}
        for column in list(self._open.values()):
            why = self._why_not(column)
            if why is not None:
                ignore[self._take(column, "not stored", why)] = why
                continue
            name = free_name(column.slug, attributes)
            attributes[name] = attribute(column)
            self._doubt(column)
            said = f"{column.kind}, {column.distinct:,} different values"
            self._take(column, f"attribute {name}", said)
        if attributes:
            self._content["attributes"] = attributes
        if ignore:
            self._content["ignore"] = ignore

    def _why_not(self, column: Profile) -> str | None:
        if column.slug in known.AFTERWARDS:
            return "Perhaps a leak: its name speaks of something known only afterwards."
        if self._converted and filled_only_where(column.name, self._rows, self._converted):
            return "Perhaps a leak: it says something almost only where a lead converted."
        return why_not(column)

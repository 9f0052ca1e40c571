"""When and where each value of a lead was said last, so that an older word never replaces a newer.

A lead keeps a note for each value: the moment, and for a file the import and the row, each of a
fixed length, so that the later of two notes is the greater text. ``*`` stands for all values that
have no note of their own. Values that make sense only together have one note.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ALL = "*"
OUTCOME = "outcome"
ATTRIBUTE = "attributes."
PLACE, BUDGET, COUNTS = "place", "budget", "counts"
# The note that stands for a field, where it has not one of its own.
TOGETHER = {
    "location": PLACE,
    "country": PLACE,
    "budget": BUDGET,
    "currency": BUDGET,
    "website_visits": COUNTS,
    "email_opens": COUNTS,
    "content_downloads": COUNTS,
}
# The columns of a lead whose values a note is about; every other note has its column's name.
COLUMNS: dict[str, tuple[str, ...]] = {
    "email": ("email_kind",),
    "first_name": (),
    "last_name": (),
    "phone": ("has_phone",),
    "company_name": ("company_name",),
    "company_size": ("company_size",),
    "industry": ("industry",),
    "job_title": ("job_title", "seniority"),
    PLACE: ("location", "country", "region"),
    BUDGET: ("budget_minor", "budget_currency"),
    "timeline": ("timeline", "timeline_months"),
    "service_requirements": ("service_requirements",),
    COUNTS: ("website_visits", "email_opens", "content_downloads", "counted_at"),
}
# What says whether there is such a value, where the columns above do not.
SEEN_BY = {"email": ("email_index",)} | {
    name: (name,) for name in ("phone", "first_name", "last_name")
}


@dataclass(frozen=True)
class Origin:
    """Where the rows of a batch are from: the ``source`` that the mapping names, the import, and
    when its file was handed over, which is when it said what it says. ``replaces`` are earlier
    imports of the same file, whose words count as unsaid."""

    source: str
    import_id: str
    handed_over_at: datetime
    replaces: frozenset[str] = frozenset()

    def is_overtaken_by(self, said: str | None, own: str) -> bool:
        """Whether a note is of something that is newer than what a row with the note ``own`` says,
        and not of an import that this one replaces."""
        return (said or "") > own and (said or "").split("|")[1] not in self.replaces


def note(moment: datetime, import_id: str = "", row: int | None = None, source: str = "") -> str:
    """What is kept of a value that was said at this moment."""
    written = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    number = "" if row is None else f"{row:010d}"
    return f"{written}|{import_id}|{number}|{plain_source(source)}"


def plain_source(source: str) -> str:
    """A source as it stands in a note."""
    return source.replace("|", "/")


def names_of(fields: Iterable[str], attributes: Iterable[str]) -> set[str]:
    """The notes for these fields and attributes; what says nothing of the lead has none."""
    given = set(fields)
    # A currency says nothing without a budget: alone it is not stored.
    given -= set() if "budget" in given else {"currency"}
    named = {TOGETHER.get(name, name) for name in given}
    return (named & COLUMNS.keys()) | {ATTRIBUTE + name for name in attributes}


def last_said(lead: Mapping[str, Any], name: str) -> str | None:
    """The note on one value of a lead, given by column; None where it was never said."""
    said, own = lead["said"], lead["said"].get(name)
    if own is not None or name == OUTCOME:
        return own if isinstance(own, str) else None
    if name.startswith(ATTRIBUTE):
        there = name.removeprefix(ATTRIBUTE) in lead["attributes"]
    else:
        there = any(lead[column] is not None for column in SEEN_BY.get(name, COLUMNS[name]))
    every: str | None = said.get(ALL)
    return every if there else None

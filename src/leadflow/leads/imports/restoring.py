"""Giving the values that an import changed back, as they were before it. Works on the objects it is
given; asks and stores nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from leadflow.leads.import_tables import ImportChange
from leadflow.leads.said import ALL, ATTRIBUTE, COLUMNS, OUTCOME, SEEN_BY, last_said
from leadflow.leads.tables import Lead, LeadHistory

MOMENTS = ("counted_at",)
SECRET = ("email", "phone", "first_name", "last_name")
IndexOf = Callable[[str], str]


def said_by(note: str | None, import_id: str) -> bool:
    """Whether a note is of this import."""
    return note is not None and note.split("|")[1] == import_id


def values_of(lead: Lead) -> dict[str, Any]:
    """What ``last_said`` looks at."""
    seen = {column for name, of in COLUMNS.items() for column in SEEN_BY.get(name, of)}
    return {name: getattr(lead, name) for name in ("said", "attributes", *sorted(seen))}


def known_before(row: ImportChange) -> dict[str, Any]:
    """The lead as it was before a change, by column."""
    return row.before | {name: getattr(row, name) for name in SECRET}


def changed_names(rows: Sequence[ImportChange]) -> set[str]:
    """The names of all values that these changes of one lead are about."""
    return {name for row in rows for name in row.said}


def overtaken(lead: Lead, rows: Sequence[ImportChange], undone: Collection[str]) -> set[str]:
    """The values that somebody has said anew since the import did, but for imports that were
    ``undone``."""
    now, unsaid = values_of(lead), {rows[0].inbox_id, *undone}
    said = {name: last_said(now, name) for name in changed_names(rows)}
    return {name for name, note in said.items() if note and note.split("|")[1] not in unsaid}


def give_back(lead: Lead, rows: Sequence[ImportChange], names: set[str], index_of: IndexOf) -> None:
    """Set these values of a lead, and its notes on them, to what they were before the first of the
    changes that is about each."""
    said = dict(lead.said)
    if said_by(said.get(ALL), rows[0].inbox_id):
        said.pop(ALL)
        if ALL in rows[0].before["said"]:
            said[ALL] = rows[0].before["said"][ALL]
    for name in names:
        first = next(row for row in rows if name in row.said)
        _set(lead, first.before, name)
        if name in SECRET:
            setattr(lead, name, getattr(first, name))
        if name == "email":
            lead.email_index = index_of(first.email) if first.email is not None else None
        note = last_said(known_before(first), name)
        said.pop(name, None)
        if note is not None:
            said[name] = note
    lead.said = said


def give_back_past(version: LeadHistory, rows: Sequence[ImportChange], names: set[str]) -> None:
    """The same for an earlier version of the lead, of those values that it has from the import."""
    import_id = rows[0].inbox_id
    for name in names - {OUTCOME}:
        note = version.said.get(name, version.said.get(ALL))
        if said_by(note, import_id):
            _set(version, next(row for row in rows if name in row.said).before, name)


def hand_down(later: ImportChange, row: ImportChange, name: str) -> None:
    """What was before a later change is, without the import, what was before the import."""
    before, earlier = dict(later.before), row.before
    if name.startswith(ATTRIBUTE):
        own = name.removeprefix(ATTRIBUTE)
        kept = {n: v for n, v in before["attributes"].items() if n != own}
        there = {own: earlier["attributes"][own]} if own in earlier["attributes"] else {}
        before["attributes"] = kept | there
    else:
        before |= {column: earlier[column] for column in COLUMNS.get(name, ())}
        if name == "email":
            before["email_index"] = earlier["email_index"]
    if name in SECRET:
        setattr(later, name, getattr(row, name))
    note, said = last_said(known_before(row), name), dict(before["said"])
    said.pop(name, None)
    before["said"] = said | ({} if note is None else {name: note})
    later.before = before


def _set(kept: Lead | LeadHistory, before: Mapping[str, Any], name: str) -> None:
    if name.startswith(ATTRIBUTE):
        own = name.removeprefix(ATTRIBUTE)
        rest = {n: value for n, value in kept.attributes.items() if n != own}
        there = {own: before["attributes"][own]} if own in before["attributes"] else {}
        kept.attributes = rest | there
    for column in COLUMNS.get(name, ()):
        value = before[column]
        is_moment = column in MOMENTS and value is not None
        setattr(kept, column, datetime.fromisoformat(value) if is_moment else value)

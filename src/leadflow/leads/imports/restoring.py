"""Giving the values that an import changed back, as they were before it. Works on the objects it is
given; asks and stores nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from leadflow.leads.columns import NAMES
from leadflow.leads.import_tables import GIVEN_ID, ImportChange
from leadflow.leads.said import ALL, ATTRIBUTE, COLUMNS, OUTCOME, SEEN_BY, last_said
from leadflow.leads.tables import Lead, LeadHistory
from leadflow.privacy.name_index import name_index

EXTERNAL_ID = "external_id"
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
    newer = {name for name, note in said.items() if note and note.split("|")[1] not in unsaid}
    return newer | ({EXTERNAL_ID} if _is_found_by_its_id(lead, rows, unsaid) else set())


def _is_found_by_its_id(lead: Lead, rows: Sequence[ImportChange], unsaid: set[str]) -> bool:
    """Whether a later import has told of a lead that this one gave its id."""
    if _given_id(lead, rows) is None:
        return False
    since = {*lead.said.values()} - {*rows[0].before["said"].values()}
    return bool({note.split("|")[1] for note in since} - {"", *unsaid})


def _given_id(lead: Lead, rows: Sequence[ImportChange]) -> str | None:
    """The id that the import gave the lead, as long as nobody gave it another."""
    given = {row.before.get(GIVEN_ID) for row in rows}
    return lead.external_id if lead.external_id in given else None


def give_back(
    lead: Lead,
    rows: Sequence[ImportChange],
    names: set[str],
    index_of: IndexOf,
    keeps_id: bool = False,
) -> None:
    """Set these values of a lead, and its notes on them, to what they were before the first of the
    changes that is about each; and take the id off it that they gave it, unless it keeps that."""
    if not keeps_id and _given_id(lead, rows) is not None:
        lead.external_id = None
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
        if name in NAMES:
            setattr(lead, f"{name}_index", name_index(getattr(first, name)))
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


def is_about(row: ImportChange, name: str) -> bool:
    """Whether a change is about this value, or gave the lead its id."""
    return name in row.said or (name == EXTERNAL_ID and GIVEN_ID in row.before)


def may_take(later: ImportChange, name: str) -> bool:
    """Whether a later change can take over what was before the import: of an id any can."""
    return name in later.said or name == EXTERNAL_ID


def hand_down(later: ImportChange, row: ImportChange, name: str) -> None:
    """What was before a later change is, without the import, what was before the import."""
    before, earlier = dict(later.before), row.before
    if name == EXTERNAL_ID:
        later.before = before | {name: None, GIVEN_ID: earlier[GIVEN_ID]}
        return
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

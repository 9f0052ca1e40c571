"""Use case: take an import back, as far as nothing newer stands on it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, delete, func, select, text, update
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.database.tables import InboxRow
from leadflow.intake.made_leads import delete_made, stand_on
from leadflow.leads.changes import mark_changed
from leadflow.leads.files.storing.origins import source_of, undone_imports
from leadflow.leads.files.storing.staging import IMPORT_LOCK
from leadflow.leads.import_tables import ImportChange
from leadflow.leads.imports.listing import lock_import
from leadflow.leads.imports.past import in_all_times
from leadflow.leads.imports.restoring import (
    EXTERNAL_ID,
    changed_names,
    give_back,
    give_back_past,
    hand_down,
    is_about,
    may_take,
    overtaken,
)
from leadflow.leads.imports.taking_out import names_taken_out, put_back
from leadflow.leads.outcomes.log import settle
from leadflow.leads.outcomes.tables import OutcomeSaid
from leadflow.leads.said import OUTCOME
from leadflow.leads.service import email_index_of, lock_leads
from leadflow.leads.source_records import look_at
from leadflow.leads.tables import Lead, LeadHistory, QuarantinedRow

AT_A_TIME = 500
Further = Callable[[int, int], None]
ACTOR = "leadflow imports"
# Attributes that no lead has, now or before, and that only this import's mapping told of.
FORGET_UNUSED = text("""
DELETE FROM attribute_definitions AS d WHERE d.name = ANY(:names)
    AND NOT EXISTS (SELECT FROM leads WHERE attributes ? d.name)
    AND NOT EXISTS (SELECT FROM lead_history WHERE attributes ? d.name)
    AND NOT EXISTS (SELECT FROM taken_out_values AS t WHERE t.name = 'attributes.' || d.name)
""")


class AlreadyUndone(RuntimeError):
    """The import was undone before; nothing is left to do."""

    def __init__(self, import_id: str) -> None:
        super().__init__(f"The import {import_id} was undone already; nothing is left to do.")


@dataclass
class Undone:
    """What was taken back: leads that are gone, leads whose values are as before, outcomes and rows
    set aside; and by lead what stays, for something newer stands on it."""

    deleted: int = 0
    restored: int = 0
    outcomes: int = 0
    set_aside: int = 0
    stays: dict[str, list[str]] = field(default_factory=dict)


def undo_import(
    session: Session,
    import_id: str,
    now: datetime,
    actor: str = ACTOR,
    further: Further = lambda through, leads: None,
) -> Undone:
    """Take an import back: the leads it made, the values it changed, the outcomes it told. What
    somebody has said, done or decided since stays, with what it stands on, and is named. The file
    may be imported again afterwards. ``further`` is told now and then of how many of its leads that
    is done.

    Raises:
        NoSuchImport, AlreadyUndone: there is nothing to take back.
    """
    # In the order in which a running import takes the two.
    inbox = lock_import(session, import_id)
    session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))
    if inbox.status == "undone":
        raise AlreadyUndone(import_id)
    undone = undone_imports(session)
    done = Undone(stays=stand_on(session, import_id, undone))
    leads = session.scalar(count_leads(import_id)) or 0
    for deleted in delete_made(session, import_id, list(done.stays)):
        done.deleted += deleted
        further(done.deleted, leads)
    through = done.deleted
    for changes in _by_lead(session, import_id):
        _take_back(session, changes, undone, done, now)
        through += len(changes)
        further(through, leads)
    put_back(session, names_taken_out(session, import_id), import_id)
    _forget(session, inbox, done, now)
    counts = {"deleted": done.deleted, "restored": done.restored, "outcomes": done.outcomes}
    counts |= {"set_aside": done.set_aside, "stays": len(done.stays)}
    audit.record(session, actor, "leads.import_undone", inbox.id, counts)
    # What only this import recorded speaks against nobody any longer.
    look_at(session, [source_of(inbox)], now)
    return done


def count_leads(import_id: str) -> Select[tuple[int]]:
    """How many leads an import made or changed."""
    return select(func.count(ImportChange.lead_id.distinct())).where(
        ImportChange.inbox_id == import_id
    )


def _by_lead(session: Session, import_id: str) -> Iterator[dict[str, list[ImportChange]]]:
    """The import's changes of leads that are still there, in their order, some leads at a time."""
    last = ""
    while True:
        ids = list(
            session.scalars(
                select(ImportChange.lead_id)
                .where(ImportChange.inbox_id == import_id, ImportChange.lead_id > last)
                .distinct()
                .order_by(ImportChange.lead_id)
                .limit(AT_A_TIME)
            )
        )
        if not ids:
            return
        last = ids[-1]
        rows = session.scalars(
            select(ImportChange)
            .where(ImportChange.inbox_id == import_id, ImportChange.lead_id.in_(ids))
            .order_by(ImportChange.id)
        )
        changes: dict[str, list[ImportChange]] = defaultdict(list)
        for row in rows:
            changes[row.lead_id].append(row)
        yield changes


def _take_back(
    session: Session,
    changes: dict[str, list[ImportChange]],
    undone: frozenset[str],
    done: Undone,
    now: datetime,
) -> None:
    """Give the leads that the import changed and did not make their values back."""
    changed = {lead: rows for lead, rows in changes.items() if not any(r.made for r in rows)}
    leads = lock_leads(session, list(changed))
    kept = {one: overtaken(leads[one], rows, undone) for one, rows in changed.items()}
    for lead_id in _free_addresses(session, leads, changed, kept):
        kept[lead_id].add("email")
    told: list[str] = []
    with in_all_times(session):
        for lead_id, rows in changed.items():
            lead, newer = leads[lead_id], kept[lead_id]
            if newer:
                done.stays[lead_id] = [f"{name} was said anew" for name in sorted(newer)]
                _hand_down(session, rows, newer)
            names = changed_names(rows) - newer
            give_back(lead, rows, names, email_index_of, keeps_id=EXTERNAL_ID in newer)
            lead.updated_at = now
            done.restored += bool(names)
            if OUTCOME in names:
                told.append(lead_id)
            past = select(LeadHistory).where(LeadHistory.lead_id == lead_id)
            for version in session.scalars(past):
                give_back_past(version, rows, changed_names(rows))
    if told:
        done.outcomes += _outcomes_back(session, changed[told[0]][0].inbox_id, told)
    mark_changed(session, list(changed), bulk=True)


def _free_addresses(
    session: Session,
    leads: dict[str, Lead],
    changed: dict[str, list[ImportChange]],
    kept: dict[str, set[str]],
) -> set[str]:
    """Take the addresses off the leads that get others back, so that two may change theirs for one
    another's; the leads whose earlier address is somebody else's by now."""
    earlier: dict[str, str] = {}
    for lead_id, rows in changed.items():
        first = next((row for row in rows if "email" in row.said), None)
        if first is not None and "email" not in kept[lead_id] and first.email is not None:
            index = email_index_of(first.email)
            if index != leads[lead_id].email_index:
                earlier[index] = lead_id
    others = select(Lead.email_index).where(
        Lead.email_index.in_(earlier), Lead.id.not_in(earlier.values())
    )
    taken = {earlier.pop(index) for index in session.scalars(others) if index is not None}
    for lead_id in earlier.values():
        leads[lead_id].email = leads[lead_id].email_index = None
    session.flush()
    return taken


def _outcomes_back(session: Session, import_id: str, lead_ids: Sequence[str]) -> int:
    """Take out of the log what the import told of how these leads ended; of how many something else
    holds now."""
    session.execute(
        delete(OutcomeSaid).where(
            OutcomeSaid.inbox_id == import_id, OutcomeSaid.lead_id.in_(lead_ids)
        )
    )
    return len(settle(session, lead_ids))


def _hand_down(session: Session, rows: Sequence[ImportChange], newer: set[str]) -> None:
    """Later imports that changed the same values are undone to what was before this one."""
    later = list(
        session.scalars(
            select(ImportChange)
            .where(
                ImportChange.lead_id == rows[0].lead_id,
                ImportChange.inbox_id != rows[0].inbox_id,
                ImportChange.id > rows[0].id,
            )
            .order_by(ImportChange.id)
        )
    )
    for name in newer - {OUTCOME}:
        first = next(row for row in rows if is_about(row, name))
        after = next((one for one in later if one.id > first.id and may_take(one, name)), None)
        if after is not None:
            hand_down(after, first, name)


def _forget(session: Session, inbox: InboxRow, done: Undone, now: datetime) -> None:
    """The record that the file was imported, its rows set aside, attributes that nobody has."""
    waiting = (QuarantinedRow.inbox_id == inbox.id) & (QuarantinedRow.status == "waiting")
    given_up = update(QuarantinedRow).where(waiting)
    given_up = given_up.values(status="discarded", resolved_at=now, row={})
    done.set_aside = int(session.execute(given_up).rowcount)  # type: ignore[attr-defined]
    session.flush()
    names = list(json.loads(inbox.payload or b"{}").get("attributes", {}))
    session.execute(FORGET_UNUSED, {"names": names})
    session.execute(delete(ImportChange).where(ImportChange.inbox_id == inbox.id))
    inbox.status, inbox.delivery_id = "undone", f"{inbox.delivery_id} undone {inbox.id}"

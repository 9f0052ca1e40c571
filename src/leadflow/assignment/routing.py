"""One lead, in the request that brings it: handed out at once where its rule says so."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.due import is_open, lead_columns, lead_facts
from leadflow.assignment.locks import assignment_lock_within
from leadflow.assignment.plan import Decision, Group
from leadflow.assignment.present import read_present
from leadflow.assignment.rulebook import Rulebook, rulebook, rules_in_use
from leadflow.assignment.service import assign
from leadflow.leads.tables import Lead
from leadflow.rules.service import first_match, lead_source, values_of
from leadflow.settings import Settings

_books: dict[str | None, Rulebook] = {}


def route(session: Session, settings: Settings, lead_id: str, now: datetime) -> Decision | None:
    """Hand a scored lead to somebody if it meets a rule that does so at once; None where it is left
    to the sweep, or is nobody's to have. The caller holds the lead's row.

    Where others hold the assignment lock for too long (a sweep of many leads), it is left too.
    """
    book = _book(session, settings)
    rule = first_match(book.rules, values_of(session, [lead_id], now)[lead_id], now)
    plan = book.plan(None if rule is None else rule.rule_id)
    still_open = select(is_open()).where(Lead.id == lead_id)
    if plan is None or not plan.at_once or not session.scalar(still_open):
        return None
    if not assignment_lock_within(session, settings.assignment_wait_ms):
        return None
    # Somebody may have handed it out while this waited for the lock.
    read = select(*lead_columns()).select_from(lead_source(now))
    row = session.execute(read.where(Lead.id == lead_id, is_open())).first()
    if row is None:
        return None
    present = read_present(session, settings, now)
    lead = lead_facts(row, present.skills, 1.0)
    groups = [Group(plan, [lead])]
    return assign(session, settings, book, present, groups, now, "request", "gateway")[0]


def _book(session: Session, settings: Settings) -> Rulebook:
    """The rules in use, read anew when another version is switched on."""
    key = rules_in_use(session)
    if key not in _books:
        _books.clear()
        _books[key] = rulebook(session, settings)
    return _books[key]

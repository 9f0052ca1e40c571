"""One lead, in the request that brings it: handed out at once where its rule says so."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import event
from sqlalchemy.orm import Session

from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.plan import Choice, Group
from leadflow.assignment.locks import assignment_lock_within
from leadflow.assignment.routing.audit_entries import audit_one
from leadflow.assignment.routing.batch_writer import Batch
from leadflow.assignment.routing.due import facts_at_hand
from leadflow.assignment.routing.refusals import turned_down
from leadflow.assignment.routing.rulebook import Rulebook, rulebook
from leadflow.assignment.routing.single_writer import ensure_batch, write_one
from leadflow.assignment.routing.turn_ledger import fill_ledger, ledger_rows
from leadflow.assignment.team.cached_team import CachedTeam, Newest, cached_team_with
from leadflow.database.copying import ask
from leadflow.database.ids import new_id
from leadflow.leads.tables import Lead
from leadflow.rules.schemas import Rule
from leadflow.rules.service import first_match, values_at_hand, values_of
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.settings import Settings

# Read before the lock: whether there is anything to do. Most requests need no more.
BEFORE = """
SELECT (SELECT id FROM rule_sets WHERE kind = 'assignment' AND active),
    EXISTS (SELECT FROM assignments WHERE lead_id = %(lead)s AND ended_at IS NULL)
    OR EXISTS (SELECT FROM outcomes WHERE lead_id = %(lead)s)
"""
# Read with the lock: somebody may have handed the lead out while this waited.
WITHIN = """
SELECT EXISTS (SELECT FROM assignments WHERE lead_id = %(lead)s AND ended_at IS NULL)
    OR EXISTS (SELECT FROM outcomes WHERE lead_id = %(lead)s),
    EXISTS (SELECT FROM assignments WHERE lead_id = %(lead)s),
    (SELECT jsonb_object_agg(rep_id, open_leads) FROM rep_loads),
    (SELECT jsonb_object_agg(pool, owed) FROM assignment_turns
     WHERE pool IN (%(pool)s::text, %(pool)s::text || ' newcomers')),
    newest.version, newest.created_at
FROM (SELECT 1) AS one
LEFT JOIN (SELECT version, created_at FROM team_versions ORDER BY version DESC LIMIT 1) AS newest
    ON true
"""
_books: dict[str | None, Rulebook] = {}
_written: set[str] = set()


def route(
    session: Session,
    settings: Settings,
    lead: Lead,
    score: LeadScore,
    override: ScoreOverride | None,
    now: datetime,
) -> Choice | None:
    """Hand a lead with its score out if it meets a rule that does so at once; None where it is left
    to the sweep, or is nobody's to have. The caller holds the lead's row; ``override`` is the one
    in force.

    Where others hold the assignment lock for too long (a sweep of many leads), it is left too.
    """
    rules_id, settled = ask(session, BEFORE, {"lead": lead.id})
    if settled:
        return None
    book = _book(session, settings, rules_id)
    rule = _rule(session, book, lead, score, override, now)
    plan = book.plan(None if rule is None else rule.rule_id)
    if plan is None or not plan.at_once:
        return None
    if not assignment_lock_within(session, settings.assignment_wait_ms / 1000):
        return None
    asked = {"lead": lead.id, "pool": plan.actions.terms().pool}
    settled, had_before, loads, turns, version, stored_at = ask(session, WITHIN, asked)
    if settled:
        return None
    newest = None if version is None else (version, stored_at)
    present = cached_team_with(session, settings, newest, loads or {}, now)
    facts = facts_at_hand(lead, score, override, present.skills)
    state = present.state()
    fill_ledger(present.team, state, turns or {})
    refused = turned_down(session, [lead.id]) if had_before else {}
    (made,) = decide([Group(plan, [facts])], present.setting, state, now, refused)
    batch = _batch(settings, present, book, now)
    batch_id = _shared_batch(session, batch, rules_id, newest)
    write_one(session, batch, batch_id, made, ledger_rows(present.team, state))
    audit_one(session, batch, made)
    return made


def _batch(settings: Settings, present: CachedTeam, book: Rulebook, now: datetime) -> Batch:
    return Batch(
        source="request",
        by="gateway",
        at=now,
        team=present.team,
        rules_version=book.version,
        reminder_share=settings.assignment_reminder_share,
    )


def _book(session: Session, settings: Settings, rules_id: str | None) -> Rulebook:
    """The rules in use, read anew when another version is switched on."""
    if rules_id not in _books:
        _books.clear()
        _books[rules_id] = rulebook(session, settings)
    return _books[rules_id]


def _rule(
    session: Session,
    book: Rulebook,
    lead: Lead,
    score: LeadScore,
    override: ScoreOverride | None,
    now: datetime,
) -> Rule | None:
    """The first rule that fits; events are read only for rules that ask for them."""
    if book.asks_for_events:
        values = values_of(session, [lead.id], now)[lead.id]
    else:
        values = values_at_hand(lead, score, override, now)
    return first_match(book.rules, values, now)


def _shared_batch(
    session: Session, batch: Batch, rules_id: str | None, newest: Newest | None
) -> str:
    """The id of the batch that requests share until the team or the rules change; it is written
    where this process has not seen it in the store yet."""
    named = sha256(f"{rules_id}|{newest}".encode()).hexdigest()[:24]
    batch_id = f"batch_{named}" if newest is not None else new_id("batch")
    if batch_id not in _written:
        ensure_batch(session, batch, batch_id)
        event.listen(session, "after_commit", lambda _: _written.add(batch_id), once=True)
    return batch_id

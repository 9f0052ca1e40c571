"""Leads that a request or a batch brings: handed out at once where their rules say so."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.plan import Group, Plan
from leadflow.assignment.locks import assignment_lock_within
from leadflow.assignment.routing.audit_entries import audit_soon
from leadflow.assignment.routing.batch_writer import (
    Batch,
    Given,
    ensure_batch,
    write_decisions,
)
from leadflow.assignment.routing.leftover import without_repeated
from leadflow.assignment.routing.open_leads import LANGUAGE, POSTAL_CODE, lead_snapshot
from leadflow.assignment.routing.refusals import turned_down
from leadflow.assignment.routing.rulebook import Rulebook, plan_of, rulebook
from leadflow.assignment.routing.turn_ledger import NEWCOMERS, fill_ledger, write_ledger
from leadflow.assignment.snapshots import LeadSnapshot
from leadflow.assignment.team.cached_team import CachedTeam, Newest, cached_team_with
from leadflow.audit.context import Acting
from leadflow.conditions.fields import RowsAtHand
from leadflow.database.copying import FEW, ask, sent_together
from leadflow.database.ids import new_id
from leadflow.leads.tables import Lead
from leadflow.observability.steps import step
from leadflow.rules.service import first_match, values_of
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.settings import Settings

# Read before the lock: the rules in use, and which leads there is nothing to do about. ``some``:
# whether any are known; mostly none is, and a plan made while a table was small would look through
# all of it for nothing.
BEFORE = """
SELECT (SELECT id FROM rule_sets WHERE kind = 'assignment' AND active),
    ARRAY(
        SELECT lead_id FROM assignments WHERE %(some)s AND lead_id = ANY(%(known)s)
            AND ended_at IS NULL
        UNION
        SELECT lead_id FROM outcomes WHERE %(some)s AND lead_id = ANY(%(known)s)
    )
"""
# Read with the lock: somebody may have handed a lead out while this waited.
WITHIN = """
SELECT ARRAY(
        SELECT lead_id FROM assignments WHERE %(some)s AND lead_id = ANY(%(known)s)
            AND ended_at IS NULL
        UNION
        SELECT lead_id FROM outcomes WHERE %(some)s AND lead_id = ANY(%(known)s)
    ),
    ARRAY(
        SELECT DISTINCT lead_id FROM assignments WHERE %(some)s AND lead_id = ANY(%(known)s)
    ),
    (SELECT jsonb_object_agg(rep_id, open_leads) FROM rep_loads),
    (SELECT jsonb_object_agg(pool, owed) FROM assignment_turns WHERE pool = ANY(%(pools)s)),
    newest.version, newest.created_at
FROM (SELECT 1) AS one
LEFT JOIN (SELECT version, created_at FROM team_versions ORDER BY version DESC LIMIT 1) AS newest
    ON true
"""
# What a lead without a budget counts as, in units of the currency.
USUAL_VALUE = 1.0
_books: dict[str | None, Rulebook] = {}
_written: set[str] = set()


@dataclass(frozen=True)
class Routable:
    """A lead with its score, the override in force, whether it was known before, and the request
    it came with. The caller holds the lead's row."""

    lead: Lead
    score: LeadScore
    override: ScoreOverride | None = None
    known: bool = True
    request: Acting | None = None

    def columns(self) -> dict[str, Any]:
        """What ``routing.open_leads.lead_columns`` would read."""
        lead, score, override = self.lead, self.score, self.override
        attributes = lead.attributes or {}
        return {
            **{name: getattr(lead, name) for name in OF_LEAD},
            **{name: _text(attributes.get(name)) for name in (POSTAL_CODE, LANGUAGE)},
            "level": override.level if override else score.level,
            "total_score": override.new_score if override else score.total_score,
            "probability": score.probability,
        }


OF_LEAD = (
    "id",
    "country",
    "region",
    "industry",
    "company_size",
    "company_name",
    "service_requirements",
    "budget_minor",
)


@step("hand_out")
def hand_out(
    session: Session, settings: Settings, leads: Sequence[Routable], now: datetime
) -> dict[str, Given]:
    """Hand those of the leads out that meet a rule which does so at once: what was given, by lead.
    A lead that is absent is left to the sweep, or is nobody's to have.

    Where others hold the assignment lock for too long (a sweep of many leads), all are left.
    """
    known = [one.lead.id for one in leads if one.known]
    rules_id, settled = ask(session, BEFORE, {"known": known, "some": bool(known)})
    book = _book(session, settings, rules_id)
    open_leads = [one for one in leads if one.lead.id not in settled]
    by_plan = _by_plan(session, book, open_leads, now)
    return _give(session, settings, (book, rules_id), by_plan, known, now) or {}


def hand_out_by(
    session: Session,
    settings: Settings,
    one: Routable,
    rule_id: str,
    actions: AssignActions,
    now: datetime,
) -> dict[str, Given] | None:
    """Hand one lead out by these actions, whatever the assignment rules say of it: what was given;
    nothing where it has somebody or has ended, or nobody can take it; None where others hold the
    assignment lock for too long. The caller holds its row."""
    rules_id, settled = ask(session, BEFORE, {"known": [one.lead.id], "some": True})
    if one.lead.id in settled:
        return {}
    book = _book(session, settings, rules_id)
    by_plan = [(plan_of(book, rule_id, actions), [one])]
    return _give(session, settings, (book, rules_id), by_plan, [one.lead.id], now)


def _give(
    session: Session,
    settings: Settings,
    rules: tuple[Rulebook, str | None],
    by_plan: list[tuple[Plan, list[Routable]]],
    known: list[str],
    now: datetime,
) -> dict[str, Given] | None:
    """Hand leads out under the lock; None where others hold it for too long."""
    if not by_plan:
        return {}
    if not assignment_lock_within(session, settings.assignment_wait_ms):
        return None
    book, rules_id = rules
    pools = [name for plan, _ in by_plan for name in _pools(plan)]
    asked = {"known": known, "some": bool(known), "pools": pools}
    settled, had_before, loads, turns, version, stored_at = ask(session, WITHIN, asked)
    newest = None if version is None else (version, stored_at)
    team = cached_team_with(session, settings, newest, loads or {}, now)
    groups = [
        Group(plan, [_snapshot(one, team) for one in ones if one.lead.id not in settled])
        for plan, ones in by_plan
    ]
    state = team.state()
    fill_ledger(team.team, state, turns or {})
    refused = turned_down(session, had_before) if had_before else {}
    made = decide(groups, team.setting, state, now, refused)
    batch = _batch(settings, team, book, now)
    fresh = without_repeated(session, made, now)
    batch_id = _shared_batch(session, batch, rules_id, newest)
    leads = (one for _, ones in by_plan for one in ones)
    requests = {one.lead.id: one.request for one in leads if one.request is not None}
    with sent_together(session) if len(fresh) <= FEW else nullcontext():
        given = write_decisions(session, batch, batch_id, fresh)
        write_ledger(session, team.team, state)
        audit_soon(session, batch, made, requests)
    return given


def _by_plan(
    session: Session, book: Rulebook, leads: Sequence[Routable], now: datetime
) -> list[tuple[Plan, list[Routable]]]:
    """The leads that are handed out at once, by the plan of their rule, in the rules' order."""
    rows = [RowsAtHand(one.lead, one.score, one.override, now) for one in leads]
    values = values_of(session, rows, now, stored=book.asks_for_events, asked=book.fields_asked)
    found: dict[str | None, list[Routable]] = defaultdict(list)
    for one in leads:
        rule = first_match(book.rules, values[one.lead.id], now)
        found[None if rule is None else rule.rule_id].append(one)
    order = book.order
    plans = ((book.plan(rule), found[rule]) for rule in sorted(found, key=lambda r: order[r]))
    return [(plan, ones) for plan, ones in plans if plan is not None and plan.at_once]


def _pools(plan: Plan) -> tuple[str, str]:
    pool = plan.actions.terms().pool
    return pool, pool + NEWCOMERS


def _snapshot(one: Routable, team: CachedTeam) -> LeadSnapshot:
    return lead_snapshot(one.columns(), team.skills, USUAL_VALUE)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _batch(settings: Settings, team: CachedTeam, book: Rulebook, now: datetime) -> Batch:
    return Batch(
        source="request",
        by="gateway",
        at=now,
        team=team.team,
        rules_version=book.version,
        reminder_share=settings.assignment_reminder_share,
        minutes_each=settings.minutes_each,
    )


def _book(session: Session, settings: Settings, rules_id: str | None) -> Rulebook:
    """The rules in use, read anew when another version is switched on."""
    if rules_id not in _books:
        _books.clear()
        _books[rules_id] = rulebook(session, settings)
    return _books[rules_id]


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

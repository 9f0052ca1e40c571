"""Rules that open lost leads again: which of them fit, once a lead and rule."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, Text, and_, exists, insert, literal, select
from sqlalchemy.orm import Session

from leadflow.database.ids import new_id
from leadflow.leads.changes import mark_changed
from leadflow.leads.outcomes.log import settle
from leadflow.leads.outcomes.tables import OutcomeSaid
from leadflow.leads.tables import Lead, Outcome
from leadflow.rules.schemas import RuleSet
from leadflow.rules.service import active_rules, lead_source, matching

KIND = "reopening"
RULES = "rules"
# So many a sweep: the next one, a minute later, goes on.
MOST = 5000


class ReopenActions(BaseModel):
    """What happens with a lost lead that a rule meets."""

    model_config = ConfigDict(extra="forbid")

    reopen: Literal[True]


def reopen_by_rules(session: Session, now: datetime) -> int:
    """Open the lost leads again that a rule in use says so of; how many. A rule opens a lead once:
    whoever has it lost again is not contradicted by what is still true of it."""
    stored = active_rules(session, KIND)
    if stored is None:
        return 0
    held = _due(stored.rules, now).order_by(Lead.id).limit(MOST)
    rows = session.execute(held.with_for_update(of=Lead, key_share=True, skip_locked=True)).all()
    if not rows:
        return 0
    said = [
        {
            "id": new_id("said"),
            "lead_id": lead_id,
            "said": "returned",
            "occurred_at": now,
            "dated": True,
            "said_at": now,
            "known_at": now,
            "source": RULES,
            "told_by": rule_id,
        }
        for lead_id, rule_id in rows
    ]
    session.execute(insert(OutcomeSaid), said)
    leads = [row.id for row in rows]
    changed = settle(session, leads)
    mark_changed(session, changed)
    return len(changed)


def reopening_is_due(session: Session, now: datetime) -> bool:
    """Whether a rule would open a lead again."""
    stored = active_rules(session, KIND)
    if stored is None:
        return False
    return session.execute(_due(stored.rules, now).limit(1)).first() is not None


def rules_that_open(
    session: Session, rules: RuleSet | None, now: datetime, last: int
) -> dict[str, str | None]:
    """Of the newest leads that are lost, which rule would open each again; None: none of these.
    Nothing is stored."""
    rule = literal(None, Text) if rules is None else matching(rules, now)
    lost = select(Lead.id).join(Outcome, Outcome.lead_id == Lead.id)
    lost = lost.where(Outcome.outcome == "lost", Outcome.occurred_at < now)
    newest = lost.order_by(Outcome.occurred_at.desc(), Lead.id).limit(last).subquery()
    found = lead_source(now).join(newest, newest.c.id == Lead.id)
    fits = select(Lead.id, rule.label("rule_id")).select_from(found).order_by(Lead.id.desc())
    return dict(session.execute(fits).tuples().all())


def _due(rules: RuleSet, now: datetime) -> Select[Any]:
    rule = matching(rules, now)
    told = exists().where(
        OutcomeSaid.lead_id == Lead.id, OutcomeSaid.source == RULES, OutcomeSaid.told_by == rule
    )
    lost = exists().where(
        and_(Outcome.lead_id == Lead.id, Outcome.outcome == "lost", Outcome.occurred_at < now)
    )
    fits = select(Lead.id, rule.label("rule_id")).select_from(lead_source(now))
    return fits.where(lost, rule.is_not(None), ~told)

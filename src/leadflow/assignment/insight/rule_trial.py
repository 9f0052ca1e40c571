"""Trying rules on the leads of the past before they are switched on: who would have got what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

import numpy as np
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.plan import Choice, State
from leadflow.assignment.routing.open_leads import grouped, lead_columns
from leadflow.assignment.routing.rulebook import Rulebook, as_rulebook, rulebook
from leadflow.assignment.team.cached_team import CachedTeam, read_cached_team
from leadflow.leads.tables import Lead
from leadflow.rules.schemas import RuleSet
from leadflow.rules.service import lead_source, matching
from leadflow.settings import Settings

MOST_LEADS = 5_000
# Room for half as many again, so that rules are compared and not how full people are.
SLACK = 1.5


@dataclass(frozen=True)
class Would:
    """What would have become of a lead: the rule, its strategy, who would have got it and why.
    ``rule_id`` is None for the default and for no rule; ``rep_id`` is None for nobody."""

    rule_id: str | None
    strategy: str | None
    rep_id: str | None
    reason: str


@dataclass(frozen=True)
class Tried:
    """One lead under the rules in use and under the tried ones."""

    lead_id: str
    now: Would
    then: Would

    @property
    def differs(self) -> bool:
        return (self.now.rule_id, self.now.rep_id) != (self.then.rule_id, self.then.rep_id)


@dataclass(frozen=True)
class Trial:
    """All leads tried, the newest first, and how many each salesperson and rule would have got,
    before and after."""

    leads: list[Tried]
    per_rep: dict[str, tuple[int, int]]
    per_rule: dict[str, tuple[int, int]]

    @property
    def changed(self) -> int:
        return sum(lead.differs for lead in self.leads)


def try_rules(
    session: Session, settings: Settings, rules: RuleSet, now: datetime, last: int = 500
) -> Trial:
    """Hand the last leads out twice, by the rules in use and by these; nothing is written.

    Everybody begins with no leads in work and has room enough for all of these, in proportion to
    the capacity: what differs is what the rules say.
    """
    present = read_cached_team(session, settings, now)
    books = rulebook(session, settings), as_rulebook(None, rules, settings)
    order: list[str] = []
    would: list[dict[str, Would]] = []
    for book in books:
        rows = _last_leads(session, book, now, min(last, MOST_LEADS))
        order = [row.id for row in rows]
        groups = grouped(rows, book, present.skills)
        state = _room_for_all(present, len(rows))
        would.append(_outcomes(decide(groups, present.setting, state, now), present))
    nothing = Would(None, None, None, "No rule gives it to anybody.")
    leads = [Tried(lead_id, *(found.get(lead_id, nothing) for found in would)) for lead_id in order]
    return Trial(
        leads=leads,
        per_rep=_before_and_after(leads, lambda one: one.rep_id or "nobody"),
        per_rule=_before_and_after(leads, _rule_name),
    )


def _last_leads(session: Session, book: Rulebook, now: datetime, last: int) -> Sequence[Row[Any]]:
    standing = select(Lead.id).where(Lead.merged_into.is_(None))
    newest = standing.order_by(Lead.created_at.desc(), Lead.id.desc()).limit(last)
    return session.execute(
        select(*lead_columns(), matching(book.rules, now).label("rule_id"))
        .select_from(lead_source(now))
        .where(Lead.id.in_(newest))
        .order_by(Lead.created_at.desc(), Lead.id.desc())
    ).all()


def _room_for_all(present: CachedTeam, leads: int) -> State:
    state = present.state()
    whole = state.limit[np.isfinite(state.limit)].sum()
    state.load[:] = 0
    state.limit *= max(1, ceil(SLACK * leads / whole)) if whole > 0 else 1
    return state


def _outcomes(decisions: Sequence[Choice], present: CachedTeam) -> dict[str, Would]:
    reps = present.team.reps
    return {
        made.lead.lead_id: Would(
            rule_id=made.plan.rule_id,
            strategy=made.plan.strategy,
            rep_id=None if made.rep is None else reps[made.rep].rep_id,
            reason=made.reason,
        )
        for made in decisions
    }


def _rule_name(would: Would) -> str:
    return would.rule_id or ("no rule" if would.strategy is None else "default")


def _before_and_after(leads: Sequence[Tried], key: Any) -> dict[str, tuple[int, int]]:
    before, after = (
        Counter(key(lead.now) for lead in leads),
        Counter(key(lead.then) for lead in leads),
    )
    return {name: (before[name], after[name]) for name in sorted({*before, *after})}

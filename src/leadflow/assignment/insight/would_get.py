"""Who would get a lead that is not there: the rule, the territory, the choice and its reasons, as
a request would decide it now. Nothing is written."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.assignment.choice.decide import decide
from leadflow.assignment.choice.eligibility import constraints
from leadflow.assignment.choice.plan import Choice, Group
from leadflow.assignment.choice.reasons import SHORT
from leadflow.assignment.routing.open_leads import lead_snapshot
from leadflow.assignment.routing.request import Routable
from leadflow.assignment.routing.rulebook import rulebook
from leadflow.assignment.team.cached_team import CachedTeam, read_cached_team
from leadflow.conditions.fields import RowsAtHand
from leadflow.leads.tables import Lead
from leadflow.rules.service import first_match, values_of
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

MOST_OTHERS = 5
# What a lead without a budget counts as, in units of the currency.
USUAL_VALUE = 1.0


@dataclass(frozen=True)
class WouldGet:
    """``rule``: its name, None where no rule gives the lead to anybody; ``territories`` that cover
    it; ``rep_id`` who gets it, None for nobody, and ``reason`` why; ``others`` who could have had
    it, the best first; ``excluded``: how many could not, by why."""

    rule: str | None
    territories: tuple[str, ...]
    rep_id: str | None
    reason: str
    others: tuple[str, ...]
    excluded: tuple[tuple[str, int], ...]


def would_get(
    session: Session, settings: Settings, lead: Lead, score: LeadScore, now: datetime
) -> WouldGet:
    """What would become of this lead with this score, neither of which is in the store."""
    book, team = rulebook(session, settings), read_cached_team(session, settings, now)
    rows = [RowsAtHand(lead, score, None, now)]
    values = values_of(session, rows, now, stored=book.asks_for_events, asked=book.fields_asked)
    rule = first_match(book.rules, values[lead.id], now)
    name = "All other leads" if rule is None else rule.name
    snapshot = lead_snapshot(Routable(lead, score).columns(), team.skills, USUAL_VALUE)
    territories = tuple(sorted(team.setting.covering(snapshot)))
    plan = book.plan(None if rule is None else rule.rule_id)
    if plan is None:
        nobody = "No rule gives such a lead to anybody."
        return WouldGet(None if rule is None else name, territories, None, nobody, (), ())
    (made,) = decide([Group(plan, [snapshot])], team.setting, team.state(), now)
    return _told(made, team, name, territories)


def _told(made: Choice, team: CachedTeam, rule: str, territories: tuple[str, ...]) -> WouldGet:
    reps = team.team.reps
    able = [place for place, mask in enumerate(made.mask) if not mask]
    ranked = sorted(zip(made.judged.totals, able, strict=False), key=lambda one: -one[0])
    others = [reps[place].rep_id for _, place in ranked if place != made.rep]
    why = Counter(SHORT[one] for mask in made.mask if mask for one in constraints(int(mask)))
    return WouldGet(
        rule,
        territories,
        None if made.rep is None else reps[made.rep].rep_id,
        made.reason,
        tuple(others[:MOST_OTHERS]),
        tuple(why.most_common()),
    )

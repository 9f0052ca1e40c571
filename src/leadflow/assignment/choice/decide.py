"""Deciding a whole batch: group after group, lead after lead or all at once. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np

from leadflow.assignment.choice.eligibility import Constraint, Masks, exclusions
from leadflow.assignment.choice.fitness import Fitness
from leadflow.assignment.choice.plan import Choice, Group, Judged, Setting, State
from leadflow.assignment.choice.reasons import because, nobody
from leadflow.assignment.choice.strategies import IN_TURN, Case, Floats, find_strategy, order
from leadflow.assignment.choice.turns import Places, settle, settle_least, shares
from leadflow.assignment.snapshots import LeadSnapshot

NO_CASE = Judged(np.empty(0), np.empty((0, 0)), np.empty(0))


def decide(
    groups: Sequence[Group],
    setting: Setting,
    state: State,
    now: datetime,
    turned_down: Mapping[str, frozenset[str]] | None = None,
) -> list[Choice]:
    """One decision a lead, in the order the leads come; nobody goes over their limit.

    ``state`` is counted up. ``turned_down``: who must not be offered a lead again, by lead.
    """
    decisions: list[Choice] = []
    for group in groups:
        if not group.leads:
            continue
        table = _Table(group, setting, state, now, turned_down)
        chosen = table.solve() if group.plan.strategy == "optimal" else None
        decisions += table.decide(chosen)
    return decisions


class _Table:
    """One group with everything worked out that does not change from lead to lead."""

    def __init__(
        self,
        group: Group,
        setting: Setting,
        state: State,
        now: datetime,
        turned_down: Mapping[str, frozenset[str]] | None,
    ) -> None:
        self.group, self.setting, self.state = group, setting, state
        terms = group.plan.actions.terms()
        self.masks = exclusions(group.leads, setting.people(terms), now, turned_down)
        self.chances = setting.chances(group.leads)
        self.fitness = Fitness.of(setting)
        self.weight = setting.weight
        self.pool = terms.pool
        self.owed, self.least = state.accounts(self.pool)
        self.strategy = find_strategy(group.plan.strategy)

    def solve(self) -> Sequence[int]:
        """The best assignment of the whole group: the place of each lead's salesperson, or -1."""
        from leadflow.assignment.solver.solve import solve

        values = np.array([self._value(lead) for lead in self.group.leads])[:, None] * self.chances
        values = np.where(self.masks == 0, values, np.nan)
        room = np.clip(self.state.limit - self.state.load, 0, len(values))
        actions = self.group.plan.actions
        fair = shares(self.weight * (room > 0)) * len(values)
        if actions.most_share is not None:
            room = np.minimum(room, np.ceil(actions.most_share * fair))
        least = np.where(self.state.newcomer, np.floor(actions.least_share * fair), 0)
        solution = solve(values, room.astype(np.int64), np.minimum(least, room).astype(np.int64))
        return [int(place) for place in solution.rep_of]

    def decide(self, chosen: Sequence[int] | None) -> Iterator[Choice]:
        """Decisions in order; ``chosen``: by the solver, which has seen to the limits itself."""
        for row, lead in enumerate(self.group.leads):
            full = self.state.load >= self.state.limit
            mask: Masks = self.masks[row] | full.astype(np.uint16) * np.uint16(Constraint.FULL)
            who = np.flatnonzero(mask == 0)
            if not len(who):
                reason = nobody(mask)
                yield Choice(lead, self.group.plan, None, reason, mask, NO_CASE)
                continue
            case = self._case(row, lead, who)
            totals, parts = self.strategy(case, self.group.plan.weights)
            judged = Judged(totals, parts, case.free)
            place = who[order(totals, case.free)[0]] if chosen is None else chosen[row]
            yield self._settled(lead, mask, judged, who, int(place))

    def _settled(
        self, lead: LeadSnapshot, mask: Masks, judged: Judged, who: Places, place: int
    ) -> Choice:
        plan = self.group.plan
        if place < 0:
            reason = "All who could take it have no more room: they get other leads of this batch."
            return Choice(lead, plan, None, reason, mask, judged)
        chance = float(judged.parts[np.searchsorted(who, place), 0])
        reason = because(lead, self.setting, place, self.state, plan.strategy, chance)
        self.state.load[place] += 1
        self._settle_turns(who, place)
        return Choice(lead, plan, place, reason, mask, judged)

    def _settle_turns(self, who: Places, place: int) -> None:
        plan, weight = self.group.plan, self.weight[who]
        new = self.state.newcomer[who]
        if plan.strategy in IN_TURN:
            settle(self.owed, who, weight, place)
            self.state.touched.add(self.pool)
        elif plan.strategy == "performance_weighted" and new.any():
            settle_least(self.least, who, plan.actions.least_share * new * shares(weight), place)
            self.state.touched.add(self.pool)

    def _case(self, row: int, lead: LeadSnapshot, who: Places) -> Case:
        return Case(
            skill=self.fitness.skill(lead)[who],
            territory=self.fitness.territory(lead)[who],
            load=self.state.load[who],
            limit=self.state.limit[who],
            owed=self.owed[who],
            least=self.least[who],
            turn=shares(self.weight[who]),
            probability=self._chances_of(row, who),
            value=self._value(lead),
        )

    def _chances_of(self, row: int, who: Places) -> Floats:
        chances: Floats = self.chances[row, who].astype(float)
        return chances

    def _value(self, lead: LeadSnapshot) -> float:
        return lead.value if self.group.plan.actions.value == "budget" else 1.0

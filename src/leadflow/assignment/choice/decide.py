"""Deciding a whole batch: group after group, lead after lead or all at once. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from leadflow.assignment.choice.eligibility import Constraint, Masks, exclusions
from leadflow.assignment.choice.fitness import Fitness
from leadflow.assignment.choice.plan import Choice, Group, Judged, Setting, State
from leadflow.assignment.choice.reasons import because, nobody, strengths
from leadflow.assignment.choice.strategies import IN_TURN, Case, Floats, best, find_strategy
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


@dataclass(frozen=True)
class _Alike:
    """Leads that the same people can have (``who``), with the same skills and territories: what of
    their case stays as leads are handed out. ``strong``: what speaks for whom, by place."""

    who: Places
    wants: frozenset[str]
    areas: frozenset[str]
    skill: Floats
    territory: Floats
    limit: Floats
    turn: Floats
    strong: dict[int, tuple[str, ...]] = field(default_factory=dict)


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
        self.areas = [setting.covering(lead) for lead in group.leads]
        people = setting.people(terms)
        self.masks = exclusions(group.leads, self.areas, people, now, turned_down)
        self.chances = setting.chances(group.leads).astype(float)
        self.fitness = Fitness.of(setting)
        self.weight = setting.weight
        self.pool = terms.pool
        self.owed, self.least = state.accounts(self.pool)
        self.strategy = find_strategy(group.plan.strategy)
        self.full = (state.load >= state.limit) * np.uint16(Constraint.FULL)
        self.alike: dict[tuple[bytes, frozenset[str], frozenset[str]], _Alike] = {}

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
            mask: Masks = self.masks[row] | self.full
            alike = self._alike(mask, lead.wants, self.areas[row])
            if not len(alike.who):
                reason = nobody(mask)
                yield Choice(lead, self.group.plan, None, reason, mask, NO_CASE)
                continue
            case = self._case(row, lead, alike)
            totals, parts = self.strategy(case, self.group.plan.weights)
            judged = Judged(totals, parts, case.free)
            if chosen is None:
                at: int | None = best(totals, case.free)
            elif chosen[row] < 0:
                at = None
            else:
                at = int(np.searchsorted(alike.who, chosen[row]))
            yield self._settled(lead, mask, judged, alike, at)

    def _alike(self, mask: Masks, wants: frozenset[str], areas: frozenset[str]) -> _Alike:
        key = mask.tobytes(), wants, areas
        known = self.alike.get(key)
        if known is None:
            who = np.flatnonzero(mask == 0)
            known = self.alike[key] = _Alike(
                who,
                wants,
                areas,
                skill=self.fitness.skill(wants)[who],
                territory=self.fitness.territory(areas)[who],
                limit=self.state.limit[who],
                turn=shares(self.weight[who]),
            )
        return known

    def _settled(
        self, lead: LeadSnapshot, mask: Masks, judged: Judged, alike: _Alike, at: int | None
    ) -> Choice:
        """``at``: the place of the one chosen among those who can have the lead."""
        plan, state = self.group.plan, self.state
        if at is None:
            reason = "All who could take it have no more room: they get other leads of this batch."
            return Choice(lead, plan, None, reason, mask, judged)
        place = int(alike.who[at])
        if place not in alike.strong:
            rep = self.setting.reps[place]
            alike.strong[place] = strengths(rep, alike.wants, alike.areas)
        load, limit = float(state.load[place]), float(state.limit[place])
        reason = because(
            alike.strong[place], load, limit, plan.strategy, float(judged.parts[at, 0])
        )
        state.load[place] = load + 1
        if load + 1 >= limit:
            self.full[place] = Constraint.FULL
        self._settle_turns(alike, at)
        return Choice(lead, plan, place, reason, mask, judged)

    def _settle_turns(self, alike: _Alike, at: int) -> None:
        plan, who = self.group.plan, alike.who
        if plan.strategy in IN_TURN:
            settle(self.owed, who, alike.turn, at)
            self.state.touched.add(self.pool)
        elif plan.strategy == "performance_weighted":
            new = self.state.newcomer[who]
            if new.any():
                amount = plan.actions.least_share * new * alike.turn
                settle_least(self.least, who, amount, int(who[at]))
                self.state.touched.add(self.pool)

    def _case(self, row: int, lead: LeadSnapshot, alike: _Alike) -> Case:
        who = alike.who
        return Case(
            skill=alike.skill,
            territory=alike.territory,
            load=self.state.load[who],
            limit=alike.limit,
            owed=self.owed[who],
            least=self.least[who],
            turn=alike.turn,
            probability=self.chances[row, who],
            value=self._value(lead),
        )

    def _value(self, lead: LeadSnapshot) -> float:
        return lead.value if self.group.plan.actions.value == "budget" else 1.0

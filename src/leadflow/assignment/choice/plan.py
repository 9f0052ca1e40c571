"""Inputs of a decision, settled beforehand: the rule a lead meets, and the state of the team."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.eligibility import Masks, People, Terms
from leadflow.assignment.choice.rep_effects import RepEffects
from leadflow.assignment.choice.strategies import Floats, HybridWeights, StrategyName
from leadflow.assignment.snapshots import LeadSnapshot, RepSnapshot, TeamSnapshot

Covering = Callable[[LeadSnapshot], frozenset[str]]
Chances = Callable[[Sequence[LeadSnapshot]], NDArray[np.floating]]


@dataclass(frozen=True)
class Plan:
    """The rule that leads have met, with what it left open filled in. ``sla``: minutes by level;
    ``automatic``: nobody named a strategy, and a sweep may choose it."""

    rule_id: str | None
    strategy: StrategyName
    actions: AssignActions
    weights: HybridWeights = field(default_factory=HybridWeights)
    sla: Mapping[str, float] = field(default_factory=dict)
    automatic: bool = False

    def sla_minutes(self, level: str | None) -> float | None:
        """Working minutes to the first touch: the rule's, or what is set for the lead's level."""
        return self.actions.sla_minutes or self.sla.get(level or "")

    @property
    def at_once(self) -> bool:
        """Whether leads are handed out in the request that brings them."""
        if self.actions.at_once is not None:
            return self.actions.at_once
        return self.strategy != "optimal"


@dataclass(frozen=True)
class Group:
    """Leads under one plan, in the order in which they are served."""

    plan: Plan
    leads: Sequence[LeadSnapshot]


@dataclass(frozen=True)
class Judged:
    """The case of every candidate: ``totals`` and the ``free`` share of their capacity
    (candidates,), ``parts`` (candidates, parts)."""

    totals: Floats
    parts: Floats
    free: Floats


@dataclass(frozen=True)
class Choice:
    """Who gets a lead and why. ``rep``: place among the salespeople, None where nobody can.

    ``mask`` says for each salesperson what excluded them, 0 for the candidates, whose case is in
    ``judged``, in order.
    """

    lead: LeadSnapshot
    plan: Plan
    rep: int | None
    reason: str
    mask: Masks
    judged: Judged


@dataclass
class State:
    """How the salespeople stand while a batch is decided; counted up as leads are handed out.

    ``load``, ``limit`` (infinite where there is none): a number each; ``owed`` and ``least``: the
    accounts of each pool (``turns.py``); ``newcomer``: who has too little history to be judged by.
    """

    load: Floats
    limit: Floats
    newcomer: NDArray[np.bool_]
    owed: dict[str, Floats] = field(default_factory=dict)
    least: dict[str, Floats] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def accounts(self, pool: str) -> tuple[Floats, Floats]:
        """What each is owed in a pool, and of the newcomers' least share."""
        size = len(self.load)
        return (
            self.owed.setdefault(pool, np.zeros(size)),
            self.least.setdefault(pool, np.zeros(size)),
        )


@dataclass(frozen=True, eq=False)
class Setting:
    """What a batch is decided within. ``covering``: territories by lead; ``chances``: probability
    of converting, (leads, reps)."""

    reps: tuple[RepSnapshot, ...]
    overlays: frozenset[str]
    covering: Covering
    chances: Chances
    _people: dict[Terms, People] = field(default_factory=dict)

    @cached_property
    def weight(self) -> Floats:
        """Share of the turns against the others; less of it while new."""
        return np.array([rep.weight * rep.ramp_share for rep in self.reps], dtype=float)

    @cached_property
    def limit(self) -> Floats:
        """Most leads in work today; infinite without a limit."""
        limits = [np.inf if rep.limit is None else rep.limit for rep in self.reps]
        return np.array(limits, dtype=float)

    def people(self, terms: Terms) -> People:
        """Who can have what on these terms, kept for the next batch."""
        if terms not in self._people:
            self._people[terms] = People(self.reps, terms)
        return self._people[terms]


def standing(team: TeamSnapshot, newcomers: frozenset[str] = frozenset()) -> State:
    """How the salespeople of a team stand before anything is handed out."""
    return State(
        load=np.array([rep.load for rep in team.reps], dtype=float),
        limit=np.array([np.inf if rep.limit is None else rep.limit for rep in team.reps], float),
        newcomer=np.array([rep.rep_id in newcomers for rep in team.reps], dtype=bool),
    )


def with_effects(effects: RepEffects) -> Chances:
    """The probability of the score, moved by what each salesperson adds to such leads."""

    def chances(leads: Sequence[LeadSnapshot]) -> NDArray[np.floating]:
        own = np.array([lead.probability or 0.0 for lead in leads])
        return effects.probability([lead.segment for lead in leads], own)

    return chances


def score_alone(reps: Sequence[RepSnapshot]) -> Chances:
    """The probability of the score, whoever has the lead: what is said before there is history."""

    def chances(leads: Sequence[LeadSnapshot]) -> NDArray[np.floating]:
        own = np.array([lead.probability or 0.0 for lead in leads], dtype=np.float32)
        return np.repeat(own[:, None], len(reps), axis=1)

    return chances

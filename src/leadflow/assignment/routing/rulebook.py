"""The assignment rules in use: which plan a lead falls under."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.choice.fit_known import AUTOMATIC
from leadflow.assignment.choice.plan import Plan
from leadflow.assignment.choice.strategies import HybridWeights, StrategyName, find_strategy
from leadflow.assignment.tables import Rep, Team
from leadflow.conditions.problems import Problem, nearest
from leadflow.rules.schemas import RuleSet, parse_rules
from leadflow.rules.service import active_rules, fields_asked, reads_store
from leadflow.rules.tables import RuleSetRow
from leadflow.settings import Settings

KIND = "assignment"


def unknown_names(session: Session, rules: RuleSet) -> list[Problem]:
    """Teams and salespeople that rules name and that are not there."""
    teams = set(session.scalars(select(Team.name)))
    reps = {name for row in session.execute(select(Rep.id, Rep.external_id)) for name in row}
    given = [(f"rules[{place}].actions", rule.actions) for place, rule in enumerate(rules.rules)]
    given += [("default", rules.default)] if rules.default is not None else []
    problems = []
    for place, actions in given:
        if not isinstance(actions, AssignActions):
            continue
        for key, names, known in (("teams", actions.teams, teams), ("reps", actions.reps, reps)):
            problems += [
                Problem(f"{place}.{key}[{at}]", f"There is no {name!r}. {nearest(name, known)}")
                for at, name in enumerate(names)
                if name not in known
            ]
    return problems


# What counts until somebody stores rules: every qualified lead is handed out.
BUILT_IN: dict[str, Any] = {
    "rules": [
        {
            "rule_id": "qualified",
            "name": "Hot and warm leads",
            "conditions": {"level": {"operator": "in", "value": ["hot", "warm"]}},
            "actions": {"assign_lead": True},
        }
    ]
}


@dataclass(frozen=True)
class Rulebook:
    """A rule set with the plans it makes. ``version`` is None for the built-in rule."""

    version: int | None
    rules: RuleSet
    strategy: str
    weights: HybridWeights
    sla: tuple[tuple[str, float], ...]

    def plan(self, rule_id: str | None) -> Plan | None:
        """The plan of a rule, or of the default where it is None; None where nobody gets it."""
        return self._plans.get(rule_id)

    @property
    def order(self) -> dict[str | None, int]:
        """Which rule's leads are served first; the default's last."""
        ids = [rule.rule_id for rule in self.rules.in_order]
        return {rule_id: turn for turn, rule_id in enumerate([*ids, None])}

    @cached_property
    def asks_for_events(self) -> bool:
        """Whether some rule goes by events, which are read for such rules alone."""
        return reads_store(self.rules)

    @cached_property
    def fields_asked(self) -> frozenset[str]:
        """The fields that some rule goes by."""
        return fields_asked(self.rules)

    @property
    def assigning(self) -> list[str]:
        """The rules that give leads to salespeople."""
        return [rule_id for rule_id in self._plans if rule_id is not None]

    @property
    def _plans(self) -> dict[str | None, Plan]:
        return _plans(self)

    def __hash__(self) -> int:
        return hash((self.version, self.rules.content_hash, self.strategy, self.weights, self.sla))


@lru_cache(maxsize=16)
def _plans(book: Rulebook) -> dict[str | None, Plan]:
    said = [(rule.rule_id, rule.actions) for rule in book.rules.in_order]
    given: list[tuple[str | None, Any]] = [*said]
    if book.rules.default is not None:
        given.append((None, book.rules.default))
    return {
        rule_id: plan_of(book, rule_id, actions)
        for rule_id, actions in given
        if actions.assign_lead
    }


def plan_of(book: Rulebook, rule_id: str | None, actions: AssignActions) -> Plan:
    """These actions, with what the settings say where they say nothing."""
    return Plan(
        rule_id=rule_id,
        strategy=_strategy(actions.strategy or book.strategy),
        automatic=(actions.strategy or book.strategy) == AUTOMATIC,
        actions=actions,
        weights=actions.hybrid_weights(book.weights),
        sla=dict(book.sla),
    )


def _strategy(name: str) -> StrategyName:
    """What leads are handed out by one at a time; a sweep may choose another for ``automatic``."""
    return "hybrid" if name == AUTOMATIC else cast("StrategyName", name)


def rulebook(session: Session, settings: Settings, strategy: str | None = None) -> Rulebook:
    """The rules in use; ``strategy`` is taken where a rule names none, else the setting's.

    Raises:
        UnknownStrategy: there is no such strategy.
        RuleSetInvalid: the stored rules are no longer understood.
    """
    stored = active_rules(session, KIND)
    if stored is None:
        return as_rulebook(None, _built_in(), settings, strategy)
    return as_rulebook(stored.version, stored.rules, settings, strategy)


def as_rulebook(
    version: int | None, rules: RuleSet, settings: Settings, strategy: str | None = None
) -> Rulebook:
    """These rules with what the settings say where they say nothing."""
    name = strategy or settings.assignment_strategy
    if name != AUTOMATIC:
        find_strategy(name)
    return Rulebook(
        version=version,
        rules=rules,
        strategy=name,
        weights=HybridWeights(
            skill=settings.assignment_weight_skill,
            territory=settings.assignment_weight_territory,
            capacity=settings.assignment_weight_capacity,
            fairness=settings.assignment_weight_fairness,
            performance=settings.assignment_weight_performance,
        ),
        sla=(("hot", settings.sla_hot_minutes), ("warm", settings.sla_warm_minutes)),
    )


def rules_in_use(session: Session) -> str | None:
    """The id of the stored rules in use; None while it is the built-in rule."""
    statement = select(RuleSetRow.id).where(RuleSetRow.kind == KIND, RuleSetRow.active)
    return session.scalars(statement).first()


@lru_cache
def _built_in() -> RuleSet:
    return parse_rules(BUILT_IN, AssignActions)

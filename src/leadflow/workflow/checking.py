"""What must hold of workflow rules beyond their shape: types, names, and no endless circle."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.conditions.problems import Problem, nearest
from leadflow.domain_events.types import DID, SILENT, TYPES
from leadflow.leads.events.types import read_types
from leadflow.rules.schemas import Rule, RuleSet
from leadflow.workflow.catalogue import ACTIONS
from leadflow.workflow.loops import Step, endless
from leadflow.workflow.terms import terms_of

# Of a lead that is gone there is nothing to be done about.
NOT_FOR_RULES = ("lead.deleted",)


def problems(session: Session, rules: RuleSet) -> list[Problem]:
    """Everything that is wrong with a set of workflow rules."""
    found = []
    known = _types(session)
    if rules.default is not None:
        said = "Workflow rules have no default: what no rule acts on is left alone."
        found.append(Problem("default", said))
    for place, rule in enumerate(rules.rules):
        at = f"rules[{place}]"
        for number, name in enumerate(terms_of(rule).on):
            if name not in known:
                said = f"Nothing of the type {name!r} happens. {nearest(name, known)}"
                found.append(Problem(f"{at}.on[{number}]", said))
        for name, said_of_it in _actions(rule):
            for said in ACTIONS[name].problems(session, said_of_it):
                found.append(Problem(f"{at}.actions.{name}", said))
    circle = endless([_step(rule) for rule in rules.in_order], datetime.now(UTC))
    if circle is not None:
        shown = " → ".join([*circle, circle[0]])
        said = f"These rules would set each other off without end: {shown}."
        found.append(Problem("rules", said))
    return found


def _types(session: Session) -> list[str]:
    did = [f"{DID}{name}" for name in read_types(session).by_name]
    return [name for name in TYPES if name not in NOT_FOR_RULES] + [SILENT, *did]


def _actions(rule: Rule) -> list[tuple[str, Any]]:
    said = rule.actions
    named = ((name, getattr(said, name)) for name in type(said).model_fields)
    return [(name, value) for name, value in named if value is not None]


def _step(rule: Rule) -> Step:
    causes: frozenset[str] = frozenset()
    sets: dict[str, Any] = {}
    tells: dict[str, Any] = {}
    for name, said in _actions(rule):
        causes |= ACTIONS[name].causes(said)
        sets |= ACTIONS[name].sets(said)
        tells |= ACTIONS[name].tells(said)
    on = terms_of(rule).types
    return Step(rule.rule_id, on, rule.conditions, causes, sets, tells=tells)

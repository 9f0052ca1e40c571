"""Reading the rules of a kind, with every segment that they name written out."""

import json
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from leadflow.conditions.tree import fields_of
from leadflow.rules.field_catalogue import SEGMENTS, Known, known_names
from leadflow.rules.rule_kinds import RuleKind, kind_of
from leadflow.rules.schemas import RuleSet, parse_rules
from leadflow.rules.segments.expanding import expanded
from leadflow.rules.segments.service import conditions_now


def fields_asked(rules: RuleSet) -> frozenset[str]:
    """The names of all fields that the rules go by."""
    return frozenset(name for rule in rules.rules for name in fields_of(rule.conditions))


def read_rules(session: Session, kind: str, content: Any) -> RuleSet:
    """The rule set of a kind that this content, JSON values, describes, held against the fields,
    attributes, types of events and segments there are; segments are written out.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
        RuleSetInvalid: everything that is wrong, each with its place.
    """
    return written_out(session, parsed(kind_of(kind), content, known_names(session)))


def parsed(kind: RuleKind, content: Any, known: Known | None = None) -> RuleSet:
    """The rule set of a kind that this content describes; segments are left as they are named.

    Raises:
        RuleSetInvalid: everything that is wrong, each with its place.
    """
    return parse_rules(content, kind.actions, known, kind.terms, kind.of_events)


def stored(kind: RuleKind, content: Any) -> RuleSet:
    """The same of content that was read before and stored; it is taken apart once, not each
    time."""
    return _taken_apart(kind, json.dumps(content))


@lru_cache(maxsize=64)
def _taken_apart(kind: RuleKind, written: str) -> RuleSet:
    return parsed(kind, json.loads(written))


def written_out(session: Session, rules: RuleSet) -> RuleSet:
    """The same rules with every segment that they name written out as it is now.

    Raises:
        SegmentsInvalid: they name one that is not there any more.
    """
    if SEGMENTS not in fields_asked(rules):
        return rules
    said = conditions_now(session)
    of_rules = (
        rule.model_copy(update={"conditions": expanded(rule.conditions, said)})
        for rule in rules.rules
    )
    return rules.model_copy(update={"rules": tuple(of_rules)})

"""JSON Schemas of what is set up, by which an editor completes what is typed. What is right is said
by the checks alone."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import BaseModel, TypeAdapter
from sqlalchemy.orm import Session

from leadflow.approvals.policies import Policy
from leadflow.assignment.team.schemas import TerritoryIn
from leadflow.campaigns.definitions.json_schema import json_schema
from leadflow.conditions.operators import OPERATORS
from leadflow.conditions.tree import GROUPS
from leadflow.configuration.kinds import ConfigurationKind
from leadflow.leads.events.own_types import EventTypesIn
from leadflow.rules.field_catalogue import CATALOGUE, FAMILIES, SEGMENTS, known_names
from leadflow.rules.rule_kinds import KINDS, RuleKind
from leadflow.rules.schemas import RuleShape
from leadflow.sources.definitions import Source

Schema = dict[str, Any]
# Said once, for there are hundreds of fields.
TEST = {"$ref": "#/$defs/test"}
OF_TESTS = {
    "test": {
        "type": "object",
        "properties": {"operator": {"enum": list(OPERATORS)}, "value": {}},
    }
}


def schema_of(session: Session, kind: ConfigurationKind) -> Schema:
    """The schema of a text of a kind; of one that has none, that of any text."""
    _, _, of_rules = kind.name.partition("rules/")
    if of_rules in KINDS:
        return _rules(session, KINDS[of_rules])
    made = MADE.get(kind.name)
    return {} if made is None else made(session)


def _rules(session: Session, kind: RuleKind) -> Schema:
    actions = _of(kind.actions)
    rule = _of(RuleShape)
    terms = {} if kind.terms is None else _of(kind.terms)
    said = {"conditions": _conditions(session, kind.of_events), "actions": actions}
    rule["properties"] = rule["properties"] | terms.get("properties", {}) | said
    return _object(rules={"type": "array", "items": rule}, default=actions) | {"$defs": OF_TESTS}


def _segments(session: Session) -> Schema:
    one = _object(description={"type": "string"}, conditions=_conditions(session, False))
    named = {"type": "object", "additionalProperties": one}
    return _object(segments=named) | {"$defs": OF_TESTS}


def _conditions(session: Session, of_events: bool) -> Schema:
    """Fields by their names, each with its tests, and groups of conditions, one deep."""
    known = known_names(session)
    families = {
        prefix + name
        for prefix, family in FAMILIES.items()
        if of_events or not family.of_events
        for name in known[prefix]
    }
    names = sorted({*CATALOGUE, *families, SEGMENTS})
    fields = dict.fromkeys(names, TEST)
    group = {"type": "array", "items": _object(**fields)}
    return _object(**fields, **dict.fromkeys(GROUPS, group))


def _listed(section: str, model: Any, _session: Session) -> Schema:
    return _object(**{section: {"type": "array", "items": _of(model)}})


def _named(section: str, model: Any, _session: Session) -> Schema:
    return _object(**{section: {"type": "object", "additionalProperties": _of(model)}})


def _policies(session: Session) -> Schema:
    made = _listed("policies", Policy, session)
    hours = _object(time_zone={"type": "string"}, hours={}, days_off={})
    made["properties"] |= {"calendar": hours, "priorities": {"type": "object"}}
    return made


def _of(model: type[BaseModel]) -> Schema:
    """A model's schema in which nothing refers to its whole, so that it can stand in another."""
    made = TypeAdapter(model).json_schema(mode="validation")
    whole: Schema = _written_out(made, made.get("$defs", {}), ())
    return whole


def _written_out(part: Any, parts: Schema, within: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_written_out(one, parts, within) for one in part]
    if not isinstance(part, dict):
        return part
    name = str(part.get("$ref", "")).rpartition("/")[2]
    if name in within:
        return {}
    if name in parts:
        return _written_out(parts[name], parts, (*within, name))
    kept = {key: one for key, one in part.items() if key not in ("$defs", "default")}
    return {key: _written_out(one, parts, within) for key, one in kept.items()}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


MADE: dict[str, Callable[[Session], Schema]] = {
    "segments": _segments,
    "policies": _policies,
    "territories": partial(_listed, "territories", TerritoryIn),
    "sources": partial(_named, "sources", Source),
    "event_types": lambda _session: _of(EventTypesIn),
    "campaigns": lambda _session: json_schema(),
}

"""Rules as configuration: of each kind a file, such as ``rules/assignment.yaml``."""

import json
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.conditions.problems import RuleSetInvalid
from leadflow.configuration.kinds import (
    Change,
    ConfigurationKind,
    ContentRefused,
    Stored,
    Unreadable,
)
from leadflow.configuration.reading_order import in_order
from leadflow.rules import service
from leadflow.rules.rule_kinds import RuleKind
from leadflow.rules.tables import RuleSetRow, RuleSwitch
from leadflow.rules.text_format import TextRefused, read_yaml, write_yaml


def configuration_of(kind: RuleKind) -> ConfigurationKind:
    """Rules of this kind as configuration. They cannot be taken out: some version counts."""
    return ConfigurationKind(
        f"rules/{kind.name}",
        "rules.write",
        read,
        write_yaml,
        service.take_turns,
        partial(store, kind),
        partial(in_force, kind),
        partial(changes, kind),
    )


def read(text: str) -> Any:
    """The JSON values of YAML.

    Raises:
        Unreadable: it has what rules do not take, with its line.
    """
    try:
        return read_yaml(text)
    except TextRefused as error:
        raise Unreadable(error.line, error.problems[0].problem) from error


def store(kind: RuleKind, session: Session, content: Any, by: str, now: datetime) -> Stored:
    """Let these rules count, as a new version where they differ from those that do.

    Raises:
        ContentRefused: with everything that is wrong.
    """
    try:
        rules = service.read_rules(session, kind.name, content)
        if kind.check is not None and (problems := kind.check(session, rules)):
            raise ContentRefused(problems)
        if _written(rules.content) == _written(in_force(kind, session, None)):
            return Stored()
        before = service.active_version(session, kind.name)
        version = service.store_rules(session, kind.name, rules, by, None, activate=True)
    except RuleSetInvalid as error:
        raise ContentRefused(error.problems) from error
    return Stored(changed=() if version == before else (f"version {version}",))


def in_force(kind: RuleKind, session: Session, at: datetime | None) -> dict[str, Any] | None:
    """The rules that counted at a moment, None for now."""
    counted = select(RuleSetRow.content).where(RuleSetRow.kind == kind.name)
    if at is None:
        counted = counted.where(RuleSetRow.active)
    else:
        switched = select(RuleSwitch.version).where(
            RuleSwitch.kind == kind.name, RuleSwitch.at <= at
        )
        last = switched.order_by(RuleSwitch.number.desc()).limit(1)
        counted = counted.where(RuleSetRow.version == last.scalar_subquery())
    content = session.scalar(counted)
    content = kind.built_in if content is None else content
    if content is None:
        return None
    own = () if kind.terms is None else kind.terms.model_fields
    keys = ("rule_id", "name", "description", *own, "conditions", "actions", "priority", "active")
    whole = {**content, "rules": [in_order(readable(rule), keys) for rule in content["rules"]]}
    return in_order(whole, ("rules",))


def changes(kind: RuleKind, session: Session, _name: str | None, most: int) -> list[Change]:
    """When which version was switched on, the newest first."""
    switched = select(RuleSwitch.at, RuleSwitch.by).where(RuleSwitch.kind == kind.name)
    newest = switched.order_by(RuleSwitch.number.desc()).limit(most)
    return [Change(*row) for row in session.execute(newest)]


def readable(content: Any) -> Any:
    """The same values with each test as it is spoken: the operator before its value."""
    if isinstance(content, dict):
        inner = {name: readable(value) for name, value in content.items()}
        return in_order(inner, ("operator", "value"))
    return [readable(one) for one in content] if isinstance(content, list) else content


def _written(content: Any) -> str:
    return json.dumps(content, sort_keys=True)

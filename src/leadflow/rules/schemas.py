"""A rule set: rules with their conditions and actions, checked as a whole when it is written."""

import json
from collections.abc import Collection
from functools import cached_property, partial
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, ValidationError

from leadflow.conditions.problems import Problem, RuleSetInvalid, nearest, shown
from leadflow.conditions.storable import unstorable
from leadflow.conditions.tree import Condition, Reader
from leadflow.refusals import sentence
from leadflow.rules.field_catalogue import Known, kinds_of, values_of

Model = TypeVar("Model", bound=BaseModel)
MOST_RULES = 200
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Rule(BaseModel):
    """What is done with the leads of which the conditions hold. Of the rules that fit a lead, the
    one with the highest ``priority`` counts. ``terms``: what its kind of rules says besides."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    rule_id: str
    name: str
    description: str | None
    conditions: SkipValidation[Condition]
    actions: SkipValidation[BaseModel]
    priority: int
    active: bool
    terms: SkipValidation[BaseModel] | None = None


class RuleSet(BaseModel):
    """Rules, and the actions where none of them fits. ``content`` is the JSON it was read from."""

    model_config = ConfigDict(frozen=True)

    rules: tuple[Rule, ...]
    default: SkipValidation[BaseModel] | None
    content: dict[str, Any]

    @cached_property
    def in_order(self) -> tuple[Rule, ...]:
        """The active rules as they are tried: the highest priority first, then by ``rule_id``."""
        active = (rule for rule in self.rules if rule.active)
        return tuple(sorted(active, key=lambda rule: (-rule.priority, rule.rule_id)))

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content, equal however its keys were ordered."""
        written = json.dumps(self.content, sort_keys=True, separators=(",", ":"))
        return sha256(written.encode()).hexdigest()


class RuleShape(BaseModel):
    """A rule as it is written, before its conditions and actions are read."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")
    name: Name
    description: Annotated[str, Field(max_length=2000)] | None = None
    conditions: Any
    actions: Any
    priority: int = Field(default=0, ge=-1_000_000, le=1_000_000)
    active: bool = True


def parse_rules(
    content: Any,
    actions: type[BaseModel],
    known: Known | None = None,
    terms: type[BaseModel] | None = None,
    of_events: bool = False,
) -> RuleSet:
    """The rule set that this content, JSON values, describes: a mapping with ``rules`` and, if
    wanted, ``default`` actions; or the list of rules alone.

    Args:
        actions: what the actions of a rule may say.
        known: the names of attributes and types of events there are
            (``field_catalogue.known_names``), to hold conditions against; None where any is taken.
        terms: further keys of every rule; None where there are none.
        of_events: whether conditions may go by what has just happened.

    Raises:
        RuleSetInvalid: everything that is wrong, each with its place.
    """
    whole = {"rules": content} if isinstance(content, list) else content
    if found := unstorable(whole):
        raise RuleSetInvalid(found)
    allowed = _any if known is None else partial(values_of, known=known)
    kinds = partial(kinds_of, known=known, of_events=of_events)
    reading = _Reading(actions, terms, Reader(kinds, values_of=allowed))
    problems = reading.conditions.problems
    if not isinstance(whole, dict) or not isinstance(whole.get("rules"), list):
        raise RuleSetInvalid([Problem("rules", "Write a list of rules under `rules`.")])
    for key in (key for key in whole if key not in ("rules", "default")):
        said = "There is no such key; a rule set has rules and default."
        problems.append(Problem(str(key), said))
    if len(whole["rules"]) > MOST_RULES:
        problems.append(Problem("rules", f"There may be at most {MOST_RULES} rules."))
    rules = [reading.rule(raw, f"rules[{number}]") for number, raw in enumerate(whole["rules"])]
    default = reading.actions_in(whole["default"], "default") if "default" in whole else None
    problems += _repeated(whole["rules"])
    if problems:
        raise RuleSetInvalid(problems)
    read = tuple(rule for rule in rules if rule is not None)
    return RuleSet(rules=read, default=default, content=whole)


def _any(field: str) -> None:
    """What is stored already goes on counting: any value is taken."""


class _Reading:
    """Reads the rules of one set, whose problems come together."""

    def __init__(
        self, actions: type[BaseModel], terms: type[BaseModel] | None, conditions: Reader
    ) -> None:
        self.actions, self.terms, self.conditions = actions, terms, conditions

    def rule(self, raw: Any, place: str) -> Rule | None:
        """One rule; None where it cannot be used."""
        problems = self.conditions.problems
        if not isinstance(raw, dict):
            problems.append(Problem(place, f"Write a rule, not {shown(raw)}."))
            return None
        own = {} if self.terms is None else self.terms.model_fields
        others = {key: raw[key] for key in raw if key not in own}
        shape = self._validated(RuleShape, others, place, beside=own)
        terms = None
        if self.terms is not None:
            said = {key: raw[key] for key in raw if key in own}
            terms = self._validated(self.terms, said, place)
        conditions = actions = None
        if "conditions" in raw:
            conditions = self.conditions.read(raw["conditions"], f"{place}.conditions")
        if "actions" in raw:
            actions = self.actions_in(raw["actions"], f"{place}.actions")
        if shape is None or conditions is None or actions is None:
            return None
        if self.terms is not None and terms is None:
            return None
        written = shape.model_dump(exclude={"conditions", "actions"})
        return Rule(**written, conditions=conditions, actions=actions, terms=terms)

    def actions_in(self, raw: Any, place: str) -> BaseModel | None:
        """Actions as their room understands them; None where it does not."""
        if not isinstance(raw, dict):
            said = f"Write a mapping of actions, not {shown(raw)}."
            self.conditions.problems.append(Problem(place, said))
            return None
        return self._validated(self.actions, raw, place)

    def _validated(
        self, model: type[Model], raw: dict[str, Any], place: str, beside: Collection[str] = ()
    ) -> Model | None:
        """The model that was written; None where it is none. ``beside``: what may stand there too,
        to suggest it for what may not."""
        try:
            return model.model_validate_json(json.dumps(raw))
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                keys = [*model.model_fields, *beside]
                self.conditions.problems.append(_explained(dict(item), keys, place))
        return None


def _explained(item: dict[str, Any], keys: Collection[str], place: str) -> Problem:
    at = place
    for part in item["loc"]:
        at += f"[{part}]" if isinstance(part, int) else f".{part}"
    said = sentence(item)
    if item["type"] == "extra_forbidden":
        near = f" {nearest(item['loc'][-1], keys)}" if len(item["loc"]) == 1 else ""
        said = f"There is no such key.{near}"
    return Problem(at, said)


def _repeated(rules: list[Any]) -> list[Problem]:
    """Rules whose ``rule_id`` an earlier rule has."""
    first: dict[str, int] = {}
    problems = []
    for number, raw in enumerate(rules):
        rule_id = raw.get("rule_id") if isinstance(raw, dict) else None
        if isinstance(rule_id, str) and first.setdefault(rule_id, number) != number:
            said = f"rules[{first[rule_id]}] has this rule_id too; give each one of its own."
            problems.append(Problem(f"rules[{number}].rule_id", said))
    return problems

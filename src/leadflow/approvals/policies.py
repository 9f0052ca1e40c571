"""Policies: which decisions need whom, by when. Read from YAML, every problem with its place."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from leadflow import plain_yaml
from leadflow.accounts.permissions import Role
from leadflow.approvals.decision_kinds import (
    KINDS,
    asks_nobody_unforeseen,
    declared_facts,
    declared_values,
)
from leadflow.conditions.evaluation import holds
from leadflow.conditions.problems import Problem, nearest, shown
from leadflow.conditions.tree import Group, Reader
from leadflow.conditions.values import ValueKind
from leadflow.hours import Calendar, HoursInvalid, read_calendar
from leadflow.refusals import sentence, without_echoes

SHIPPED = Path(__file__).with_name("policies.yaml")
AtEnd = Literal["reject", "approve_by_silence"]
# What policies may ask about a decision, besides what its kind declares.
FACTS: dict[str, ValueKind] = {
    "change": ValueKind.NUMBER,
    "value": ValueKind.NUMBER,
    "currency": ValueKind.TEXT,
    "audience": ValueKind.NUMBER,
    "spend": ValueKind.NUMBER,
    "priority": ValueKind.TEXT,
    "requester": ValueKind.TEXT,
    "requester_roles": ValueKind.TEXTS,
}
_STRICT = ConfigDict(extra="forbid", frozen=True)


def _each_once(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    return tuple(dict.fromkeys(roles))


# One that stands twice is asked once: people would read that it waits for "admin or admin".
EachOnce = AfterValidator(_each_once)
Roles = Annotated[tuple[Role, ...], Field(min_length=1), EachOnce]


class PoliciesInvalid(ValueError):
    """Policies that cannot be used; ``problems`` has everything that is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        lines = (f"- {found.place}: {found.problem}" for found in problems)
        super().__init__("\n".join(["The policies cannot be used:", *lines]))


class Level(BaseModel):
    """So many people, each with one of these roles, must approve before it goes on."""

    model_config = _STRICT
    roles: Roles
    quorum: int = Field(default=1, ge=1, le=20)


class Policy(BaseModel):
    """Whom a decision needs, if it fits: no levels, and nobody is asked."""

    model_config = _STRICT
    policy: str = Field(pattern="^[a-z][a-z0-9_]{0,62}$")
    decision: str = Field(pattern="^[a-z][a-z0-9_]{0,62}$")
    when: dict[str, Any] | None = None
    levels: tuple[Level, ...] = Field(max_length=10)
    hours: float = Field(default=24, gt=0, le=2000)
    remind_at_share: float = Field(default=0.5, gt=0, lt=1)
    escalate_to: Annotated[tuple[Role, ...], EachOnce] = ()
    at_end: AtEnd = "reject"


class _Calendar(BaseModel):
    model_config = _STRICT
    time_zone: str = "UTC"
    hours: dict[str, list[str]] = Field(default_factory=dict)
    days_off: tuple[datetime, ...] = ()


class _Content(BaseModel):
    model_config = _STRICT
    calendar: _Calendar = _Calendar()
    priorities: dict[str, Annotated[float, Field(gt=0, le=100)]] = Field(default_factory=dict)
    policies: Annotated[tuple[Policy, ...], Field(max_length=500)]


@dataclass(frozen=True)
class Requirement:
    """Whom a decision needs: ``levels`` in order; ``hours`` for each of them, the priority counted;
    then one role of ``escalate_to`` after the other, at last ``at_end``."""

    policy: str
    levels: tuple[Level, ...]
    hours: float
    remind_at_share: float
    escalate_to: tuple[str, ...]
    at_end: AtEnd


@dataclass(frozen=True)
class Policies:
    """A whole version of policies, ready to be asked."""

    content: dict[str, Any]
    calendar: Calendar
    priorities: Mapping[str, float]
    policies: tuple[Policy, ...]
    conditions: Mapping[str, Group] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content, in canonical JSON."""
        return sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()

    def requirement(self, decision: str, facts: Mapping[str, Any], now: datetime) -> Requirement:
        """Whom a decision of this kind needs; the first policy that fits counts, and where none
        does an admin is asked, or nobody where its kind says so."""
        for policy in self.policies:
            group = self.conditions.get(policy.policy)
            if policy.decision == decision and (group is None or holds(group, facts, now)):
                break
        else:
            levels = () if asks_nobody_unforeseen(decision) else (_ADMIN,)
            policy = Policy(policy="unforeseen", decision=decision, levels=levels)
        factor = self.priorities.get(str(facts.get("priority", "normal")), 1.0)
        chain = [role.value for role in policy.escalate_to if role is not Role.ADMIN]
        return Requirement(
            policy=policy.policy,
            levels=policy.levels,
            hours=policy.hours * factor,
            remind_at_share=policy.remind_at_share,
            # An admin always exists: the last one cannot be taken away.
            escalate_to=(*chain, Role.ADMIN.value),
            at_end=policy.at_end,
        )

    def after(self, moment: datetime, hours: float) -> datetime:
        """The moment at which this many working hours have passed."""
        return self.calendar.after(moment, hours * 60)


_ADMIN = Level(roles=(Role.ADMIN,))


def parse_policies(raw: Any) -> Policies:
    """Policies from what a person wrote.

    Raises:
        PoliciesInvalid: with every place that is wrong, and what is.
    """
    problems: list[Problem] = []
    policies = _read(raw, problems)
    for number, policy in enumerate(policies.policies if policies else ()):
        if policy.decision not in KINDS:
            near = nearest(policy.decision, sorted(KINDS))
            said = f"No decision is called {shown(policy.decision)}. {near}"
            problems.append(Problem(f"policies[{number}].decision", said))
    if problems or policies is None:
        raise PoliciesInvalid(problems)
    return policies


def stored_policies(raw: Any) -> Policies:
    """Policies that were stored before: of a decision that there is no more, nobody is asked.

    Raises:
        PoliciesInvalid: they cannot be read any more.
    """
    problems: list[Problem] = []
    policies = _read(raw, problems)
    if problems or policies is None:
        raise PoliciesInvalid(problems)
    return policies


def _read(raw: Any, problems: list[Problem]) -> Policies | None:
    """The policies, unless what is wrong leaves none; says each problem that is found."""
    try:
        content = _Content.model_validate(raw)
    except ValidationError as error:
        problems += [_problem(one) for one in without_echoes(error.errors())]
        return None
    names = [policy.policy for policy in content.policies]
    conditions = {}
    for number, policy in enumerate(content.policies):
        place = f"policies[{number}]"
        if names.index(policy.policy) != number:
            problems.append(Problem(f"{place}.policy", f"{policy.policy} is there twice."))
        if policy.when is not None:
            reader = Reader(_kinds_of, problems, values_of=declared_values)
            conditions[policy.policy] = reader.read(policy.when, f"{place}.when")
    calendar = _calendar(content.calendar, problems)
    if calendar is None:
        return None
    return Policies(raw, calendar, content.priorities, content.policies, conditions)


def read_policies(path: Path) -> Policies:
    """Policies from a YAML file.

    Raises:
        PoliciesInvalid: it is no YAML, or says what cannot be used.
    """
    try:
        raw = plain_yaml.load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PoliciesInvalid([Problem(path.name, f"This is no YAML: {error}")]) from error
    return parse_policies(as_json(raw))


def as_json(raw: Any) -> Any:
    """What YAML says as JSON has it: dates are texts."""
    return json.loads(json.dumps(raw, default=str))


@cache
def shipped() -> Policies:
    """The policies Leadflow begins with."""
    return stored_policies(as_json(plain_yaml.load(SHIPPED.read_text())))


def _calendar(said: _Calendar, problems: list[Problem]) -> Calendar | None:
    off = [(day.date(), day.date()) for day in said.days_off]
    try:
        return read_calendar(said.time_zone, said.hours, off)
    except HoursInvalid as error:
        problems.append(Problem("calendar", str(error)))
        return None


def _kinds_of(name: Any) -> tuple[ValueKind, ...] | str:
    known = FACTS | declared_facts()
    if name in known:
        return (known[name],)
    return f"Nothing called {shown(name)} is known of a decision. {nearest(name, known)}"


def _problem(error: Any) -> Problem:
    place = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]
    ).lstrip(".")
    said = sentence(error)
    if error["type"] == "enum" and {"roles", "escalate_to"} & {*error["loc"]}:
        roles = ", ".join(role.value for role in Role)
        said = f"There is no role {shown(error['input'])}. The roles are {roles}."
    return Problem(place or "policies", said)

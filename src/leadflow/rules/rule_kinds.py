"""The kinds of rule sets: what each is for, and which actions its rules may name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel
from sqlalchemy.orm import Session

from leadflow.conditions.problems import Problem, nearest, shown

if TYPE_CHECKING:
    from leadflow.rules.schemas import RuleSet


class UnknownRuleKind(LookupError):
    """No room uses rules of this kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There are no rules for {shown(kind)}. {nearest(kind, KINDS)}")


# What else a kind's rules must keep, held against the store as they are written.
Check = Callable[[Session, "RuleSet"], list[Problem]]


@dataclass(frozen=True)
class RuleKind:
    """What rules of one kind may say as their actions, declared by the room that carries them out;
    ``check`` says what else must hold of a whole rule set."""

    name: str
    actions: type[BaseModel]
    check: Check | None = None


KINDS: dict[str, type[BaseModel]] = {}
CHECKS: dict[str, Check] = {}


def install(kinds: Iterable[RuleKind]) -> None:
    """Let these be all the kinds of rules there are."""
    given = tuple(kinds)
    KINDS.clear()
    CHECKS.clear()
    KINDS.update({kind.name: kind.actions for kind in given})
    CHECKS.update({kind.name: kind.check for kind in given if kind.check is not None})


def actions_of(kind: str) -> type[BaseModel]:
    """The model of a kind's actions.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
    """
    if kind not in KINDS:
        raise UnknownRuleKind(kind)
    return KINDS[kind]

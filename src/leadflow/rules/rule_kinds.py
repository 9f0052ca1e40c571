"""What rule sets there are: a kind is what the rules are for, and what their actions may say."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.conditions.problems import Problem, nearest, shown

if TYPE_CHECKING:
    from leadflow.rules.schemas import RuleSet


class UnknownRuleKind(LookupError):
    """No room uses rules of this kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There are no rules for {shown(kind)}. {nearest(kind, KINDS)}")


class AnyActions(BaseModel):
    """Actions of a kind whose room has not said yet what it can do."""

    model_config = ConfigDict(extra="allow", frozen=True)


# What else a kind's rules must keep, held against the store as they are written.
Check = Callable[[Session, "RuleSet"], list[Problem]]
CHECKS: dict[str, Check] = {}

# The room that carries the actions out puts its own model in as it is imported.
KINDS: dict[str, type[BaseModel]] = {"assignment": AnyActions}


def actions_of(kind: str) -> type[BaseModel]:
    """The model of a kind's actions.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
    """
    if kind not in KINDS:
        raise UnknownRuleKind(kind)
    return KINDS[kind]

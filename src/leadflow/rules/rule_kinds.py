"""The kinds of rule sets: what each is for, and which actions its rules may name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from leadflow.catalogues import Catalogue
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
    """What rules of one kind may say, declared by the room that carries them out: ``actions``,
    ``terms`` beside the keys that every rule has, and whether conditions may go by what has just
    happened (``event.``). ``check`` says what else must hold of a whole rule set; ``switched`` is
    told of each that is switched on. ``built_in`` are those that count until some are stored."""

    name: str
    actions: type[BaseModel]
    check: Check | None = None
    terms: type[BaseModel] | None = None
    of_events: bool = False
    switched: Callable[[Session, "RuleSet"], None] | None = None
    built_in: Mapping[str, Any] | None = field(default=None, hash=False)


KINDS = Catalogue[RuleKind]("kinds of rules")


def install(kinds: Iterable[RuleKind]) -> None:
    """Let these be all the kinds of rules there are."""
    KINDS.install({kind.name: kind for kind in kinds})


def kind_of(name: str) -> RuleKind:
    """The kind of rules of this name.

    Raises:
        UnknownRuleKind: no room uses rules of this kind.
    """
    if name not in KINDS:
        raise UnknownRuleKind(name)
    return KINDS[name]

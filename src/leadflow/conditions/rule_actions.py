"""What workflow rules can do. Rooms declare actions; the composition root puts them together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session

from leadflow.conditions.values import fold

P = TypeVar("P", bound=BaseModel)


class _Unknown:
    """A value that an action gives a field, and that nobody can tell before."""

    def __repr__(self) -> str:
        return "a value that is not known before"


UNKNOWN: Final = _Unknown()


class _Gone:
    """What is not in a list any more, by an action that causes nothing."""

    def __repr__(self) -> str:
        return "not in the list any more"


GONE: Final = _Gone()


def member(field: str, value: str) -> str:
    """What an action sets that puts one value into a field of many (True) or takes it out
    (``GONE``)."""
    return f"{field}:{fold(value)}"


@dataclass(frozen=True)
class Cause:
    """Why an action is done: the rule, and of which lead; ``key`` is the same however often it is
    tried."""

    rule_id: str
    lead_id: str
    key: str
    at: datetime


@dataclass(frozen=True)
class DoneBy:
    """What an action did, for people who ask why; ``nothing`` says why there was nothing to do.
    ``asked_for``: the key of an act in the outbox that does it, and whose end is the action's."""

    result: Mapping[str, Any]
    nothing: str | None = None
    asked_for: str | None = None


@dataclass(frozen=True)
class RuleAction(Generic[P]):
    """Something a rule on events can do with a lead.

    Args:
        params: what a rule says about it.
        perform: does it in the session given, which commits it together with its record. What
            leaves Leadflow is written to the outbox. The settings are the process's.
        causes: the types of events that it may cause, by what the rule says.
        sets: the fields of conditions that it changes, each with the value it then has, or
            ``UNKNOWN``; of fields of many values each ``member`` too. What is no field of
            conditions may stand there as well, so that doing it again is known to change nothing.
        tells: what is known of the events that it causes: the values that a field of one, such as
            ``event.tag``, may have.
        problems: what the rule names that is not there, in words.
    """

    name: str
    params: type[P]
    perform: Callable[[Session, Any, P, Cause], DoneBy]
    causes: Callable[[P], frozenset[str]] = lambda _: frozenset()
    sets: Callable[[P], Mapping[str, Any]] = lambda _: {}
    tells: Callable[[P], Mapping[str, Sequence[Any]]] = lambda _: {}
    problems: Callable[[Session, P], list[str]] = lambda _session, _said: []


def by_rule(cause: Cause) -> str:
    """Who did it, for the records."""
    return f"rule:{cause.rule_id}"

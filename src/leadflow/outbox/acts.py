"""Acts of the outbox, and their catalogue. Rooms declare them (``declares.py``), the composition
root installs them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from sqlalchemy.orm import Session

from leadflow.catalogues import Catalogue
from leadflow.outbox.lanes import Lane
from leadflow.settings import Settings


class UnknownAct(LookupError):
    """No room declares an act of this name."""


class NotPerformed(RuntimeError):
    """The act surely did not happen; it is tried again later."""


class ReceiverAway(NotPerformed):
    """Nobody answers there, so that the other acts of its lane need not be tried either."""


@dataclass(frozen=True)
class Done:
    """It happened; ``result`` is kept with it."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NothingDone:
    """There was nothing to do, or nobody to tell, and why."""

    why: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unknown:
    """A reconciler cannot say whether the act happened; a person must."""


End = Done | NothingDone
P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True)
class Order:
    """What an act is performed with: the settings, the moment, and the row's own ``key``, the same
    at each attempt, for receivers that honour one."""

    settings: Settings
    now: datetime
    key: str


@dataclass(frozen=True)
class InDatabase(Generic[P]):
    """An act whose whole effect is in Leadflow's own database: ``perform`` writes in the session
    given, which commits it together with its end. So it happens once, whoever dies when."""

    name: str
    lane: Lane
    payload: type[P]
    perform: Callable[[Session, Order, P], End]

    @property
    def repeatable(self) -> bool:
        """A broken claim left nothing behind, so it is simply taken up again."""
        return True


@dataclass(frozen=True)
class Outside(Generic[P]):
    """An act that happens elsewhere; ``perform`` is called outside any transaction.

    ``repeatable``: asking twice does no harm, because the act asks for a state or the receiver
    honours the key. One that is not is never silently asked again: where nobody knows whether it
    happened, it becomes ``uncertain``. ``reconcile`` finds out from the receiver: Done, Unknown,
    or raises NotPerformed where it surely did not happen. ``perform`` raises NotPerformed where it
    surely did not happen (``ReceiverAway``: nobody answers there); every other error of an act
    that is not repeatable leaves it uncertain.
    """

    name: str
    lane: Lane
    payload: type[P]
    perform: Callable[[Order, P], End]
    repeatable: bool
    reconcile: Callable[[Order, P], Done | Unknown] | None = None


Act = InDatabase[Any] | Outside[Any]
ACTS = Catalogue[Act]("acts of the outbox")


def install(acts: Iterable[Act]) -> None:
    """Let these be all the acts there are."""
    ACTS.install({act.name: act for act in acts})


def act_of(name: str) -> Act:
    """The act of this name.

    Raises:
        UnknownAct: no room declares it.
    """
    if name not in ACTS:
        known = ", ".join(sorted(ACTS))
        raise UnknownAct(f"No room declares an act {name}. There are: {known}.")
    return ACTS[name]


def acts_of(lane: str) -> list[Act]:
    """The acts of a lane."""
    return [act for act in ACTS.values() if act.lane.name == lane]

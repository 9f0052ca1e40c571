"""Who may read and change what is set up, and where it is."""

from leadflow.accounts.actors import Actor
from leadflow.configuration.kinds import KINDS, ConfigurationKind
from leadflow.configuration.one_text import NoKind, kind_named
from leadflow.gateway.http.problem import TITLES, Problem
from leadflow.gateway.http.security import refused


def address_of(kind: ConfigurationKind) -> str:
    """A kind in an address, which has no ``/`` in its parts."""
    return kind.name.replace("/", ".")


def readable_kinds(caller: Actor) -> list[ConfigurationKind]:
    """The kinds that somebody may read."""
    return [kind for kind in KINDS.values() if may_read(caller, kind)]


def kind_at(address: str, caller: Actor) -> ConfigurationKind:
    """The kind of an address, which the caller may read.

    Raises:
        Problem: 404, there is none; 403, they may not.
    """
    try:
        kind = kind_named(address.replace(".", "/"))
    except NoKind as error:
        raise Problem(404, *TITLES[404], str(error)) from error
    if not may_read(caller, kind):
        raise refused(caller, _reading(kind))
    return kind


def may_read(caller: Actor, kind: ConfigurationKind) -> bool:
    """Whether somebody may read what is set up of a kind."""
    return caller.reach(_reading(kind)) is not None


def may_change(caller: Actor, kind: ConfigurationKind) -> bool:
    """Whether somebody may change it."""
    return caller.reach(kind.permission) is not None


def _reading(kind: ConfigurationKind) -> str:
    return kind.permission.removesuffix(".write") + ".read"

"""Two texts side by side, and who may read and change what."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from functools import partial

from leadflow.accounts.actors import Actor
from leadflow.configuration.kinds import KINDS, ConfigurationKind
from leadflow.configuration.one_text import NoKind, kind_named
from leadflow.configuration.service import Applicant
from leadflow.gateway.http.problem import TITLES, Problem
from leadflow.gateway.http.security import refused

AROUND = 3


@dataclass(frozen=True)
class DiffLine:
    """A line of what two texts differ in: ``+`` new, ``-`` gone, `` `` the same, ``@`` a gap."""

    sign: str
    words: str


def diff(before: str, after: str) -> list[DiffLine]:
    """What differs, with some lines around; nothing where both are the same."""
    return list(_lines(before, after))


def _lines(before: str, after: str) -> Iterator[DiffLine]:
    found = unified_diff(before.splitlines(), after.splitlines(), n=AROUND, lineterm="")
    for number, line in enumerate(found):
        # The first two name the files.
        if number >= 2:
            yield DiffLine(line[0], "" if line[0] == "@" else line[1:])


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


def applicant(caller: Actor) -> Applicant:
    """Whoever applies, by their own permissions."""
    return Applicant(caller.id, partial(_must_have, caller))


def _reading(kind: ConfigurationKind) -> str:
    return kind.permission.removesuffix(".write") + ".read"


def _must_have(caller: Actor, permission: str) -> None:
    if caller.reach(permission) is None:
        raise refused(caller, permission)

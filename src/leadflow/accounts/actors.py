"""The actor of a request: an authenticated person or program."""

from dataclasses import dataclass, field
from typing import Literal

from leadflow.accounts.permissions import OF_PEOPLE, Reach, reach


@dataclass(frozen=True)
class Actor:
    """``id`` goes into records: a person's id, or ``key:`` and the program's name. ``called`` is
    what requests call them: the username, or that name. ``name``: what people call a person."""

    kind: Literal["person", "key"]
    id: str
    called: str
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    acts_for: frozenset[str] = field(default=frozenset())
    rep_id: str | None = None
    name: str = ""

    def reach(self, permission: str) -> Reach | None:
        """How far it reaches with a permission; None: not at all."""
        if self.kind == "key":
            known = permission in self.scopes and permission not in OF_PEOPLE
            return Reach.ALL if known else None
        return reach(permission, self.roles)

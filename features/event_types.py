"""Types of events, as far as features go by them: what each counts as, and who does it.

Types are data: rooms declare some, a company adds its own. Features never name a company's type;
they count "whatever counts as a website visit".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

Doer = Literal["lead", "rep"]


@dataclass(frozen=True)
class EventType:
    """One type of event.

    ``counts_as`` is the type it is counted with: itself, or one that counts as itself. ``done_by``
    says whether the lead did it or a salesperson with it; a lead is never judged by what
    salespeople did. ``is_touch``: the salesperson got in touch. ``has_features``: how often and how
    long ago it happened are features of their own. ``dimension`` is the one those belong to.
    ``reopens``: a lost lead that does it is open again.
    ``payload_schema`` is the JSON schema that payloads keep; None where anything may be sent.
    """

    name: str
    label: str
    counts_as: str
    dimension: str
    done_by: Doer = "lead"
    is_touch: bool = False
    has_features: bool = False
    payload_schema: Mapping[str, Any] | None = field(default=None, hash=False)
    reopens: bool = False


@dataclass(frozen=True, eq=False)
class EventTypes:
    """All types there are. ``revision`` is another after every change of any of them. Compared by
    identity, so that statements made of it are found again at no cost."""

    revision: int
    types: tuple[EventType, ...]

    @staticmethod
    def of(types: Iterable[EventType], revision: int = 0) -> "EventTypes":
        """These types, in order of their names."""
        return EventTypes(revision, tuple(sorted(types, key=lambda known: known.name)))

    @cached_property
    def by_name(self) -> Mapping[str, EventType]:
        """Each type by its name."""
        return MappingProxyType({known.name: known for known in self.types})

    def counted_as(self, name: str) -> tuple[str, ...]:
        """The types that are counted as this one, itself first even where nobody declared it."""
        others = (t.name for t in self.types if t.counts_as == name and t.name != name)
        return (name, *others)

    @cached_property
    def of_reps(self) -> tuple[str, ...]:
        """What salespeople did: nothing a lead is judged by."""
        return tuple(known.name for known in self.types if known.done_by == "rep")

    @cached_property
    def reopening(self) -> tuple[str, ...]:
        """What a lost lead does when it is back."""
        return tuple(known.name for known in self.types if known.reopens)

    @cached_property
    def touches(self) -> tuple[str, ...]:
        """What counts as getting in touch."""
        return tuple(known.name for known in self.types if known.is_touch)

"""What a trial found: by ids and figures; what leads are called is put in as it is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

MOST_SHOWN, LAST = 20, 500


@dataclass(frozen=True)
class Counted:
    """How often something comes, by what counts today and by what is tried."""

    name: str
    now: int
    then: int


@dataclass(frozen=True)
class CountTable:
    """Counts under a heading; ``of_people``: their names are of salespeople."""

    heading: str
    rows: list[Counted]
    of_people: bool = False


@dataclass(frozen=True)
class Differing:
    """A lead, a decision or a delivery that would go another way. ``who``: what it is called, where
    it is no lead."""

    id: str
    now: str
    then: str
    why: str = ""
    who: str = ""


@dataclass(frozen=True)
class Trial:
    """What was found, in a sentence; counts; some that differ."""

    finding: str
    tables: tuple[CountTable, ...]
    differing: list[Differing]
    notes: tuple[str, ...] = ()


Try = Callable[[Session, Any, datetime], Trial]


def rows_of(said: dict[str, tuple[int, int]], names: dict[str, str]) -> list[Counted]:
    """Counts by name, as people call each."""
    return [Counted(names.get(name, name), *counts) for name, counts in said.items()]

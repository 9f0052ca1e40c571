"""What a decision rests on, at one glance: what it is about, a verdict, a few figures, charts.

By ids and figures only, like all that is asked: names are put in as somebody reads it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from leadflow.charts.figures import Chart


@dataclass(frozen=True)
class Fact:
    """One figure: what it is, its value (an id stands for a name), and a word on it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Evidence:
    """``about`` is what the subject is called, where it is no lead; ``asks`` the question, where
    the first line of the description is another; ``verdict`` a sentence; ``facts`` three at most;
    ``charts`` the one that decides first; ``matter`` the rows worth a look, of many."""

    about: str = ""
    asks: str = ""
    verdict: str = ""
    facts: tuple[Fact, ...] = ()
    charts: tuple[Chart, ...] = ()
    matter: Chart | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Self:
        """From what was kept; nothing of a question that was asked without."""
        if kept is None:
            return cls()
        matter = kept["matter"]
        return cls(
            kept["about"],
            kept["asks"],
            kept["verdict"],
            tuple(Fact(**fact) for fact in kept["facts"]),
            tuple(Chart(**chart) for chart in kept["charts"]),
            None if matter is None else Chart(**matter),
        )

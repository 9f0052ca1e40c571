"""A suspected leak: what a person at the gate is told of a feature that may know the outcome."""

from dataclasses import dataclass
from typing import Literal

LeakKind = Literal[
    "known after the outcome",
    "filled in when converted",
    "filled in when lost",
    "separates",
    "too strong",
    "too good together",
]


@dataclass(frozen=True)
class Leak:
    """A feature that may know the outcome.

    ``figure`` is an AUC for ``separates``, ``too strong`` and ``too good together``, else a share
    of leads; ``words`` says what was seen.
    """

    feature: str
    kind: LeakKind
    words: str
    figure: float

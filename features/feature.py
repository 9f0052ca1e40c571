"""A feature: a name, a dimension, a kind, and its words for a salesperson."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from math import isinf
from typing import Any, Literal

LONGEST_SAID = 80  # characters of a category in a sentence


class Dimension(StrEnum):
    """The five groups that features belong to and that explain a total."""

    DEMOGRAPHIC = "demographic"
    BEHAVIOURAL = "behavioural"
    ENGAGEMENT = "engagement"
    FIT = "fit"
    AI = "ai"


class FeatureKind(StrEnum):
    """How a feature's values are read. Booleans travel as 0.0 and 1.0, missing ones as NaN."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"


Step = Literal["none", "more", "known", "zero"]
Direction = Literal["up", "down", "free"]


@dataclass(frozen=True)
class Feature:
    """One thing known of a lead as of a moment.

    ``says`` is a sentence with ``{value}`` in it; ``says_for`` has sentences for single values
    (as text: ``"company"``, ``"0"``, ``"1"``); ``says_below`` is said of numbers below nil, without
    their sign; ``missing`` where the value is not known. ``whole`` numbers are said rounded down:
    1.9 days ago is yesterday. ``advice`` is what a person can do about it, and ``step`` what that
    would make of the value: one ``more``, ``known`` where it was not, or ``zero``.

    ``direction`` says how a number may count, whatever history holds: a larger one never lowers the
    score (``up``), never raises it (``down``), or either (``free``).
    """

    name: str
    label: str
    dimension: Dimension
    kind: FeatureKind
    says: str = ""
    says_for: Mapping[str, str] = field(default_factory=dict, hash=False)
    missing: str = ""
    whole: bool = False
    advice: str = ""
    step: Step = "none"
    says_below: str = ""
    direction: Direction = "free"

    def to_dict(self) -> dict[str, Any]:
        """The feature as plain data, for keeping beside a model."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Feature":
        """The feature that ``to_dict`` wrote."""
        return Feature(
            **{**data, "dimension": Dimension(data["dimension"]), "kind": FeatureKind(data["kind"])}
        )

    def sentence(self, value: object) -> str:
        """This feature's value in words, for instance ``Visited the website 8 times``."""
        if value is None or value != value:  # NaN is the only value unequal to itself
            return self.missing or f"{self.label} not known"
        if isinstance(value, (int, float)) and not isinf(value):
            return self._of_number(float(int(value)) if self.whole else value)
        said = str(value)
        if len(said) > LONGEST_SAID:
            said = said[: LONGEST_SAID - 1] + "…"
        return self.says_for.get(str(value)) or self._with(self.says, said)

    def _of_number(self, value: float) -> str:
        key = f"{value:g}"
        if key in self.says_for:
            return self.says_for[key]
        if self.kind is FeatureKind.BOOLEAN:
            return self._with(self.says, "yes" if value else "no")
        if self.kind is FeatureKind.NUMERIC:
            below = bool(self.says_below) and value < 0
            size = abs(value) if below else value
            return self._with(self.says_below if below else self.says, _digits(size))
        return self._with(self.says, key)

    def _with(self, sentence: str, value: str) -> str:
        # A label is a company's own words and may hold braces, so it is no format string.
        return (sentence or f"{self.label}: {{value}}").replace("{value}", value)


def _digits(value: float) -> str:
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"

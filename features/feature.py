"""What a feature is: a name, a dimension, a kind, and what it says to a salesperson."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Dimension(StrEnum):
    """The five groups that features belong to and that explain a total."""

    DEMOGRAPHIC = "demographic"
    BEHAVIOURAL = "behavioural"
    ENGAGEMENT = "engagement"
    FIT = "fit"
    AI = "ai"


class Kind(StrEnum):
    """How a feature's values are read. Booleans travel as 0.0 and 1.0, missing ones as NaN."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"


Step = Literal["none", "more", "known", "zero"]


@dataclass(frozen=True)
class Feature:
    """One thing known of a lead as of a moment.

    ``says`` is a sentence with ``{value}`` in it; ``says_for`` has sentences for single values
    (as text: ``"company"``, ``"0"``, ``"1"``); ``missing`` is said where the value is not known.
    ``whole`` numbers are said rounded down: 1.9 days ago is yesterday. ``advice`` is what a person
    can do about it, and ``step`` what that would make of the value: one ``more``, ``known`` where
    it was not, or ``zero``.
    """

    name: str
    label: str
    dimension: Dimension
    kind: Kind
    says: str = ""
    says_for: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""
    whole: bool = False
    advice: str = ""
    step: Step = "none"

    def to_dict(self) -> dict[str, Any]:
        """The feature as plain data, for keeping beside a model."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "Feature":
        """The feature that ``to_dict`` wrote."""
        return Feature(
            **{**data, "dimension": Dimension(data["dimension"]), "kind": Kind(data["kind"])}
        )

    def sentence(self, value: object) -> str:
        """This feature's value in words, for instance ``Visited the website 8 times``."""
        if value is None or value != value:  # NaN is the only value unequal to itself
            return self.missing or f"{self.label} not known"
        if self.whole and isinstance(value, float):
            value = float(int(value))
        key = f"{value:g}" if isinstance(value, (int, float)) else str(value)
        if key in self.says_for:
            return self.says_for[key]
        if self.kind is Kind.NUMERIC and isinstance(value, (int, float)):
            key = f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"
        elif self.kind is Kind.BOOLEAN:
            key = "yes" if value else "no"
        return (self.says or f"{self.label}: {{value}}").format(value=key)

"""The steps that would raise a lead's score most, among things that a person can influence."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.feature import Feature, FeatureKind
from models.scores import Scorer

MOST = 3
LEAST_POINTS = 0.5


@dataclass(frozen=True)
class Raise:
    """A step a person can take, and how many points it would add to the lead's score."""

    feature: str
    advice: str
    points: float


def what_would_raise(scorer: Scorer, values: Mapping[str, object]) -> list[Raise]:
    """Up to three steps, the best first, each tried on the scorer with everything else as it is.

    A count grows by one; what is not known is taken as its usual value. A step that would not add
    half a point is left out.
    """
    now = float(scorer.score_one(values).points[0])
    found = []
    for feature in scorer.features:
        changed = _changed(scorer, feature, values.get(feature.name))
        if changed is None:
            continue
        gain = float(scorer.score_one({**values, feature.name: changed}).points[0]) - now
        if gain >= LEAST_POINTS:
            found.append(Raise(feature.name, feature.advice, round(gain, 1)))
    return sorted(found, key=lambda step: -step.points)[:MOST]


def _changed(scorer: Scorer, feature: Feature, value: object) -> object | None:
    """The value after the step; None where there is no step to take."""
    unknown = value is None or value != value
    if feature.step == "known":
        return scorer.usual(feature.name) if unknown else None
    if feature.step == "zero":
        return None if unknown or value == 0 else 0.0
    if feature.step == "more":
        known = float(value) if isinstance(value, (int, float)) and not unknown else 0.0
        return None if feature.kind is FeatureKind.BOOLEAN and known >= 1 else known + 1.0
    return None

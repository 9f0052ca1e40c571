"""The expert rubric: scores while there is too little history to learn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from features.definitions import DEFINITIONS
from features.feature import Dimension, Feature, FeatureKind
from features.recorded import NOT_RECORDED, bit
from models.additive import AdditiveModel, Curve
from models.calibration import NOT_ENOUGH, Calibration, logit
from models.encoding import Encoding
from models.rubric_model import RubricModel
from models.scorecard import Part, Scorecard
from models.scores import POINTS_PER_LOG_ODDS, Regime, Scores

__all__ = ["NOT_ENOUGH", "SHIPPED", "Rubric", "RubricInvalid"]

SHIPPED = Path(__file__).parent / "rubric.yaml"
SILENCE = "days_since_active"


class RubricInvalid(ValueError):
    """The rubric file is not one; the message names the place."""


@dataclass(frozen=True)
class Rubric:
    """Points by feature, written by people, on the scale of every scorecard.

    The probability is a guess from ``base_rate``; its interval spans a quarter to four times the
    odds, and the confidence says that there is not enough history. ``content`` is the file as it
    was written; the version carries the beginning of its SHA-256.
    """

    version: str
    base_rate: float
    part: Part
    content: str
    regime: Regime = "rubric"

    @staticmethod
    def load(path: Path = SHIPPED) -> "Rubric":
        """Read a rubric from a YAML file.

        Raises:
            RubricInvalid: an unknown feature, bands out of order, or a missing key.
        """
        return Rubric.parse(path.read_text(), path.name)

    @staticmethod
    @lru_cache(maxsize=8)
    def parse(content: str, name: str = "rubric") -> "Rubric":
        """Read a rubric from YAML; the same text is read once, as every start of what scores does.

        Raises:
            RubricInvalid: an unknown feature, bands out of order, or a missing key.
        """
        try:
            data = yaml.safe_load(content)
            base_rate = float(data["base_rate"])
            if not data["features"] or not 0 < base_rate < 1:
                raise RubricInvalid("needs at least one feature, and a base_rate between 0 and 1.")
            version = f"{data['version']}-{sha256(content.encode()).hexdigest()[:8]}"
            part = _part(data["features"], data.get("bounds", {}), base_rate)
            return Rubric(version, base_rate, part, content)
        except RubricInvalid as error:
            raise RubricInvalid(f"{name}: {error}") from None
        except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            raise RubricInvalid(
                f"{name} needs version, base_rate and features, each well formed: {error}"
            ) from error

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features it looks at."""
        return self.part.encoding.features

    def score(self, frame: pd.DataFrame) -> Scores:
        """Score a frame of features, one row a lead.

        Raises:
            FeaturesMissing: the frame lacks a feature's column.
        """
        return self.scorecard.score(frame)

    def score_rows(self, leads: Sequence[Mapping[str, object]]) -> Scores:
        """Score n leads from their features by name."""
        return self.scorecard.score_rows(leads)

    def score_one(self, values: Mapping[str, object]) -> Scores:
        """Score one lead from its features by name."""
        return self.scorecard.score_one(values)

    def usual(self, name: str) -> object | None:
        """Always None: a rubric has seen no leads."""
        return None

    @cached_property
    def scorecard(self) -> Scorecard:
        """The rubric as a scorecard that has no history."""
        return Scorecard(
            parts=(self.part,),
            calibration=Calibration(1.0, 0.0),
            reference=_log_odds(self.base_rate),
            name="expert rubric",
            regime="rubric",
            version=self.version,
        )


def _part(
    rules: Mapping[str, Mapping[str, Any]], bounds: Mapping[str, Any], base_rate: float
) -> Part:
    features = [_feature(name, rule) for name, rule in rules.items()]
    half_lives = {
        place: float(rule["half_life_days"])
        for place, rule in enumerate(rules.values())
        if "half_life_days" in rule
    }
    names = [feature.name for feature in features]
    curves = [_curve(f, rules[f.name]) for f in features]
    if half_lives and SILENCE not in names:
        features.append(_known(SILENCE))
        curves.append(Curve((), (0.0,), 0.0))
        names.append(SILENCE)
    bits = {place: bit(name) for place, name in enumerate(names) if bit(name)}
    features.append(NOT_RECORDED)
    curves.append(Curve((), (0.0,), 0.0))
    categories = {
        f.name: tuple(str(value) for value in rules[f.name]["values"])
        for f in features
        if f.kind is FeatureKind.CATEGORICAL
    }
    model = RubricModel(
        AdditiveModel(_log_odds(base_rate), tuple(curves)),
        half_lives,
        names.index(SILENCE) if half_lives else None,
        tuple(_bound(Dimension(name), limits, features) for name, limits in bounds.items()),
        bits,
        len(names),
    )
    return Part(1.0, Encoding(tuple(features), categories), model)


def _bound(
    dimension: Dimension, limits: Any, features: list[Feature]
) -> tuple[tuple[int, ...], float, float]:
    low, high = (float(limit) / POINTS_PER_LOG_ODDS for limit in limits)
    if not low <= 0 <= high:
        raise RubricInvalid(f"the bounds of {dimension} must stand around 0.")
    places = tuple(place for place, f in enumerate(features) if f.dimension is dimension)
    return places, low, high


def _known(name: str) -> Feature:
    known = {definition.feature.name: definition.feature for definition in DEFINITIONS}
    if name not in known:
        raise RubricInvalid(f"there is no feature {name}.")
    return known[name]


def _feature(name: str, rule: Mapping[str, Any]) -> Feature:
    """The feature that a rule is for, once the rule is found to be one."""
    try:
        bands = [(float(start), float(points)) for start, points in rule.get("bands", [])]
        values = [float(points) for points in rule.get("values", {}).values()]
        float(rule.get("missing", 0))
        if float(rule.get("half_life_days", 1)) <= 0:
            raise RubricInvalid(f"half_life_days of {name} must be more than 0.")
    except (AttributeError, TypeError, ValueError) as error:
        raise RubricInvalid(f"{name} is malformed: {error}.") from error
    starts = [start for start, _ in bands]
    if starts != sorted(starts) or bool(bands) == bool(values):
        raise RubricInvalid(f"{name} needs values, or bands in order.")
    if not name.startswith("attributes."):
        return _known(name)
    kind = FeatureKind.NUMERIC if bands else FeatureKind.CATEGORICAL
    named = name.removeprefix("attributes.").replace("_", " ").capitalize()
    dimension = Dimension(rule.get("dimension", "fit"))
    return Feature(name, str(rule.get("label") or named), dimension, kind)


def _curve(feature: Feature, rule: Mapping[str, Any]) -> Curve:
    """A rule's points as log-odds; a value it does not name has those of a missing one."""
    missing = float(rule.get("missing", 0)) / POINTS_PER_LOG_ODDS
    if feature.kind is FeatureKind.CATEGORICAL:
        heights = [float(points) / POINTS_PER_LOG_ODDS for points in rule["values"].values()]
        return Curve(tuple(map(float, range(len(heights)))), (*heights, missing), missing)
    bands = rule.get("bands") or sorted((float(v), p) for v, p in rule["values"].items())
    # A band begins with its value, and a curve's interval ends with its edge.
    edges = tuple(float(np.nextafter(float(start), -np.inf)) for start, _ in bands[1:])
    heights = [float(points) / POINTS_PER_LOG_ODDS for _, points in bands]
    return Curve(edges, tuple(heights), missing)


def _log_odds(rate: float) -> float:
    return float(logit(np.array([rate]))[0])

"""The expert rubric: scores while there is too little history to learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from features.definitions import DEFINITIONS
from features.feature import Feature
from models.calibration import Vector, logit, sigmoid
from models.scorecard import AVERAGE, POINTS_PER_LOG_ODDS, Regime, Scores

SHIPPED = Path(__file__).parent / "rubric.yaml"
DOUBT = float(np.log(4.0))
NOT_ENOUGH = "not enough history"


class RubricInvalid(ValueError):
    """The rubric file is not one; the message names the place."""


@dataclass(frozen=True)
class Rubric:
    """Points by feature, written by people, on the scale of every scorecard.

    The probability is a guess from ``base_rate``; its interval spans a quarter to four times the
    odds, and the confidence says that there is not enough history.
    """

    version: str
    base_rate: float
    features: tuple[Feature, ...]
    rules: Mapping[str, Mapping[str, Any]]
    regime: Regime = "rubric"

    @staticmethod
    def load(path: Path = SHIPPED) -> "Rubric":
        """Read a rubric from YAML.

        Raises:
            RubricInvalid: an unknown feature, bands out of order, or a missing key.
        """
        try:
            data = yaml.safe_load(path.read_text())
            features = tuple(_feature(name, rule) for name, rule in data["features"].items())
            base_rate = float(data["base_rate"])
            if not features or not 0 < base_rate < 1:
                raise RubricInvalid("needs at least one feature, and a base_rate between 0 and 1.")
            return Rubric(str(data["version"]), base_rate, features, data["features"])
        except RubricInvalid as error:
            raise RubricInvalid(f"{path.name}: {error}") from None
        except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            raise RubricInvalid(
                f"{path.name} needs version, base_rate and features, each well formed: {error}"
            ) from error

    def score(self, frame: pd.DataFrame) -> Scores:
        """Score a frame of features, one row a lead."""
        contributions = np.column_stack(
            [_points(frame[feature.name], self.rules[feature.name]) for feature in self.features]
        )
        points = AVERAGE + contributions.sum(axis=1)
        log_odds = logit(np.array([self.base_rate]))[0] + (points - AVERAGE) / POINTS_PER_LOG_ODDS
        return Scores(
            lead_ids=frame.index,
            features=self.features,
            contributions=contributions,
            probability=sigmoid(log_odds),
            low=sigmoid(log_odds - DOUBT),
            high=sigmoid(log_odds + DOUBT),
            confidence=[NOT_ENOUGH] * len(frame),
            regime=self.regime,
            version=self.version,
        )


def _feature(name: str, rule: Mapping[str, Any]) -> Feature:
    """The feature that a rule is for, once the rule is found to be one."""
    known = {definition.feature.name: definition.feature for definition in DEFINITIONS}
    if name not in known:
        raise RubricInvalid(f"there is no feature {name}.")
    try:
        bands = [(float(start), float(points)) for start, points in rule.get("bands", [])]
        values = [float(points) for points in rule.get("values", {}).values()]
        float(rule.get("missing", 0))
    except (AttributeError, TypeError, ValueError) as error:
        raise RubricInvalid(f"{name} is malformed: {error}.") from error
    starts = [start for start, _ in bands]
    if starts != sorted(starts) or bool(bands) == bool(values):
        raise RubricInvalid(f"{name} needs values, or bands in order.")
    return known[name]


def _points(column: "pd.Series[Any]", rule: Mapping[str, Any]) -> Vector:
    missing = float(rule.get("missing", 0))
    if "values" in rule:
        named = {str(value): float(points) for value, points in rule["values"].items()}
        return np.array([named.get(_key(value), missing) for value in column], dtype=np.float64)
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    starts = np.array([start for start, _ in rule["bands"]], dtype=np.float64)
    points = np.array([points for _, points in rule["bands"]], dtype=np.float64)
    place = np.clip(np.searchsorted(starts, values, side="right") - 1, 0, None)
    return np.where(np.isnan(values), missing, points[place])


def _key(value: object) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)

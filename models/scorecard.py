"""A score as a sum: contributions in points, dimensions, a calibrated probability.

Points are log-odds on a friendly scale: 50 is the average lead, ten points more are twice the odds,
so a contribution of log-odds ``x`` is ``10 · x / ln 2`` points.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from features.feature import Dimension, Feature
from models.calibration import Calibration, Vector, confidence, sigmoid
from models.encoding import Encoding, Matrix
from models.linear import LinearModel
from models.trees import TreeModel

AVERAGE = 50.0
POINTS_PER_LOG_ODDS = 10.0 / float(np.log(2.0))
MODEL_FILE, TREES_FILE = "model.json", "trees.txt"
Regime = Literal["rubric", "blend", "model"]


@dataclass(frozen=True)
class Scores:
    """Scores of n leads by f features.

    ``contributions`` (n × f) are points; ``points`` (n) is exactly 50 plus their sum; ``total`` is
    that clipped to 0–100. ``probability`` (n) is calibrated, ``low`` and ``high`` its interval.
    """

    lead_ids: "pd.Index[Any]"
    features: tuple[Feature, ...]
    contributions: Matrix
    probability: Vector
    low: Vector
    high: Vector
    confidence: list[str]
    regime: Regime
    version: str

    @property
    def points(self) -> Vector:
        """50 plus the contributions, not clipped."""
        return np.asarray(AVERAGE + self.contributions.sum(axis=1))

    @property
    def total(self) -> Vector:
        """The score: points clipped to 0–100."""
        return np.clip(self.points, 0.0, 100.0)

    def dimensions(self) -> pd.DataFrame:
        """The five dimensions (n × 5): 50 plus the contributions of each one's features."""
        groups = {
            str(dimension): [
                place
                for place, feature in enumerate(self.features)
                if feature.dimension == dimension
            ]
            for dimension in Dimension
        }
        return pd.DataFrame(
            {
                name: np.clip(AVERAGE + self.contributions[:, places].sum(axis=1), 0.0, 100.0)
                for name, places in groups.items()
            },
            index=self.lead_ids,
        )


class Scorer(Protocol):
    """What scores leads: the rubric, or a learned scorecard."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features it looks at."""

    @property
    def regime(self) -> Regime:
        """``rubric`` or ``model``."""

    @property
    def version(self) -> str:
        """Which rubric or which model."""

    def score(self, frame: pd.DataFrame) -> Scores:
        """Score a frame of features, one row a lead."""


class ModelFileDamaged(ValueError):
    """The folder does not hold a scorecard that this version reads."""


@dataclass(frozen=True)
class Scorecard:
    """A learned model with its calibration, as a scorer.

    ``reference`` is the mean calibrated log-odds over the leads learned from: the average lead.
    """

    encoding: Encoding
    model: LinearModel | TreeModel
    calibration: Calibration
    reference: float
    name: str
    version: str = "not registered"
    regime: Regime = "model"

    @staticmethod
    def assemble(
        name: str,
        encoding: Encoding,
        model: LinearModel | TreeModel,
        calibration: Calibration,
        matrix: Matrix,
    ) -> "Scorecard":
        """A scorecard whose average lead is that of ``matrix``."""
        reference = float(calibration.log_odds(model.raw(matrix)).mean())
        return Scorecard(encoding, model, calibration, reference, name)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features it looks at."""
        return self.encoding.features

    def score(self, frame: pd.DataFrame) -> Scores:
        """Score a frame of features, one row a lead.

        Raises:
            FeaturesMissing: the frame lacks a feature's column.
        """
        parts = self.model.contributions(self.encoding.matrix(frame))
        log_odds = self.calibration.log_odds(self.model.base + parts.sum(axis=1))
        probability = sigmoid(log_odds)
        low, high = self.calibration.interval(probability)
        return Scores(
            lead_ids=frame.index,
            features=self.features,
            contributions=self._points(parts),
            probability=probability,
            low=low,
            high=high,
            confidence=confidence(low, high),
            regime=self.regime,
            version=self.version,
        )

    def _points(self, parts: Matrix) -> Matrix:
        """Contributions in points. What the model's own centre is off from the average lead (a
        constant, mostly nil) is shared evenly, so that the sum stays exact."""
        centre = self.calibration.log_odds(np.array([self.model.base]))[0] - self.reference
        width = max(1, parts.shape[1])
        shared = self.calibration.slope * parts + centre / width
        return np.asarray(shared * POINTS_PER_LOG_ODDS)

    def save(self, directory: Path) -> None:
        """Write the scorecard as JSON, and trees as LightGBM's text; nothing that runs."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / TREES_FILE).unlink(missing_ok=True)
        data: dict[str, Any] = {
            "name": self.name,
            "reference": self.reference,
            **self.encoding.to_dict(),
            "calibration": {
                "slope": self.calibration.slope,
                "shift": self.calibration.shift,
                "bins": self.calibration.bins,
            },
        }
        if isinstance(self.model, LinearModel):
            data["linear"] = self.model.to_dict()
        else:
            data["trees"] = {"base": self.model.base, "sha256": _sha256(self.model.text)}
            (directory / TREES_FILE).write_text(self.model.text)
        (directory / MODEL_FILE).write_text(json.dumps(data, indent=1))

    @staticmethod
    def load(directory: Path, version: str = "not registered") -> "Scorecard":
        """Read what ``save`` wrote.

        Raises:
            ModelFileDamaged: a file is missing or not what is expected.
        """
        try:
            data = json.loads((directory / MODEL_FILE).read_text())
            encoding = Encoding.from_dict(data)
            line = data["calibration"]
            calibration = Calibration(
                float(line["slope"]),
                float(line["shift"]),
                tuple((p, low, high) for p, low, high in line["bins"]),
            )
            return Scorecard(
                encoding,
                _model(data, directory),
                calibration,
                float(data["reference"]),
                data["name"],
                version,
            )
        except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise ModelFileDamaged(f"{directory} holds no scorecard: {error}") from error


def _model(data: dict[str, Any], directory: Path) -> LinearModel | TreeModel:
    if "linear" in data:
        return LinearModel.from_dict(data["linear"])
    text = (directory / TREES_FILE).read_text()
    # Checked here, because damaged trees make LightGBM end the process when they are read.
    if _sha256(text) != data["trees"]["sha256"]:
        raise ValueError(f"{TREES_FILE} is not as it was saved.")
    return TreeModel(text, float(data["trees"]["base"]))


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def fingerprint(directory: Path) -> str:
    """SHA-256 over the names and contents of a scorecard's files."""
    digest = sha256()
    names: Sequence[str] = sorted((MODEL_FILE, TREES_FILE))
    for name in names:
        path = directory / name
        if path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

"""Learning a scorecard: candidates compared on later data, the best calibrated and judged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature
from models.blocks import latest_block, rolling_origin
from models.calibration import Calibration, Vector, sigmoid
from models.encoding import Encoding, Matrix
from models.evaluation import (
    Metrics,
    auc_interval,
    calibration_table,
    evaluate,
    lift_table,
)
from models.linear import LinearModel
from models.scorecard import Scorecard, Scorer
from models.trees import TreeModel

Learner = Callable[[Matrix, np.ndarray, Encoding, int], LinearModel | TreeModel]
CANDIDATES: dict[str, Learner] = {
    "logistic regression": LinearModel.learn,
    "random forest": TreeModel.forest,
    "gradient boosting": TreeModel.boosted,
}
LATEST_SHARE = 0.2


class CannotLearn(ValueError):
    """There is nothing to learn from yet; the rubric scores meanwhile."""


class NotEnoughOutcomes(CannotLearn):
    """There are too few outcomes to learn from."""


class NothingVaries(CannotLearn):
    """Every lead looks the same, so that nothing can tell them apart."""


@dataclass(frozen=True)
class Candidate:
    """One kind of model: its metrics on each block it had not seen."""

    name: str
    blocks: tuple[Metrics, ...]
    latest: Metrics

    @property
    def log_loss(self) -> float:
        """Mean log loss over the blocks: what the choice is made by."""
        return float(np.mean([block.log_loss for block in self.blocks]))

    @property
    def auc(self) -> float:
        """Mean AUC over the blocks."""
        return float(np.nanmean([block.auc for block in self.blocks]))


@dataclass(frozen=True)
class RubricComparison:
    """The rubric on the same latest leads, and how much better (AUC, 90 %) the model ranks them."""

    metrics: Metrics
    gain_low: float
    gain_high: float


@dataclass(frozen=True)
class LatestLeads:
    """The block a training is judged on: its leads in order, what became of them, and the
    probability given by the chosen recipe, which had learned from none of them."""

    frame: pd.DataFrame
    labels: np.ndarray
    moments: np.ndarray
    probability: Vector


@dataclass(frozen=True)
class Training:
    """What was learned, and how good it is on leads later than those it learned from.

    ``scorecard`` learned from all leads; ``latest``, ``calibration`` and ``lift`` judge the same
    recipe learned without the latest block, on that block. ``dated`` is False where leads have no
    dates to go by (or too few outcomes for blocks) and folds took the place of later blocks.
    """

    scorecard: Scorecard
    chosen: str
    why: str
    candidates: tuple[Candidate, ...]
    latest: Metrics
    auc_low: float
    auc_high: float
    rubric: RubricComparison | None
    calibration: list[dict[str, Any]]
    lift: list[dict[str, Any]]
    importance: list[tuple[str, float]]
    leads: int
    converted: int
    first: str
    last: str
    dated: bool
    data_sha256: str
    example: pd.DataFrame
    judged_on: LatestLeads

    def candidate_table(self) -> list[dict[str, Any]]:
        """One row a candidate, best first."""
        rows = sorted(self.candidates, key=lambda candidate: candidate.log_loss)
        return [
            {
                "candidate": row.name,
                "log loss (blocks)": round(row.log_loss, 4),
                "AUC (blocks)": round(row.auc, 4),
                "AUC (latest)": round(row.latest.auc, 4),
                "Brier (latest)": round(row.latest.brier, 4),
                "ECE (latest)": round(row.latest.ece, 4),
            }
            for row in rows
        ]


def train(
    frame: pd.DataFrame,
    labels: np.ndarray,
    moments: np.ndarray,
    features: Sequence[Feature],
    *,
    seed: int = 0,
    minimum_outcomes: int = 40,
    rubric: Scorer | None = None,
) -> Training:
    """Learn from n leads (rows of ``frame``), whether each converted, and when each was looked at.

    Raises:
        NotEnoughOutcomes: fewer than ``minimum_outcomes`` converted, or fewer that did not.
        NothingVaries: no feature differs between leads.
    """
    converted = int(labels.sum())
    _refuse_if_too_few(converted, len(labels), minimum_outcomes)
    if not any(frame[feature.name].nunique(dropna=False) > 1 for feature in features):
        raise NothingVaries("No feature differs between the leads; map more columns as attributes.")
    order = np.argsort(moments, kind="stable")
    frame, labels, moments = frame.iloc[order], labels[order], moments[order]
    past, latest = latest_block(moments, labels, LATEST_SHARE, seed)
    recipe = _Recipe(frame, labels, moments, tuple(features), seed)
    outer = {name: recipe.out_of_time(name, past) for name in CANDIDATES}
    judged = {name: recipe.judge(name, past, latest, outer[name]) for name in CANDIDATES}
    candidates = tuple(
        Candidate(
            name,
            tuple(evaluate(sigmoid(raw), truth) for raw, truth in outer[name].blocks),
            evaluate(judged[name], labels[latest]),
        )
        for name in CANDIDATES
    )
    dated = bool(moments[past].max() < moments[latest].min()) and next(iter(outer.values())).dated
    best = min(candidates, key=lambda candidate: candidate.log_loss)
    probability = judged[best.name]
    scorecard = recipe.final(best.name)
    low, high = auc_interval(probability, labels[latest], seed)
    return Training(
        scorecard=scorecard,
        chosen=best.name,
        why=_why(best, candidates, dated),
        candidates=candidates,
        latest=best.latest,
        auc_low=low,
        auc_high=high,
        rubric=_compare(rubric, frame.iloc[latest], labels[latest], probability, seed),
        calibration=calibration_table(probability, labels[latest]),
        lift=lift_table(probability, labels[latest]),
        importance=_importance(scorecard, frame),
        leads=len(labels),
        converted=converted,
        first=str(moments[0])[:10],
        last=str(moments[-1])[:10],
        dated=dated,
        data_sha256=data_fingerprint(frame, labels),
        example=frame.head(5),
        judged_on=LatestLeads(frame.iloc[latest], labels[latest], moments[latest], probability),
    )


@dataclass(frozen=True)
class _OutOfTime:
    """Raw log-odds on blocks a model had not seen, with what happened there."""

    blocks: tuple[tuple[Vector, np.ndarray], ...]
    dated: bool

    def calibration(self) -> Calibration:
        if self.dated:
            return Calibration.learn(self.blocks)
        raw, truth = (np.concatenate(part) for part in zip(*self.blocks, strict=True))
        return Calibration.learn([(raw, truth)])


@dataclass(frozen=True)
class _Recipe:
    """The data in order of its moments, and how each candidate is learned and judged on it."""

    frame: pd.DataFrame
    labels: np.ndarray
    moments: np.ndarray
    features: tuple[Feature, ...]
    seed: int

    def out_of_time(self, name: str, rows: np.ndarray) -> _OutOfTime:
        """Raw predictions on each next block among ``rows``, learned on what came before it."""
        splits = rolling_origin(self.moments[rows], self.labels[rows], seed=self.seed)
        blocks = []
        for past, block in splits:
            encoding, model, _ = self._learn(name, rows[past])
            raw = model.raw(encoding.matrix(self.frame.iloc[rows[block]]))
            blocks.append((raw, self.labels[rows[block]]))
        moments = self.moments[rows]
        dated = all(moments[past].max() < moments[block].min() for past, block in splits)
        return _OutOfTime(tuple(blocks), dated)

    def judge(self, name: str, past: np.ndarray, latest: np.ndarray, seen: _OutOfTime) -> Vector:
        """Calibrated probabilities of the latest block, learned on the past only."""
        encoding, model, _ = self._learn(name, past)
        raw = model.raw(encoding.matrix(self.frame.iloc[latest]))
        return sigmoid(seen.calibration().log_odds(raw))

    def final(self, name: str) -> Scorecard:
        """The scorecard learned from everything, calibrated on predictions of later blocks."""
        rows = np.arange(len(self.labels))
        encoding, model, matrix = self._learn(name, rows)
        seen = self.out_of_time(name, rows)
        return Scorecard.assemble(name, encoding, model, seen.calibration(), matrix)

    def _learn(
        self, name: str, rows: np.ndarray
    ) -> tuple[Encoding, LinearModel | TreeModel, Matrix]:
        part = self.frame.iloc[rows]
        encoding, matrix = Encoding.fit(part, self.features, self.labels[rows])
        return encoding, CANDIDATES[name](matrix, self.labels[rows], encoding, self.seed), matrix


def data_fingerprint(frame: pd.DataFrame, labels: np.ndarray) -> str:
    """SHA-256 of what was learned from, the same in whatever order the leads come."""
    columns = frame[sorted(frame.columns)].astype(str).assign(label=labels.astype(str))
    rows = np.sort(pd.util.hash_pandas_object(columns, index=False).to_numpy())
    return sha256(rows.tobytes()).hexdigest()


def _refuse_if_too_few(converted: int, leads: int, fewest: int) -> None:
    if min(converted, leads - converted) < fewest:
        raise NotEnoughOutcomes(
            f"{converted} converted and {leads - converted} other leads have passed their horizon; "
            f"at least {fewest} of each are needed to learn. The expert rubric scores until then."
        )


def _compare(
    rubric: Scorer | None, frame: pd.DataFrame, labels: np.ndarray, ours: Vector, seed: int
) -> RubricComparison | None:
    if rubric is None:
        return None
    theirs = rubric.score(frame).probability
    low, high = auc_interval(ours, labels, seed, other=theirs)
    return RubricComparison(evaluate(theirs, labels), low, high)


def _importance(scorecard: Scorecard, frame: pd.DataFrame) -> list[tuple[str, float]]:
    """Mean absolute points of each feature, largest first."""
    sample = frame if len(frame) <= 5000 else frame.iloc[:: len(frame) // 5000]
    points = np.abs(scorecard.score(sample).contributions).mean(axis=0)
    pairs = [(f.label, float(p)) for f, p in zip(scorecard.features, points, strict=True)]
    return sorted(pairs, key=lambda pair: -pair[1])


def _why(best: Candidate, candidates: Sequence[Candidate], dated: bool) -> str:
    others = ", ".join(
        f"{other.name} {other.log_loss:.4f}" for other in candidates if other.name != best.name
    )
    where = "blocks of leads later than those" if dated else "folds of leads other than those"
    return (
        f"{best.name.capitalize()} was chosen: on {len(best.blocks)} {where} learned from, "
        f"its mean log loss is lowest, {best.log_loss:.4f} (against {others})."
    )

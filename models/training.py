"""Learning a scorecard: candidates compared on later data, the best calibrated and judged."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature
from features.how_many import how_many
from features.opinion import AI_SCORE
from models.blocks import moments_that_tell
from models.calibration import Vector
from models.candidates import CANDIDATES, COMBINATION, YARDSTICK
from models.cannot_learn import NothingVaries, refuse_if_too_few
from models.contest import Candidate, choice, judged, try_all
from models.copies import copies
from models.evaluation import (
    Metrics,
    auc_interval,
    calibration_table,
    evaluate,
    lift_table,
)
from models.leak import Leak
from models.leaks import SUSPICIOUS_AUC, find_leaks, too_good
from models.opinion import learnable
from models.recipe import Elsewhere, Recipe
from models.reference import Reference
from models.refitting import RecipeName, Refitting, learn_scorecard, recipe_name
from models.row_order import data_fingerprint
from models.rubric import Rubric
from models.scorecard import Scorecard, importance
from models.scorecard_files import fingerprint, write_scorecard
from models.steadiness import RIVALS
from models.window import Window, newest_that_tell


@dataclass(frozen=True)
class RubricComparison:
    """The rubric on the same latest leads, and how much better (AUC, 90 %) the model ranks them."""

    metrics: Metrics
    gain_low: float
    gain_high: float


@dataclass(frozen=True)
class LatestLeads:
    """The block a training is judged on: its leads in order, what became of them, and the
    probability given by the chosen recipe, which had learned from none of them. ``units`` has one
    number for all copies of a lead."""

    frame: pd.DataFrame
    labels: np.ndarray
    moments: np.ndarray
    probability: Vector
    units: np.ndarray


@dataclass(frozen=True)
class Training:
    """What was learned, and how good it is on leads later than those it learned from.

    ``scorecard`` learned from all leads of the ``window``; ``latest``, ``calibration`` and ``lift``
    judge the same recipe learned without the latest block, on that block. ``dated`` is False where
    leads have no dates to go by (or too few outcomes for blocks) and folds took the place of later
    blocks. ``copies`` is how many leads are the same as another one: none was judged by a model
    that had learned from the other. ``absent`` says why candidates of your own took no part, by
    name.
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
    copies: int
    first: str
    last: str
    dated: bool
    data_sha256: str
    example: pd.DataFrame
    judged_on: LatestLeads
    reference: Reference
    leaks: tuple[Leak, ...]
    refitting: Refitting
    absent: Mapping[str, str]
    window: Window

    @property
    def recipe_name(self) -> RecipeName:
        """What the scorecard was made by."""
        return recipe_name(self.scorecard)

    def fingerprint(self) -> str:
        """SHA-256 of the files that the scorecard is kept as."""
        with TemporaryDirectory() as folder:
            write_scorecard(self.scorecard, Path(folder))
            return fingerprint(Path(folder))

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
                "may serve": f"no: {row.yardstick}" if row.yardstick else "yes",
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
    rubric: Rubric | None = None,
    ever: np.ndarray | None = None,
    suspicious_auc: float = SUSPICIOUS_AUC,
    told: Callable[[str], None] = lambda words: None,
    elsewhere: Elsewhere | None = None,
) -> Training:
    """Learn from n leads (rows of ``frame``), whether each converted, and when each was looked at.

    Where the newest leads tell more by themselves, only they are learned from. The latest fifth is
    kept back: candidates, blend and calibration are found on what came before it and judged on it;
    the scorecard is then learned from everything by the same recipe. ``ever`` and
    ``suspicious_auc`` are for the search for leaks. ``told`` is called with how far it is, in
    words. ``elsewhere`` learns many models at once: the same, sooner.

    Raises:
        NotEnoughOutcomes: fewer than ``minimum_outcomes`` converted, or fewer that did not.
        NothingVaries: no feature differs between leads.
    """
    if not learnable(frame, labels, minimum_outcomes):
        features = [feature for feature in features if feature.name != AI_SCORE.name]
    if not any(frame[feature.name].nunique(dropna=False) > 1 for feature in features):
        raise NothingVaries("No feature differs between the leads; map more columns as attributes.")
    moments = moments_that_tell(moments)
    recipe = Recipe.of(frame, labels, moments, features, seed)
    refuse_if_too_few(
        recipe.labels[np.unique(recipe.units, return_index=True)[1]], minimum_outcomes
    )
    leaks = find_leaks(frame, labels, features, moments, ever=ever, suspicious_auc=suspicious_auc)
    recipe, window = newest_that_tell(recipe)
    frame, labels, moments, units = recipe.frame, recipe.labels, recipe.moments, recipe.units
    refitting = Refitting.of(recipe, rubric)
    past, latest = refitting.past, refitting.latest
    if elsewhere is not None:
        told(f"Trying every kind on {how_many(len(past), 'earlier lead')}, many at once")
        recipe.learn_at_once((*CANDIDATES, YARDSTICK), past, elsewhere, whole=True)
    chosen, tried = choice(recipe, try_all(recipe, past, told))
    told(f"Judging each on {how_many(len(latest), 'latest lead')}")
    candidates = tuple(judged(recipe, name, tried, past, latest) for name in tried.seen)
    told(f"Learning from {how_many(len(labels), 'lead')} with the best of them, {chosen}")
    if elsewhere is not None:
        recipe.learn_at_once((chosen, *RIVALS), np.arange(len(labels)), elsewhere, whole=True)
    later = learn_scorecard(recipe, chosen, past, rubric).score(frame.iloc[latest])
    probability = later.probability
    scorecard = learn_scorecard(recipe, chosen, np.arange(len(labels)), rubric)
    latest_metrics = evaluate(probability, labels[latest])
    weights = importance(scorecard, frame)
    leaks = leaks or too_good(latest_metrics.auc, suspicious_auc, weights)
    low, high = auc_interval(probability, labels[latest], seed, units=units[latest])
    dated = bool(moments[past].max() < moments[latest].min()) and tried.seen[chosen].dated
    return Training(
        scorecard=scorecard,
        chosen=chosen,
        why=_why(chosen, candidates, dated),
        candidates=candidates,
        latest=latest_metrics,
        auc_low=low,
        auc_high=high,
        rubric=_compare(
            rubric, frame.iloc[latest], labels[latest], probability, seed, units[latest]
        ),
        calibration=calibration_table(probability, labels[latest]),
        lift=lift_table(probability, labels[latest]),
        importance=[(feature.label, points) for feature, points in weights],
        leads=len(labels),
        converted=int(labels.sum()),
        copies=copies(units),
        first=str(moments[0])[:10],
        last=str(moments[-1])[:10],
        dated=dated,
        data_sha256=data_fingerprint(frame, labels),
        example=frame.head(5),
        judged_on=LatestLeads(
            frame.iloc[latest], labels[latest], moments[latest], probability, units[latest]
        ),
        reference=Reference.of(frame, scorecard.features),
        leaks=tuple(leaks),
        refitting=refitting,
        absent=tried.absent,
        window=window,
    )


def _compare(
    rubric: Rubric | None,
    frame: pd.DataFrame,
    labels: np.ndarray,
    ours: Vector,
    seed: int,
    units: np.ndarray,
) -> RubricComparison | None:
    if rubric is None:
        return None
    theirs = rubric.score(frame).probability
    low, high = auc_interval(ours, labels, seed, other=theirs, units=units)
    return RubricComparison(evaluate(theirs, labels), low, high)


def _why(chosen: str, candidates: Sequence[Candidate], dated: bool) -> str:
    named = {candidate.name: candidate.log_loss for candidate in candidates}
    others = ", ".join(f"{n} {loss:.4f}" for n, loss in named.items() if n != chosen)
    where = "blocks of leads later than those" if dated else "folds of leads other than those"
    reason = (
        "no other candidate was better by more than chance explains"
        if chosen == COMBINATION
        else "it was better by more than chance explains"
    )
    return (
        f"{chosen.capitalize()} was chosen: on {len(candidates[0].blocks)} {where} learned from, "
        f"{reason}: mean log loss {named[chosen]:.4f} (against {others})."
    )

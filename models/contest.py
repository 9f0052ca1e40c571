"""The candidates of a training: all learn from the same past and are judged on the same leads."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from features.how_many import how_many
from models.calibration import Lines, sigmoid
from models.candidates import CANDIDATES, YARDSTICK
from models.candidates.own import Unexplained
from models.candidates.registered import own_candidates, settings_of
from models.choice import block_losses, choose
from models.evaluation import Metrics, evaluate
from models.recipe import OutOfTime, Recipe

logger = logging.getLogger(__name__)
# What every training is held against and never serves, and why.
YARDSTICKS = {YARDSTICK: "it takes each feature for itself"}


@dataclass(frozen=True)
class Candidate:
    """One kind of model: its metrics on each block it had not seen.

    ``yardstick`` says why it may not serve, and is empty where it may. ``fit_seconds`` is how long
    it learned from the past, ``settings`` are its hyperparameters.
    """

    name: str
    blocks: tuple[Metrics, ...]
    latest: Metrics
    yardstick: str = ""
    fit_seconds: float = field(default=0.0, compare=False)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def log_loss(self) -> float:
        """Mean log loss over the blocks: what the choice is made by."""
        return float(np.mean([block.log_loss for block in self.blocks]))

    @property
    def auc(self) -> float:
        """Mean AUC over the blocks."""
        return float(np.nanmean([block.auc for block in self.blocks]))


@dataclass(frozen=True)
class Tried:
    """What each candidate said of blocks of the past that it had not seen; why some may not serve,
    and why others said nothing, by name."""

    seen: Mapping[str, OutOfTime]
    yardsticks: Mapping[str, str]
    absent: Mapping[str, str]

    @property
    def may_serve(self) -> tuple[str, ...]:
        """Those that the choice is among."""
        return tuple(name for name in self.seen if name not in self.yardsticks)


def try_all(recipe: Recipe, past: np.ndarray, told: Callable[[str], None]) -> Tried:
    """Learn every candidate on the past; one of your own that fails stops none of the others."""
    own = own_candidates()
    seen, absent = {}, dict(own.absent)
    yardsticks = dict(YARDSTICKS)
    names = (*CANDIDATES, *YARDSTICKS, *own.present)
    for number, name in enumerate(names, start=1):
        told(
            f"Trying kind {number} of {len(names)} on {how_many(len(past), 'earlier lead')}: {name}"
        )
        try:
            seen[name] = recipe.out_of_time(name, past)
            model = recipe.learn(name, past).model
        except Exception as error:
            if name not in own.present:
                raise
            seen.pop(name, None)
            logger.warning("candidate %s did not learn", name, exc_info=error)
            absent[name] = f"it did not learn ({type(error).__name__})"
            continue
        if isinstance(model, Unexplained):
            yardsticks[name] = model.why
    return Tried(seen, yardsticks, absent)


def choice(recipe: Recipe, tried: Tried) -> tuple[str, Tried]:
    """Which candidate is taken to learn from all leads. One of your own that gives no reasons once
    it has learned from all of them turns out to be a yardstick."""
    of_past = next(iter(tried.seen.values()))
    units = [recipe.units[rows] for rows in of_past.rows]
    while True:
        losses = {name: block_losses(tried.seen[name].blocks) for name in tried.may_serve}
        chosen = choose(losses, units, of_past.dated)
        model = recipe.learn(chosen, np.arange(len(recipe.labels))).model
        if not isinstance(model, Unexplained):
            return chosen, tried
        tried = replace(tried, yardsticks={**tried.yardsticks, chosen: model.why})


def judged(
    recipe: Recipe, name: str, tried: Tried, past: np.ndarray, latest: np.ndarray
) -> Candidate:
    """The candidate's metrics on blocks of the past and on the latest leads."""
    seen = tried.seen[name]
    odds = Lines.fit(seen.blocks).log_odds(seen.blocks)
    raw = recipe.learn(name, past).raw(recipe.frame.iloc[latest])
    return Candidate(
        name,
        tuple(
            evaluate(sigmoid(block), truth)
            for block, (_, truth) in zip(odds, seen.blocks, strict=True)
        ),
        evaluate(sigmoid(seen.calibration().log_odds(raw)), recipe.labels[latest]),
        tried.yardsticks.get(name, ""),
        recipe.seconds(name, past),
        settings_of(name, recipe.seed),
    )

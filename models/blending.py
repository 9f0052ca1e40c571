"""The weight of the model against the rubric in a score, while history is short."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.calibration import Lines, Vector
from models.choice import Blocks, block_losses, mean_loss

SHARES = tuple(step / 10 for step in range(11))
# From so many converted and so many others on, the model scores alone where it beats the rubric.
PLENTY = 500


@dataclass(frozen=True)
class Blend:
    """The model's share of the score, and what each part's raw log-odds are multiplied by."""

    share: float
    model_weight: float
    rubric_weight: float

    def raw(self, model: Vector, rubric: Vector) -> Vector:
        """Blended log-odds before calibration."""
        return self.model_weight * model + self.rubric_weight * rubric


MODEL_ALONE = Blend(1.0, 1.0, 0.0)


def find_blend(model: Blocks, rubric: Sequence[Vector], fewest: int) -> Blend:
    """The blend from raw log-odds on the same later blocks.

    The share is the mean of all shares weighted by how likely each makes what happened (Bayesian
    model averaging with an even prior), so that few leads give a careful share and many the best
    one. ``fewest`` is the number of the rarer kind of outcome learned from.
    """
    truth = [labels for _, labels in model]
    opinions = [(raw, labels) for raw, labels in zip(rubric, truth, strict=True)]
    alone = mean_loss(block_losses(model))
    if fewest >= PLENTY and alone <= mean_loss(block_losses(opinions)):
        return MODEL_ALONE
    slopes = Lines.fit(model).slope, Lines.fit(opinions).slope
    leads = sum(len(labels) for labels in truth)
    fits = []
    for share in SHARES:
        blend = _blend(share, *slopes)
        mixed = [
            (blend.raw(raw, opinion), labels)
            for (raw, labels), opinion in zip(model, rubric, strict=True)
        ]
        fits.append(leads * mean_loss(block_losses(mixed)))
    likely = np.exp(-(np.array(fits) - min(fits)))
    return _blend(float(np.dot(SHARES, likely) / likely.sum()), *slopes)


def _blend(share: float, model_slope: float, rubric_slope: float) -> Blend:
    return Blend(share, share * model_slope, (1 - share) * rubric_slope)

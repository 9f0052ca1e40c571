"""Learning a scorecard by a named recipe, and learning another one from the same past."""

from dataclasses import dataclass, replace

import numpy as np

from models.blending import MODEL_ALONE, find_blend
from models.blocks import latest_block
from models.calibration import Vector
from models.candidates.own import CannotExplain
from models.recipe import Recipe, is_known
from models.rubric import Rubric
from models.scorecard import Scorecard
from models.steadiness import unsteadiness

# The latest leads, which a recipe is judged on and does not learn from.
LATEST_SHARE = 0.2


@dataclass(frozen=True)
class RecipeName:
    """What a scorecard was made by: the kind of model, and the names of the features."""

    chosen: str
    features: frozenset[str]


@dataclass(frozen=True)
class Refitting:
    """The data of a training, divided into a past to learn from and the latest leads to judge on:
    whatever is learned again here has seen the same past and none of the latest leads
    or copies of them.

    ``past`` and ``latest`` are places in the data.
    """

    recipe: Recipe
    past: np.ndarray
    latest: np.ndarray
    rubric: Rubric | None

    @staticmethod
    def of(recipe: Recipe, rubric: Rubric | None) -> "Refitting":
        """The latest fifth kept back."""
        past, latest = latest_block(
            recipe.moments, recipe.labels, LATEST_SHARE, recipe.seed, recipe.units
        )
        return Refitting(recipe, past, latest, rubric)

    def probability(self, name: RecipeName) -> Vector | None:
        """Chances of the latest leads by this recipe, learned from the past alone; None where it
        cannot be followed any more: a kind of model that is gone or gives no reasons now, or
        features that are gone."""
        features = tuple(f for f in self.recipe.features if f.name in name.features)
        if not is_known(name.chosen) or len(features) < len(name.features):
            return None
        recipe = self.recipe
        if len(features) < len(recipe.features):
            recipe = replace(recipe, features=features, _learned={}, _seconds={})
        try:
            learned = learn_scorecard(recipe, name.chosen, self.past, self.rubric)
        except CannotExplain:
            return None
        return learned.score(self.recipe.frame.iloc[self.latest]).probability


def recipe_name(scorecard: Scorecard) -> RecipeName:
    """What a scorecard was made by; the rubric in a blend has features of its own, not counted."""
    learned = scorecard.parts[0].encoding.features
    return RecipeName(scorecard.name, frozenset(feature.name for feature in learned))


def learn_scorecard(
    recipe: Recipe, name: str, rows: np.ndarray, rubric: Rubric | None
) -> Scorecard:
    """The candidate learned from these rows, blended with the rubric where one is given and history
    is short, and calibrated on predictions of later blocks."""
    part, seen, frame = recipe.learn(name, rows), recipe.out_of_time(name, rows), recipe.frame
    blend = MODEL_ALONE
    if rubric is not None:
        converted = int(recipe.labels[rows].sum())
        opinions = [rubric.part.raw(frame.iloc[block]) for block in seen.rows]
        blend = find_blend(seen.blocks, opinions, min(converted, len(rows) - converted))
    if rubric is None or blend is MODEL_ALONE:
        learned = Scorecard.assemble(name, (part,), seen.calibration(), frame.iloc[rows])
        return _with_doubt(learned, recipe, rows)
    mixed = tuple(
        (blend.raw(raw, opinion), truth)
        for (raw, truth), opinion in zip(seen.blocks, opinions, strict=True)
    )
    parts = (
        replace(part, weight=blend.model_weight),
        replace(rubric.part, weight=blend.rubric_weight),
    )
    calibration = replace(seen, blocks=mixed).calibration()
    learned = Scorecard.assemble(name, parts, calibration, frame.iloc[rows], blend.share)
    return _with_doubt(learned, recipe, rows)


def _with_doubt(scorecard: Scorecard, recipe: Recipe, rows: np.ndarray) -> Scorecard:
    """The scorecard whose intervals know how far its model is from having settled."""
    calibration, similar = scorecard.calibration, scorecard.similar
    if similar is None or calibration.doubt is None:
        return scorecard
    unsteady = unsteadiness(recipe, scorecard.name, rows, similar)
    # Of a blend only the learned share has to settle.
    doubt = replace(calibration.doubt, unsteady=scorecard.model_share**2 * unsteady)
    return replace(scorecard, calibration=replace(calibration, doubt=doubt))

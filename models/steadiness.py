"""How far off a model may be: how much it still moves with more leads, and with its kind."""

import numpy as np

from models.calibration import Lines, Vector
from models.candidates import ADDITIVE, LOGISTIC
from models.recipe import OutOfTime, Recipe
from models.scorecard import Part
from models.similar import Similar

MOST = 2000
RIVALS = (LOGISTIC, ADDITIVE)


def unsteadiness(recipe: Recipe, name: str, rows: np.ndarray, similar: Similar) -> float:
    """The variance of calibrated log-odds learned from these rows, for each unit of a lead's
    rarity.

    It has two parts. The same kind of model has also learned from a share f of the leads: a
    variance that falls as one through the number of leads makes the two differ by (1/f - 1) times
    that of the larger one (Hausman, 1978). And models of other kinds say other things of the same
    leads. What all leads have moved by is left out: the calibration follows that. At most 2,000
    leads a block are looked at.
    """
    seen, part = recipe.out_of_time(name, rows), recipe.learn(name, rows)
    slope, kinds = Lines.fit(seen.blocks).slope, _kinds(recipe, name, rows, seen)
    moved, expected, differ, rare = 0.0, 0.0, 0.0, 0.0
    for place, (block, past) in enumerate(zip(seen.rows, seen.pasts, strict=True)):
        some = np.arange(0, len(block), max(1, len(block) // MOST))
        after, rarity = _said(part, similar, recipe, block[some])
        moved += _scatter(slope * (after - seen.blocks[place][0][some]))
        expected += float(rarity.sum()) * (len(rows) / len(past) - 1)
        differ += float(np.mean([_scatter(kind[place][some]) for kind in kinds]))
        rare += float(rarity.sum())
    return moved / expected + differ / rare if rare > 0 else 0.0


def _kinds(recipe: Recipe, name: str, rows: np.ndarray, seen: OutOfTime) -> list[list[Vector]]:
    """How far other kinds of model are from this one, by block, each calibrated."""
    ours = Lines.fit(seen.blocks).log_odds(seen.blocks)
    found = []
    for rival in RIVALS:
        theirs = recipe.out_of_time(rival, rows).blocks
        odds = Lines.fit(theirs).log_odds(theirs)
        found.append([a - b for a, b in zip(ours, odds, strict=True)])
    return found


def _said(part: Part, similar: Similar, recipe: Recipe, rows: np.ndarray) -> tuple[Vector, Vector]:
    """Raw log-odds (n), and how rare each lead is (n)."""
    matrix = part.encoding.matrix(recipe.frame.iloc[rows])
    parts = part.model.contributions(part.encoding.filled(matrix))
    return part.model.base + parts.sum(axis=1), similar.leads(matrix, parts)[1]


def _scatter(difference: Vector) -> float:
    return float(((difference - difference.mean()) ** 2).sum())

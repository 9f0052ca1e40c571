"""Additive boosting: many small trees, each on one feature alone, added up into curves.

A generalised additive model learned by cyclic boosting (Lou, Caruana, Gehrke, 2012): as bendable as
trees and, having no tree on two features, an exact look-up. LightGBM grows the trees.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from models.additive import AdditiveModel, Curve
from models.encoding import Encoding, Matrix
from models.trees import grow

ROUNDS = 300
SETTINGS: dict[str, Any] = {
    "learning_rate": 0.03,
    "num_leaves": 8,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "cat_smooth": 20.0,
}


def learn(
    matrix: Matrix,
    labels: np.ndarray,
    encoding: Encoding,
    seed: int,
    settings: Mapping[str, Any] | None = None,
    rounds: int | None = None,
) -> AdditiveModel:
    """Learn one curve a feature from n leads (n × f) and whether each converted (n). ``settings``
    are put over those that stand, ``rounds`` is how many trees are grown."""
    trees = ROUNDS if len(matrix) >= 5000 else ROUNDS // 2
    booster = grow(
        matrix,
        labels,
        encoding,
        {
            **SETTINGS,
            **(settings or {}),
            "interaction_constraints": [[place] for place in range(matrix.shape[1])],
            "seed": seed,
        },
        rounds=rounds or trees,
    )
    return as_curves(booster, matrix, encoding)


def as_curves(booster: Any, matrix: Matrix, encoding: Encoding) -> AdditiveModel:
    """Ask the trees once for every interval of every feature, all other features missing."""
    edges = _edges(booster, matrix.shape[1], encoding)
    widths = [len(of_one) + 2 for of_one in edges]
    asked = np.full((sum(widths) + 1, matrix.shape[1]), np.nan)
    row = 0
    for place, of_one in enumerate(edges):
        asked[row : row + len(of_one), place] = of_one
        asked[row + len(of_one), place] = np.inf
        row += widths[place]
    answers = np.asarray(booster.predict(asked, raw_score=True, num_threads=1))
    nothing_known = float(answers[-1])
    curves, row = [], 0
    for of_one, width in zip(edges, widths, strict=True):
        heights = answers[row : row + width - 1] - nothing_known
        curves.append(Curve(tuple(of_one), tuple(heights.tolist()), 0.0))
        row += width
    return AdditiveModel.centred(nothing_known, curves, matrix, encoding.categorical)


def _edges(booster: Any, features: int, encoding: Encoding) -> list[list[float]]:
    """Where each feature's curve steps: the trees' thresholds; between codes for a category."""
    nodes = booster.trees_to_dataframe()
    splits = nodes[nodes["split_feature"].notna()]
    found = {
        str(name): sorted({float(threshold) for threshold in group["threshold"]})
        for name, group in splits.groupby("split_feature")
        if int(str(name).split("_")[1]) not in encoding.categorical
    }
    return [
        [float(code) for code in range(encoding.codes(place))]
        if place in encoding.categorical
        else found.get(f"Column_{place}", [])
        for place in range(features)
    ]

"""Boosted trees and a random forest, both LightGBM's: exact Shapley values, kept as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.encoding import Encoding, Matrix

THREADS = 2
SMALL = 10_000
# Strongly regularised; histograms with scikit-learn's default settings; deep trees, averaged.
BOOSTED: dict[str, Any] = {
    "learning_rate": 0.03,
    "num_leaves": 15,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "cat_smooth": 20.0,
}
HISTOGRAM: dict[str, Any] = {"learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20}
FOREST: dict[str, Any] = {
    "boosting": "rf",
    "num_leaves": 63,
    "bagging_fraction": 0.63,
    "bagging_freq": 1,
    "feature_fraction_bynode": 0.4,
    "lambda_l2": 1.0,
}


@dataclass(frozen=True)
class TreeModel:
    """Additive log-odds by exact Shapley values (Lundberg et al., 2020, TreeSHAP).

    ``text`` is LightGBM's own model format; reading it runs no code.
    """

    text: str
    base: float

    def contributions(self, matrix: Matrix) -> Matrix:
        """Log-odds (n × f), centred on the leads learned from; they add up to raw − base."""
        shap = np.asarray(
            self._booster.predict(
                matrix, pred_contrib=True, num_threads=THREADS if len(matrix) >= SMALL else 1
            )
        )
        return shap[:, :-1] / self._averaged

    def raw(self, matrix: Matrix) -> Matrix:
        """Log-odds (n) before calibration; much quicker than adding up contributions."""
        raw = np.asarray(self._booster.predict(matrix, raw_score=True, num_threads=1))
        return raw / self._averaged

    @staticmethod
    def of(booster: Any, matrix: Matrix) -> "TreeModel":
        """What a booster has learned; its base is read off any of these leads (n × f)."""
        found = TreeModel(booster.model_to_string(), 0.0)
        shap = np.asarray(booster.predict(matrix[:1], pred_contrib=True, num_threads=1))
        return TreeModel(found.text, float(shap[0, -1]) / found._averaged)

    @staticmethod
    def grown(
        matrix: Matrix,
        labels: np.ndarray,
        encoding: Encoding,
        seed: int,
        settings: Mapping[str, Any] | None,
        rounds: int,
    ) -> "TreeModel":
        """So many trees by LightGBM's own parameters; None: strongly regularised boosting."""
        chosen = BOOSTED if settings is None else settings
        return _learn(matrix, labels, encoding, {**chosen, "seed": seed}, rounds)

    @staticmethod
    def boosted(matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> "TreeModel":
        """Strongly regularised gradient boosting."""
        rounds = 300 if len(matrix) >= 5000 else 150
        return _learn(matrix, labels, encoding, {**BOOSTED, "seed": seed}, rounds)

    @staticmethod
    def histogram(matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> "TreeModel":
        """Histogram gradient boosting as it comes, with scikit-learn's default settings."""
        return _learn(matrix, labels, encoding, {**HISTOGRAM, "seed": seed}, rounds=100)

    @staticmethod
    def forest(matrix: Matrix, labels: np.ndarray, encoding: Encoding, seed: int) -> "TreeModel":
        """A random forest: deep trees on random samples and features, averaged."""
        return _learn(matrix, labels, encoding, {**FOREST, "seed": seed}, rounds=120)

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    @cached_property
    def _averaged(self) -> float:
        """A forest's prediction is the mean of its trees, its Shapley values are their sum."""
        return float(self._booster.num_trees()) if "\naverage_output\n" in self.text else 1.0


def _learn(
    matrix: Matrix, labels: np.ndarray, encoding: Encoding, parameters: dict[str, Any], rounds: int
) -> TreeModel:
    return TreeModel.of(grow(matrix, labels, encoding, parameters, rounds), matrix)


def grow(
    matrix: Matrix, labels: np.ndarray, encoding: Encoding, parameters: dict[str, Any], rounds: int
) -> Any:
    """A LightGBM booster of so many trees; the same data and seed grow the same trees."""
    import lightgbm

    fixed = {
        "objective": "binary",
        "min_data_in_leaf": int(np.clip(len(matrix) // 100, 5, 50)),
        # On few leads a second thread costs more in waiting than it works.
        "num_threads": THREADS if len(matrix) >= SMALL else 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    if any(encoding.signs):
        fixed["monotone_constraints"] = encoding.signs
    data = lightgbm.Dataset(
        matrix, labels, categorical_feature=encoding.categorical, free_raw_data=False
    )
    return lightgbm.train(fixed | parameters, data, num_boost_round=rounds)

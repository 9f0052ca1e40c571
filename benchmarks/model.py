"""How good learned scores are on real outcomes: 41,188 calls of a bank to its customers.

Data: Moro, Cortez, Rita (2014), "A data-driven approach to predict the success of bank
telemarketing" (CC BY 4.0). The length of the call is left out: nobody knows it before the call.

Run it with ``python -m benchmarks.model``.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import track

from benchmarks.judgement import judgement
from benchmarks.peers import (
    gradient_boosting,
    logistic_regression,
    naive_bayes,
    random_forest,
)
from benchmarks.rows import Row, publish
from features.feature import Dimension, Direction, Feature, FeatureKind
from leadflow.settings import get_settings
from models.candidates import COMBINATION
from models.evaluation import Metrics, auc, evaluate
from models.recipe import Recipe
from models.refitting import learn_scorecard
from models.training import Training, train

FILE = Path("bank_marketing/bank-additional-full.csv")
SEED, FOLDS = 0, 5
DIRECTED, FREE = "the combination", "the combination, all directions free"
TEXT = ("job", "marital", "education", "default", "housing", "loan", "contact", "month")
CATEGORIES = (*TEXT, "day_of_week", "poutcome")
# What anybody would say of a customer who is called: more calls in one campaign and more days
# since the last contact are no better, more contacts before are no worse.
DIRECTIONS: dict[str, Direction] = {"campaign": "down", "pdays": "down", "previous": "up"}
Predict = Callable[[pd.DataFrame, np.ndarray, pd.DataFrame], np.ndarray]


def read(path: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Fields of each call (n × 19) and whether it ended in a subscription (n, 0 or 1)."""
    table = pd.read_csv(path, sep=";", na_values=["unknown"]).drop(columns="duration")
    labels = (table.pop("y") == "yes").to_numpy(dtype=np.int64)
    table["pdays"] = table["pdays"].where(table["pdays"] != 999)
    return table, labels


def bank_features(frame: pd.DataFrame) -> tuple[Feature, ...]:
    """One feature a column."""
    return tuple(
        Feature(
            str(name),
            str(name),
            Dimension.FIT,
            FeatureKind.CATEGORICAL if name in CATEGORIES else FeatureKind.NUMERIC,
            direction=DIRECTIONS.get(str(name), "free"),
        )
        for name in frame.columns
    )


def combination(
    frame: pd.DataFrame, labels: np.ndarray, new: pd.DataFrame, free: bool
) -> np.ndarray:
    """Probabilities of the combination alone; ``free``: no feature keeps its direction."""
    features = bank_features(frame)
    if free:
        features = tuple(replace(feature, direction="free") for feature in features)
    moments = np.full(len(frame), np.datetime64("2008-05-01"))
    recipe = Recipe(frame, labels, moments, features, SEED, np.arange(len(labels)))
    scorecard = learn_scorecard(recipe, COMBINATION, np.arange(len(labels)), None)
    return scorecard.score(new).probability


def ours(frame: pd.DataFrame, labels: np.ndarray, new: pd.DataFrame) -> np.ndarray:
    """Probabilities of Leadflow's scorecard, learned without dates."""
    moments = np.full(len(frame), np.datetime64("2008-05-01"))
    training = train(frame, labels, moments, bank_features(frame), seed=SEED)
    return training.scorecard.score(new).probability


def in_date_order(frame: pd.DataFrame, labels: np.ndarray) -> Training:
    """Learned on the first four fifths of the calls and judged on the last, as in service."""
    moments = np.datetime64("2008-05-01") + np.arange(len(frame)) * np.timedelta64(32, "m")
    return train(frame, labels, moments, bank_features(frame), seed=SEED)


def out_of_fold(
    frame: pd.DataFrame, labels: np.ndarray, ways: dict[str, Predict], console: Console
) -> dict[str, Metrics]:
    """Metrics of each way to predict, on calls its model had not seen; the same folds for all."""
    from sklearn.model_selection import StratifiedKFold

    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(frame, labels))
    predicted = {name: np.empty(len(labels)) for name in ways}
    for learned, held in track(folds, "Folds", console=console):
        for name, predict in ways.items():
            predicted[name][held] = predict(frame.iloc[learned], labels[learned], frame.iloc[held])
    return {name: evaluate(probability, labels) for name, probability in predicted.items()}


def latest_peers(frame: pd.DataFrame, labels: np.ndarray) -> dict[str, float]:
    """AUC of plain models on the last fifth of the calls, learned on the first four."""
    cut = len(frame) - len(frame) // 5
    past, latest = frame.iloc[:cut], frame.iloc[cut:]
    ways = {
        "default gradient boosting": gradient_boosting,
        "default random forest": random_forest,
        "default logistic regression": logistic_regression,
    }
    return {
        name: auc(predict(past, labels[:cut], latest), labels[cut:])
        for name, predict in ways.items()
    }


def rows_of(metrics: dict[str, Metrics], dated: Training, peers: dict[str, float]) -> list[Row]:
    """Our metrics with their bounds beside each peer's, then the date order as information."""
    own = metrics["ours"]
    rows = []
    for peer, theirs in metrics.items():
        if peer in ("ours", DIRECTED, FREE):
            continue
        rows += [
            Row("AUC", own.auc, "", at_least=0.804, peer=peer, peer_value=theirs.auc),
            Row("Brier score", own.brier, "", at_most=0.0765, peer=peer, peer_value=theirs.brier),
            Row("ECE, 15 bins", own.ece, "", at_most=0.010, peer=peer, peer_value=theirs.ece),
        ]
    cost = metrics[FREE].auc - metrics[DIRECTED].auc
    rows.append(
        Row("AUC that directions cost", cost, "", None, 0.002, FREE, metrics[FREE].auc),
    )
    chosen = dated.latest.auc
    rows += [
        Row("AUC on the latest fifth, automatic choice", chosen, "", 0.74, None, peer, theirs)
        for peer, theirs in peers.items()
    ]
    best = max(candidate.latest.auc for candidate in dated.candidates)
    rows.append(Row("… behind the best candidate by", best - chosen, "", at_most=0.01))
    for candidate in dated.candidates:
        taken = " (chosen)" if candidate.name == dated.chosen else ""
        name = f"AUC on the latest fifth: {candidate.name}{taken}"
        rows.append(Row(name, candidate.latest.auc, ""))
    return rows


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold, 2 without the data."""
    settings, console = get_settings(), Console(width=None if sys.stdout.isatty() else 120)
    path = settings.real_data / FILE
    if not path.exists():
        console.print(
            f"{path} is not there. Download “Bank Marketing” (bank-additional-full.csv) from the "
            "UCI Machine Learning Repository, put it there, or point LEADFLOW_REAL_DATA at the "
            "folder that holds bank_marketing/.",
            soft_wrap=True,
        )
        return 2
    frame, labels = read(path)
    ways: dict[str, Predict] = {
        "ours": ours,
        DIRECTED: partial(combination, free=False),
        FREE: partial(combination, free=True),
        "default random forest": random_forest,
        "naive Bayes per field": naive_bayes,
    }
    metrics = out_of_fold(frame, labels, ways, console)
    dated = in_date_order(frame, labels)
    title = f"{len(labels):,} calls, {labels.mean():.1%} converted, {FOLDS} folds"
    rows = rows_of(metrics, dated, latest_peers(frame, labels))
    rows += judgement(frame, labels, bank_features(frame))
    code = publish("model", title, rows, settings.home, console)
    console.print(f"In date order: {dated.why}")
    return code


if __name__ == "__main__":
    sys.exit(main())

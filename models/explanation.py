"""Reasons in words: the contributions that weigh most, with the lead's own values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature
from models.encoding import Matrix
from models.scores import Scores

FOR, AGAINST = 3, 2
LEAST_POINTS = 0.05
NONE = -1
Places = np.ndarray[Any, np.dtype[np.int16]]
Texts = np.ndarray[Any, np.dtype[np.object_]]
Columns = Mapping[str, Any] | pd.DataFrame


def strongest(contributions: Matrix) -> Places:
    """Places (n × 5) of up to three features that speak for a lead, then of up to two against it,
    strongest first; ``NONE`` where there are fewer."""
    order = np.argsort(-contributions, axis=1, kind="stable")
    picked = np.full((len(contributions), FOR + AGAINST), NONE, dtype=np.int16)
    rows = np.arange(len(contributions))
    width = contributions.shape[1]
    for rank in range(min(FOR, width)):
        place = order[:, rank]
        speaks = contributions[rows, place] >= LEAST_POINTS
        picked[:, rank] = np.where(speaks, place, NONE)
    for rank in range(min(AGAINST, width)):
        place = order[:, width - 1 - rank]
        speaks = contributions[rows, place] <= -LEAST_POINTS
        picked[:, FOR + rank] = np.where(speaks, place, NONE)
    return picked


def texts(features: Sequence[Feature], places: Places, columns: Columns) -> Texts:
    """What each place says (n × 5) with the lead's own value; None where there is no place.

    ``columns`` are the leads' values by feature name, a sequence of n each.
    """
    said = np.full(places.shape, None, dtype=object)
    for place in set(places.ravel().tolist()) - {NONE}:
        feature = features[place]
        rows, ranks = np.nonzero(places == place)
        # Leads share most values, so that each is put into words once.
        values = _picked(columns[feature.name], rows)
        if feature.whole:
            values = [value if value is None else float(int(value)) for value in values]
        words = {value: feature.sentence(value) for value in set(values)}
        said[rows, ranks] = [words[value] for value in values]
    return said


def all_reasons(scores: Scores, columns: Columns) -> list[list[dict[str, Any]]]:
    """For each lead up to three reasons for it, then up to two against, strongest first.

    Each is ``{"feature", "text", "points"}``.
    """
    places = strongest(scores.contributions)
    said = texts(scores.features, places, columns)
    return [
        [
            {
                "feature": scores.features[place].name,
                "text": text,
                "points": round(float(scores.contributions[row, place]), 1),
            }
            for place, text in zip(places[row], said[row], strict=True)
            if place != NONE
        ]
        for row in range(len(places))
    ]


def _picked(column: Any, rows: "np.ndarray[Any, Any]") -> list[Any]:
    """The column's values in these rows; what is missing is None, since NaN equals nothing."""
    values = np.asarray(column, dtype=object)[rows].tolist()
    return [None if value != value else value for value in values]

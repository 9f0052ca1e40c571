"""How improbable it is that two leads have the same values by chance."""

import numpy as np

from models.calibration import Vector

# So many leads suffice to see which features go together.
ENOUGH = 3000
# A value of another feature tells this one's only where so many leads have it on average; how many
# imagined leads at the overall share are added to them.
FEWEST_EACH, HELD = 10, 5.0
# Features go together where one takes away so much of the other's surprise.
TAKEN_AWAY = 0.3


def surprise(codes: np.ndarray) -> Vector:
    """How improbable each value (f features × n leads, as whole numbers from 0) is, given the one
    feature that tells most of it: the negative logarithm of its share.

    Features that say the same in other words (minutes and seconds, city and country) are not
    counted twice; a tree of pairs comes close to all that goes together (Chow and Liu, 1968).
    """
    result = np.array([_alone(of_one) for of_one in codes])
    order = np.argsort([-len(np.unique(of_one)) for of_one in codes], kind="stable")
    some = codes[:, :: max(1, codes.shape[1] // ENOUGH)]
    for place, feature in enumerate(order):
        found = [
            (float(_given(some[feature], some[other]).mean()), other) for other in order[:place]
        ]
        told, parent = min(found, default=(np.inf, feature))
        if told < (1 - TAKEN_AWAY) * float(_alone(some[feature]).mean()):
            result[feature] = np.minimum(result[feature], _given(codes[feature], codes[parent]))
    return result


def _alone(codes: np.ndarray) -> Vector:
    return np.asarray(np.log(len(codes) / np.bincount(codes)[codes]))


def _given(codes: np.ndarray, parent: np.ndarray) -> Vector:
    """Surprise at each value (n) where another feature's is known, by other leads than itself."""
    alone = np.exp(-_alone(codes))
    of_parent = np.bincount(parent)
    if len(codes) < FEWEST_EACH * np.count_nonzero(of_parent):
        return -np.log(alone)
    _, pair, counts = np.unique(
        parent * (int(codes.max()) + 1) + codes, return_inverse=True, return_counts=True
    )
    told = counts[pair] - 1 + HELD * alone
    return np.asarray(-np.log(told / (of_parent[parent] - 1 + HELD)))

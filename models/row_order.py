"""An order of leads that depends on what they are, not on where they stood.

What a seed draws goes by places: which lead is held back, which sample a tree is grown on. In this
order the same leads have the same places, however a file or a database happened to list them.
"""

import json
from hashlib import sha256

import numpy as np
import pandas as pd

from models.categories import folded

MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
HALF = np.uint64(32)


def canonical_order(
    frame: pd.DataFrame, labels: np.ndarray, moments: np.ndarray | None = None
) -> np.ndarray:
    """The places of n leads in order of their moments, leads of one moment in an order as good as
    random that their values and outcomes decide. The order of the columns plays no part."""
    draw = mixed(content(frame) + mixed(labels.astype(np.uint64)))
    ids = pd.util.hash_pandas_object(frame.index, index=False).to_numpy()
    keys = (ids, draw) if moments is None else (ids, draw, moments)
    return np.lexsort(keys)


def data_fingerprint(frame: pd.DataFrame, labels: np.ndarray) -> str:
    """SHA-256 of what was learned from, the same in whatever order the leads come."""
    rows = np.sort(content(frame) + mixed(labels.astype(np.uint64)))
    return sha256(json.dumps(sorted(map(str, frame.columns))).encode() + rows.tobytes()).hexdigest()


def content(frame: pd.DataFrame) -> np.ndarray:
    """A number (n, of 64 bits) a row, the same for the same values by name."""
    total = np.zeros(len(frame), dtype=np.uint64)
    for name in frame.columns:
        salt = pd.util.hash_array(np.array([str(name)], dtype=object))
        total += mixed(value_hashes(frame[name]) + salt)
    return total


def value_hashes(column: pd.Series) -> np.ndarray:
    """A number (n, of 64 bits) a value; one for all that are missing. Texts that differ only in
    case or outer spaces are one."""
    if column.dtype.kind in "iufb":
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        # There are two noughts and many ways to be no number.
        plain = np.where(np.isnan(values), np.nan, values + 0.0)
        return mixed(np.ascontiguousarray(plain).view(np.uint64))
    places, different = pd.factorize(column)
    texts = np.array([*(folded(value) for value in different), ""], dtype=object)
    return np.asarray(pd.util.hash_array(texts)[places])


def mixed(numbers: np.ndarray) -> np.ndarray:
    """Numbers spread evenly over 64 bits (Steele, Lea, Flood, 2014)."""
    result = numbers + np.uint64(0x9E3779B97F4A7C15)
    for factor in MIX:
        result = (result ^ (result >> HALF)) * factor
    return np.asarray(result ^ (result >> HALF))

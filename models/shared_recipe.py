"""The data of a training in files, for other processes to learn from.

A process reads it once, whatever number of models it learns; what is asked of it is then the name
of a kind of model, and the number of the part to learn from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.feature import Feature
from models.recipe import Recipe
from models.scorecard import Part

FRAME, ARRAYS = "leads.parquet", "arrays.npz"


@dataclass(frozen=True)
class SharedRecipe:
    """A recipe whose data lie in a folder that every process reaches which learns from it."""

    folder: str
    features: tuple[Feature, ...]
    seed: int

    @staticmethod
    def write(recipe: Recipe, parts: Sequence[np.ndarray], folder: Path) -> "SharedRecipe":
        """Write the data, and the rows of each part of it that will be asked for by number."""
        recipe.frame.to_parquet(folder / FRAME)
        numbered: dict[str, Any] = {f"part_{number}": rows for number, rows in enumerate(parts)}
        np.savez(
            folder / ARRAYS,
            labels=recipe.labels,
            moments=recipe.moments,
            units=recipe.units,
            **numbered,
        )
        return SharedRecipe(str(folder), recipe.features, recipe.seed)

    def load(self) -> None:
        """Read the data, for this process to have them at hand."""
        _read(self.folder)

    def learn(self, name: str, part: int) -> Part:
        """A kind of model learned from a numbered part of the data."""
        frame, arrays = _read(self.folder)
        labels, moments, units = (arrays[key] for key in ("labels", "moments", "units"))
        recipe = Recipe(frame, labels, moments, self.features, self.seed, units)
        return recipe.learn_anew(name, arrays[f"part_{part}"])


@lru_cache(maxsize=1)
def _read(folder: str) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    with np.load(Path(folder) / ARRAYS) as found:
        return pd.read_parquet(Path(folder) / FRAME), dict(found)

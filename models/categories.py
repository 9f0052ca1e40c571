"""Categories as codes: frequent ones have their own, rare ones share, unseen ones stand apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.normal_forms import compared
from models.rare_categories import MIDDLE, group

MOST_CATEGORIES = 40
MOST_GROUPED, FEWEST_GROUPED = 5000, 3
Codes = np.ndarray


@dataclass(frozen=True)
class Texts:
    """A column as numbers: ``of_row`` is each row's place in ``different``, -1 where missing."""

    of_row: Codes
    different: tuple[str, ...]

    @staticmethod
    def of(column: pd.Series) -> "Texts":
        """Texts that differ only in case, spaces or how accents and quotes are written are one."""
        places, values = pd.factorize(column)
        same: dict[str, int] = {}
        renamed = [_place(same, folded(value)) for value in values]
        return Texts(np.array([*renamed, -1])[places], tuple(same))

    def coded(self, codes: Mapping[str, float], unseen: float, missing: float) -> np.ndarray:
        """The code of each row's text."""
        table = [codes.get(text, unseen) for text in self.different]
        return np.take(np.array([*table, missing], dtype=np.float64), self.of_row)


@dataclass(frozen=True)
class LearnedCodes:
    """The categories of one feature: ``kept`` with codes from 0, then "another", then groups of
    rare ones; ``unseen`` is the code of a value never met. ``of_row`` codes the rows learned from,
    without any row's own label."""

    kept: tuple[str, ...]
    groups: Mapping[str, int]
    unseen: int
    of_row: np.ndarray


def folded(value: object) -> str:
    """A text without what makes no difference."""
    return compared(value)


def learn_codes(texts: Texts, labels: np.ndarray | None, folds: Codes) -> LearnedCodes:
    """Give each category its code; rare ones are grouped where labels (n, 0 or 1) are given."""
    counts = np.bincount(texts.of_row[texts.of_row >= 0], minlength=len(texts.different))
    ranked = sorted(range(len(counts)), key=lambda i: (-counts[i], texts.different[i]))
    fewest = max(5, len(texts.of_row) // 500)
    kept = [place for place in ranked[:MOST_CATEGORIES] if counts[place] >= fewest]
    names = tuple(texts.different[place] for place in kept)
    another = len(kept)
    of_row = texts.coded({name: float(c) for c, name in enumerate(names)}, another, np.nan)
    if labels is None:
        return LearnedCodes(names, {}, another, of_row)
    rare = [place for place in ranked[another:MOST_GROUPED] if counts[place] >= FEWEST_GROUPED]
    groups = _group(texts, rare, labels, folds, another, of_row)
    unseen = _unseen(of_row, labels, another, bool(groups), fewest)
    return LearnedCodes(names, groups, unseen, of_row)


def _group(
    texts: Texts,
    rare: list[int],
    labels: np.ndarray,
    folds: Codes,
    another: int,
    of_row: np.ndarray,
) -> dict[str, int]:
    """The code of each rare category; ``of_row`` is filled in."""
    numbers = np.full(len(texts.different) + 1, -1)
    numbers[rare] = np.arange(len(rare))
    number = numbers[texts.of_row]
    rows = number >= 0
    found = group(number[rows], labels[rows], folds[rows], len(rare)) if rows.any() else None
    if found is None:
        return {}
    of_row[rows] = np.where(found.of_lead < 0, another, another + 1 + found.of_lead)
    return {
        texts.different[place]: another + 1 + int(code)
        for place, code in zip(rare, found.of_category, strict=True)
    }


def _unseen(
    of_row: np.ndarray, labels: np.ndarray, another: int, grouped: bool, fewest: int
) -> int:
    """The code for values never met: "another" where enough rows have taught it, else the group or
    the category whose rate is nearest to the average."""
    if (of_row == another).sum() >= fewest:
        return another
    if grouped:
        return another + 1 + MIDDLE
    known = of_row[~np.isnan(of_row)].astype(np.int64)
    counts = np.bincount(known, minlength=another + 1)[:another]
    if not counts.any():
        return another
    converted = np.bincount(known, labels[~np.isnan(of_row)], minlength=another + 1)[:another]
    return int(np.argmin(np.abs(converted / np.maximum(counts, 1) - labels.mean())))


def _place(known: dict[str, int], text: str) -> int:
    return known.setdefault(text, len(known)) if text else -1

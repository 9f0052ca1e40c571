"""The effect of each salesperson on a lead's odds, by segment, shrunk towards the team. Pure.

A lead's own quality is taken out first: what counts is how many more leads converted than the score
expected. With O converted, E = Σp expected and V = Σp(1 − p), (O − E) / V estimates the log of the
odds ratio with variance 1 / V (the one-step estimate of Peto; S. Yusuf and others, "Beta blockade
during and after myocardial infarction", Progress in Cardiovascular Diseases 27, 1985).

These estimates are then shrunk by empirical Bayes in two steps (B. Efron and C. Morris, "Stein's
estimation rule and its competitors", JASA 68, 1973; two levels as in A. Gelman and others, Bayesian
Data Analysis, chapter 5): a salesperson's effect is normal around the team's with deviation
``between``, and their effect in a segment normal around their own with deviation ``within``. What
all have in common in a segment is taken out before. Both
deviations are those that make the data most likely; where nothing tells salespeople apart they are
0, and everybody is expected to do as the team does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Deviations of log-odds that are tried; a factor of e in the odds is far for a salesperson.
GRID = np.concatenate([[0.0], np.geomspace(0.02, 1.2, 40)])
# Likelier than no difference by less than this (in log-likelihood, about 1 in 30 by chance) is no
# evidence of one.
EVIDENCE = 3.0
ROWS_AT_A_TIME = 2_000
STEPS = 100


@dataclass(frozen=True)
class Counts:
    """What came of past leads, each (reps, segments): how many they were, how many converted, what
    was expected of them (Σp), and its variance (Σp(1 − p)).

    Expected is what the score said, its odds multiplied by one number for all, so that as many are
    expected as converted: a score that says too much or too little in general is nobody's merit.
    """

    leads: Floats
    converted: Floats
    expected: Floats
    variance: Floats

    @classmethod
    def of(
        cls,
        rep: NDArray[np.integer],
        segment: NDArray[np.integer],
        probability: Floats,
        converted: NDArray[np.bool_] | Floats,
        shape: tuple[int, int],
        leads: Floats | None = None,
    ) -> "Counts":
        """Counted from one row a lead, or from rows of so many ``leads`` of about the same
        probability, ``converted`` of which did; ``shape`` is (reps, segments)."""
        many = np.ones(len(rep)) if leads is None else leads
        expected = _recalibrated(probability, many, float(converted.sum()))
        cell = rep * shape[1] + segment

        def added(weights: Floats) -> Floats:
            total = np.bincount(cell, weights, shape[0] * shape[1]).astype(float)
            return total.reshape(shape)

        return cls(
            leads=added(many),
            converted=added(converted.astype(float)),
            expected=added(many * expected),
            variance=added(many * expected * (1 - expected)),
        )


@dataclass(frozen=True, eq=False)
class RepEffects:
    """What salespeople add to log-odds. ``rep`` and ``rep_error`` (reps,): in segments without
    history; ``cell`` and ``cell_error`` (reps, segments): in all; errors are standard deviations.
    ``between`` and ``within``: how far salespeople differ, and one salesperson's segments;
    ``leads`` (reps,) and ``converted`` of them: what this rests on."""

    rep_ids: tuple[str, ...]
    segments: tuple[str, ...]
    rep: Floats
    rep_error: Floats
    cell: Floats
    cell_error: Floats
    between: float
    within: float
    leads: Floats
    converted: float = 0.0

    @property
    def apart(self) -> bool:
        """Whether what came of past leads tells salespeople apart by more than chance."""
        return self.between > 0 or self.within > 0

    def probability(self, segments: Sequence[str], probability: Floats) -> NDArray[np.float32]:
        """The probability of converting with each salesperson, (leads, reps), of leads of these
        segments that the score gives these probabilities."""
        factors = np.exp(np.vstack([self.cell.T, self.rep])).astype(np.float32)
        known = self._places
        rows = np.array([known.get(segment, len(known)) for segment in segments], dtype=np.intp)
        bounded = np.clip(probability, 1e-9, 1 - 1e-9)
        odds = (bounded / (1 - bounded)).astype(np.float32)
        result = np.empty((len(rows), len(self.rep)), dtype=np.float32)
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            product = factors[rows[part]] * odds[part, None]
            result[part] = product / (1 + product)
        return result

    def place(self, segment: str) -> int:
        """The place of a segment, the one after the last for all without history."""
        return self._places.get(segment, len(self.segments))

    def effect(self, segments: NDArray[np.intp], reps: NDArray[np.intp]) -> Floats:
        """What these salespeople add in these segments (places), pair by pair."""
        added: Floats = np.column_stack([self.cell, self.rep])[reps, segments]
        return added

    def drawn(self, draw: np.random.Generator) -> "RepEffects":
        """Effects as they might really be: one draw of what is left uncertain."""
        shared = draw.normal(0, 1, len(self.rep))
        own_error = np.sqrt(np.maximum(self.cell_error**2 - self.rep_error[:, None] ** 2, 0))
        own = draw.normal(0, 1, self.cell.shape) * own_error
        moved = shared * self.rep_error
        return RepEffects(
            self.rep_ids,
            self.segments,
            self.rep + moved,
            self.rep_error,
            self.cell + moved[:, None] + own,
            self.cell_error,
            self.between,
            self.within,
            self.leads,
            self.converted,
        )

    @cached_property
    def _places(self) -> dict[str, int]:
        return {segment: place for place, segment in enumerate(self.segments)}


def fit_effects(counts: Counts, rep_ids: Sequence[str], segments: Sequence[str]) -> RepEffects:
    """Effects from what came of past leads; of whom nothing is known, the team's: 0."""
    seen = counts.variance > 0
    variance = np.where(seen, counts.variance, 1.0)
    surplus = np.where(seen, counts.converted - counts.expected, 0.0)
    precision = np.where(seen, counts.variance, 0.0)
    team = surplus.sum() / max(precision.sum(), 1e-12)
    estimate = np.where(seen, surplus / variance - team, 0.0)
    estimate = np.where(seen, estimate - _of_segments(estimate, precision), 0.0)
    between, within = _deviations(estimate, precision)
    weight = _weights(precision, within)
    total = weight.sum(axis=1)
    rep_variance = between**2 / (1 + between**2 * total)
    rep = rep_variance * (weight * estimate).sum(axis=1)
    pull = within**2 * precision / (1 + within**2 * precision)
    cell = rep[:, None] + pull * (estimate - rep[:, None])
    left = within**2 * (1 - pull) + (1 - pull) ** 2 * rep_variance[:, None]
    return RepEffects(
        rep_ids=tuple(rep_ids),
        segments=tuple(segments),
        rep=rep,
        rep_error=np.sqrt(rep_variance),
        cell=cell,
        cell_error=np.sqrt(left),
        between=between,
        within=within,
        leads=counts.leads.sum(axis=1),
        converted=float(counts.converted.sum()),
    )


def _of_segments(estimate: Floats, precision: Floats) -> Floats:
    """What a segment has in common for those who work in others too, (segments,): there the score
    is wrong, which is nobody's merit. Shrunk towards nothing by how far segments differ beyond
    chance (the moments of R. DerSimonian and N. Laird, Controlled Clinical Trials 7, 1986)."""
    weight, of_rep = precision.sum(axis=0), precision.sum(axis=1, keepdims=True)
    known = weight > 0
    if known.sum() < 2:
        return np.zeros(precision.shape[1])
    own = (precision * estimate).sum(axis=1, keepdims=True) / np.where(of_rep > 0, of_rep, 1.0)
    total = (precision * (estimate - own)).sum(axis=0)
    mean = np.where(known, total / np.where(known, weight, 1.0), 0.0)
    surplus = (weight * mean**2).sum() - (known.sum() - 1)
    spread = max(0.0, surplus / max(weight.sum() - (weight**2).sum() / weight.sum(), 1e-12))
    shrunk: Floats = mean * spread * weight / (1 + spread * weight)
    return shrunk


def no_effects(rep_ids: Sequence[str]) -> RepEffects:
    """Everybody does as the team does: what is assumed before there is history."""
    size = len(rep_ids)
    nothing = Counts(*(np.zeros((size, 0)) for _ in range(4)))
    return fit_effects(nothing, rep_ids, ())


def _recalibrated(probability: Floats, leads: Floats, converted: float) -> Floats:
    """The probabilities with all odds multiplied by one number, so that as many are expected as
    converted; Newton's method on its logarithm. Nobody or everybody: half a lead less."""
    bounded = np.clip(probability, 1e-6, 1 - 1e-6)
    logit, total = np.log(bounded / (1 - bounded)), leads.sum()
    goal = np.clip(converted, 0.5, max(total - 0.5, 0.5))
    shift, moved = 0.0, bounded
    for _ in range(STEPS):
        moved = 1 / (1 + np.exp(-(logit + shift)))
        slope = (leads * moved * (1 - moved)).sum()
        step = (goal - (leads * moved).sum()) / max(slope, 1e-9)
        shift += float(np.clip(step, -1, 1))
        if abs(step) < 1e-9:
            break
    return moved


def _weights(precision: Floats, within: float) -> Floats:
    """What each segment says about a salesperson: 1 / (1 / precision + within²)."""
    weight: Floats = precision / (1 + within**2 * precision)
    return weight


def _deviations(estimate: Floats, precision: Floats) -> tuple[float, float]:
    """The deviations between and within salespeople that make the estimates most likely."""
    if not precision.any():
        return 0.0, 0.0
    likelihood = np.array([_log_likelihoods(estimate, precision, within) for within in GRID]).T
    if likelihood[0, 0] >= likelihood.max() - EVIDENCE:
        return 0.0, 0.0
    between, within = np.unravel_index(likelihood.argmax(), likelihood.shape)
    return float(GRID[between]), float(GRID[within])


def _log_likelihoods(estimate: Floats, precision: Floats, within: float) -> Floats:
    """Of all estimates, for each deviation ``between`` of the grid (n,), marginal over the effects,
    but for a constant: normal with variances 1 / precision + within² and, among the segments of one
    salesperson, covariance between²."""
    weight = _weights(precision, within)
    total, mean = weight.sum(axis=1), (weight * estimate).sum(axis=1)
    squared = GRID[:, None] ** 2
    explained = (squared * mean**2 / (1 + squared * total)).sum(axis=1)
    determinants = np.log1p(within**2 * precision).sum() + np.log1p(squared * total).sum(axis=1)
    likelihoods: Floats = -0.5 * ((weight * estimate**2).sum() - explained + determinants)
    return likelihoods

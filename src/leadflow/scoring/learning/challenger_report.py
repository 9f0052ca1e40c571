"""The report for a promotion: champion and challenger on the same leads, and what would change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from leadflow.scoring.learning.fair_leads import Judged, as_datetime, later_leads, refitted_leads
from leadflow.scoring.learning.opponents import Opponent
from leadflow.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from models.calibration import Vector
    from models.gate_report import Curves, Evidence
    from models.leak import Leak
    from models.refitting import Refitting
    from models.scores import Scorer, Scores
    from models.segments import Segment
    from models.training import Training

# Scores that differ by less are the same: they are shown in whole points.
SAME_POINTS = 0.05


def judge(training: "Training", champion: Opponent, settings: Settings) -> "Evidence":
    """A training beside what serves, on leads that neither had learned from: those later than what
    serves has learned from, else the latest ones after both recipes were learned anew without
    them."""
    from models.model_card import training_segments

    latest = training.judged_on
    units = latest.units
    judged = later_leads(latest.frame, latest.labels, latest.moments, [champion])
    theirs = score(champion.scorer, judged.frame).probability
    ours = latest.probability[judged.rows]
    if judged.needed:
        challenger = Opponent(training.scorecard, "challenger", None, training.recipe_name)
        refitted = refit(training.refitting, champion, challenger)
        if refitted is not None:
            judged, (theirs, ours) = refitted
    return evidence(
        champion,
        training.scorecard,
        judged,
        (theirs, ours),
        training.leaks,
        training_segments(training),
        settings,
        units,
    )


def refit(
    refitting: "Refitting", champion: Opponent, challenger: Opponent
) -> "tuple[Judged, tuple[Vector, Vector]] | None":
    """The latest leads, with the chances that both give them after each recipe has learned from the
    same past; None where that says nothing, because the recipes are the same, or one cannot be
    followed any more. What never learned is judged as it is."""
    if champion.recipe == challenger.recipe:
        return None
    recipe, latest = refitting.recipe, refitting.latest
    frame = recipe.frame.iloc[latest]

    def chances(one: Opponent) -> "Vector | None":
        if one.recipe is None:
            return score(one.scorer, frame).probability
        return refitting.probability(one.recipe)

    theirs, ours = chances(champion), chances(challenger)
    if theirs is None or ours is None:
        return None
    until = as_datetime(recipe.moments[refitting.past].max())
    past = len(refitting.past)
    judged = refitted_leads(frame, recipe.labels[latest], recipe.moments[latest], past, until)
    return judged, (theirs, ours)


def evidence(
    champion: Opponent,
    challenger: "Scorer",
    judged: Judged,
    probabilities: "tuple[Vector, Vector]",
    leaks: "Sequence[Leak]",
    segments: "Sequence[Segment]",
    settings: Settings,
    units: "np.ndarray",
) -> "Evidence":
    """Everything the gate's report says; ``probabilities`` are the champion's and the challenger's
    of the judged leads, by what had not learned from them. Without such there is no verdict.

    ``units`` has one number for all copies of a lead, of each of those the judged were taken from.
    """
    from models.comparison import compare, level_shifts
    from models.gate_report import Evidence
    from models.leaks import too_good
    from models.scorecard import importance

    before, after = (score(one, judged.frame) for one in (champion.scorer, challenger))
    same = bool((abs(after.total - before.total) < SAME_POINTS).all())
    told = not judged.needed and not same
    found = compare(*probabilities, judged.labels, units=units[judged.rows]) if told else None
    if found is not None and not leaks:
        weights = importance(challenger, complete(challenger, judged.frame))
        leaks = too_good(found.auc.challenger, settings.suspicious_auc, weights)
    return Evidence(
        champion=champion.name,
        judged_on=judged.words,
        comparison=found,
        needed="" if same else judged.needed,
        shifts=level_shifts(before.total, after.total, lowest_totals(settings)),
        segments=segments,
        leaks=leaks,
        curves=_curves(probabilities, judged.labels) if told else None,
    )


def _curves(
    probabilities: "tuple[Vector, Vector]", labels: "np.ndarray"
) -> "tuple[Curves, Curves]":
    from models.evaluation import calibration_table, lift_table
    from models.gate_report import Curves

    champion, challenger = (
        Curves(calibration_table(one, labels), lift_table(one, labels)) for one in probabilities
    )
    return champion, challenger


def score(scorer: "Scorer", frame: "pd.DataFrame") -> "Scores":
    """Scores of a frame that may lack columns an older model knew: they count as not known."""
    return scorer.score(complete(scorer, frame))


def complete(scorer: "Scorer", frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with every column the scorer looks at; those that it lacks are empty."""
    absent = [feature.name for feature in scorer.features if feature.name not in frame]
    return frame.assign(**dict.fromkeys(absent))


def lowest_totals(settings: Settings) -> dict[str, float]:
    """The lowest total of each level."""
    return {
        "unqualified": 0.0,
        "cold": settings.cold_from,
        "warm": settings.warm_from,
        "hot": settings.hot_from,
    }

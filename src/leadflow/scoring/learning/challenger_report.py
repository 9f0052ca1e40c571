"""The report for a promotion: champion and challenger on the same leads, and what would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from leadflow.database.engine import unit_of_work
from leadflow.scoring.serving.champion import VersionNotApproved, approved_champion, registry
from leadflow.settings import Settings
from models.refused import ModelAltered

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from models.calibration import Vector
    from models.gate_report import Evidence
    from models.leaks import Leak
    from models.scores import Scorer, Scores
    from models.segments import Segment
    from models.training import Training

# Fewest converted, and fewest other, leads to compare two models on.
FEWEST = 20
THE_RUBRIC = "the expert rubric"


@dataclass(frozen=True)
class Opponent:
    """What serves: a scorer, its name in words, and the last moment it learned from."""

    scorer: "Scorer"
    name: str
    learned_until: datetime | None


@dataclass(frozen=True)
class Judged:
    """The leads two models are compared on (n), and in words which these are."""

    frame: "pd.DataFrame"
    labels: "np.ndarray"
    rows: "np.ndarray"
    words: str


def judge(training: "Training", champion: Opponent, settings: Settings) -> "Evidence":
    """A training beside what serves, on the leads its recipe had not learned from."""
    from models.model_card import training_segments

    latest = training.judged_on
    judged = later_leads(latest.frame, latest.labels, latest.moments, [champion])
    return evidence(
        champion,
        training.scorecard,
        judged,
        latest.probability[judged.rows],
        training.leaks,
        training_segments(training),
        settings,
    )


def later_leads(
    frame: "pd.DataFrame",
    labels: "np.ndarray",
    moments: "np.ndarray",
    learned: Sequence[Opponent],
    otherwise: float = 1.0,
) -> Judged:
    """Those of n leads, in order of their moments, that none of these had learned from; where they
    are too few, the newest share ``otherwise`` of all, which is said."""
    import numpy as np

    until = [one.learned_until for one in learned if one.learned_until is not None]
    if not until:
        rows = _newest(labels, otherwise)
        return Judged(frame.iloc[rows], labels[rows], rows, f"{_leads(labels[rows])}.")
    names = " and ".join(one.name for one in learned if one.learned_until is not None)
    cut = np.datetime64(max(until).astimezone(UTC).replace(tzinfo=None), "us")
    rows = np.flatnonzero(moments >= cut)
    if _fewer_outcome(labels[rows]) >= FEWEST:
        words = f"{_leads(labels[rows])}, all later than those {names} learned from."
    else:
        rows = _newest(labels, otherwise)
        words = (
            f"{_leads(labels[rows])}. Too few leads are later than those {names} learned from, "
            "and what learned from some of these is favoured by it."
        )
    return Judged(frame.iloc[rows], labels[rows], rows, words)


def _newest(labels: "np.ndarray", share: float) -> "np.ndarray":
    """The places of the newest share of n leads; of all where that holds too few of an outcome."""
    import numpy as np

    rows = np.arange(int(len(labels) * (1 - share)), len(labels))
    return rows if _fewer_outcome(labels[rows]) >= FEWEST else np.arange(len(labels))


def _fewer_outcome(labels: "np.ndarray") -> int:
    return int(min(labels.sum(), len(labels) - labels.sum()))


def serving_opponent(settings: Settings) -> Opponent:
    """What serves now. A champion that is refused cannot be compared with: the rubric takes its
    place, and its name says so."""
    from models.rubric import Rubric

    models, rubric = registry(settings), Rubric.load()
    try:
        with unit_of_work() as session:
            champion = approved_champion(session, models)
        if champion is None:
            return Opponent(rubric, THE_RUBRIC, None)
        scorecard = models.load(champion)
    except (ModelAltered, VersionNotApproved) as error:
        return Opponent(rubric, f"{THE_RUBRIC} (the champion is refused: {error})", None)
    name = f"champion version {champion.version}"
    return Opponent(scorecard, name, models.facts_of(champion).last_moment)


def evidence(
    champion: Opponent,
    challenger: "Scorer",
    judged: Judged,
    probability: "Vector",
    leaks: "Sequence[Leak]",
    segments: "Sequence[Segment]",
    settings: Settings,
) -> "Evidence":
    """Everything the gate's report says; ``probability`` is the challenger's of the judged leads,
    by a recipe that had not learned from them where that can be had."""
    from models.comparison import compare, level_shifts
    from models.gate_report import Evidence

    before, after = (score(one, judged.frame) for one in (champion.scorer, challenger))
    return Evidence(
        champion=champion.name,
        judged_on=judged.words,
        comparison=compare(before.probability, probability, judged.labels),
        shifts=level_shifts(before.total, after.total, lowest_totals(settings)),
        segments=segments,
        leaks=leaks,
    )


def score(scorer: "Scorer", frame: "pd.DataFrame") -> "Scores":
    """Scores of a frame that may lack columns an older model knew: they count as not known."""
    absent = [feature.name for feature in scorer.features if feature.name not in frame]
    return scorer.score(frame.assign(**dict.fromkeys(absent)))


def lowest_totals(settings: Settings) -> dict[str, float]:
    """The lowest total of each level."""
    return {
        "unqualified": 0.0,
        "cold": settings.cold_from,
        "warm": settings.warm_from,
        "hot": settings.hot_from,
    }


def _leads(labels: "np.ndarray") -> str:
    return f"Both were judged on {len(labels):,} leads, {int(labels.sum()):,} of which converted"

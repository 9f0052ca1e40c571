"""How well what serves ranks leads of the market as it is: by their true chances, on leads that
nobody learned from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.database.engine import get_owner_engine, unit_of_work
from leadflow.scoring.learning.challenger import horizon
from leadflow.scoring.learning.challenger_report import score
from leadflow.scoring.serving.feature_frames import TrainingSet, read_training_set
from leadflow.settings import Settings
from leadflow.simulation.year.days import LIFE_DAYS, Lives, others
from leadflow.simulation.year.plan import Phase, Plan, moment
from leadflow.simulation.year.tables import emptied

if TYPE_CHECKING:
    import numpy as np

    from models.scores import Scorer

TURNS = 60


class _Undone(Exception):
    """Takes back what was stored for a look."""


@dataclass(frozen=True)
class Judge:
    """Leads of one phase of the market (n), with the true chance that each converts.

    ``reference`` is the AUC of a model that learned from as many other leads of the same phase,
    ``ceiling`` that of the true chances themselves; ``error`` is the standard error of an AUC here.
    """

    data: TrainingSet
    truth: "np.ndarray"
    reference: float
    ceiling: float
    error: float

    def auc(self, scorer: "Scorer") -> float:
        """How well it ranks them."""
        return true_auc(score(scorer, self.data.frame).probability, self.truth)


def judge_of(plan: Plan, phase: Phase, settings: Settings) -> Judge:
    """The judge of a phase. The store must be empty, and is left so."""
    judged, truth = _look(plan, phase, settings, plan.held_out, 0)
    learned, _ = _look(plan, phase, settings, plan.held_out, 10)
    said = _reference(learned, judged)
    return Judge(
        judged,
        truth,
        true_auc(said, truth),
        true_auc(truth, truth),
        standard_error(said, truth),
    )


def true_auc(said: "np.ndarray", truth: "np.ndarray") -> float:
    """The AUC that is expected of n leads with these true chances to convert: each counts as
    converted by its chance, and as not by the rest; ties count half."""
    import numpy as np

    order = np.argsort(said, kind="stable")
    won, lost = truth[order], 1 - truth[order]
    _, first, counts = np.unique(said[order], return_index=True, return_counts=True)
    below = np.concatenate([[0.0], np.cumsum(lost)])
    before = np.repeat(below[first], counts)
    up_to = np.repeat(below[first + counts], counts)
    # A lead is no pair with itself.
    pairs = won * ((before + up_to) / 2 - lost / 2)
    return float(pairs.sum() / (won.sum() * lost.sum() - (won * lost).sum()))


def standard_error(said: "np.ndarray", truth: "np.ndarray") -> float:
    """Of that AUC, by drawing the leads again."""
    import numpy as np

    draw, count = np.random.default_rng(0), len(truth)
    found = []
    for _ in range(TURNS):
        rows = draw.integers(0, count, count)
        found.append(true_auc(said[rows], truth[rows]))
    return float(np.std(found))


def _reference(learned: TrainingSet, judged: TrainingSet) -> "np.ndarray":
    import numpy as np

    from models.candidates import COMBINATION
    from models.recipe import Recipe

    recipe = Recipe.of(learned.frame, learned.converted, learned.moments, learned.features, 0)
    return recipe.learn(COMBINATION, np.arange(len(recipe.labels))).raw(judged.frame)


def _look(
    plan: Plan, phase: Phase, settings: Settings, leads: int, number: int
) -> "tuple[TrainingSet, np.ndarray]":
    """Other leads of a phase as they are learned from, with their true chances as of then."""
    places = list(plan.phases()).index(phase)
    lives, block = others(plan, phase, leads, number + places)
    found: list[TrainingSet] = []
    try:
        # Who owns the tables may have PostgreSQL look at them.
        with unit_of_work(get_owner_engine()) as session:
            found.append(_read(session, lives, settings))
            raise _Undone
    except _Undone:
        emptied()
    return found[0], _truth(found[0], lives, block.truth["probability_at_creation"].to_numpy())


def _read(session: Session, lives: Lives, settings: Settings) -> TrainingSet:
    from sqlalchemy import text

    last = round(31 + LIFE_DAYS)
    lives.store(session, 0, last)
    for table in ("leads", "lead_events", "outcomes"):
        session.execute(text(f"ANALYZE {table}"))
    return read_training_set(session, moment(last + settings.horizon_days), horizon(settings))


def _truth(data: TrainingSet, lives: Lives, chances: "np.ndarray") -> "np.ndarray":
    import pandas as pd

    from leadflow.simulation.market import still_to_come

    places = pd.Series(range(len(lives.ids)), index=lives.ids)[data.frame.index].to_numpy()
    created = lives.leads["created_at"].dt.tz_localize(None).to_numpy()[places]
    age = (data.moments - created) / pd.Timedelta(days=1).to_timedelta64()
    return still_to_come(chances[places], age)

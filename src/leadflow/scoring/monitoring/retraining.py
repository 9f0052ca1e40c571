"""A training and how it ended, which is kept: what a flow and a simulated year both do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from leadflow.checks.service import DataDoNotHold
from leadflow.database.engine import unit_of_work
from leadflow.scoring.feature_sets.tables import FeatureSet
from leadflow.scoring.learning.challenger import Learned, learn_challenger, withdraw
from leadflow.scoring.learning.standing import NothingToDecide
from leadflow.scoring.learning.trainings import End, keep_training
from leadflow.scoring.monitoring.model_check import triggered
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.recipe import Elsewhere


@dataclass(frozen=True)
class NothingAsked:
    """Why a training ends without a new question. ``approval_id``: one that waits already, where it
    is about the same; ``found``: what the training found, in lines."""

    title: str
    why: str
    ended_as: End | None
    approval_id: str | None = None
    found: tuple[str, ...] = ()


def retrain(
    settings: Settings,
    now: datetime,
    reason: str = "",
    told: Callable[[str], None] = lambda words: None,
    kept: FeatureSet | None = None,
    elsewhere: "Elsewhere | None" = None,
    flow_run: str | None = None,
) -> Learned | NothingAsked:
    """A registered challenger, or in words why there is nothing to ask. That there was a training
    is kept, whatever came of it, so that the next begins once there is more to learn from; where
    that cannot be kept, what was registered is taken out again. ``kept``: the set of features to
    learn from; else they are computed as of now. ``flow_run``: Prefect's run that it is, by id."""
    learned = _learn(settings, now, told, kept, elsewhere)
    if not isinstance(learned, Learned):
        if learned.ended_as is not None:
            with unit_of_work() as session:
                ended = learned.ended_as
                keep_training(session, settings, now, ended, None, flow_run=flow_run)
        return learned
    try:
        learned = triggered(learned, reason, settings)
        with unit_of_work() as session:
            ended_as: End = "asked" if learned.asks else "kept"
            runs = learned.run_id, flow_run
            keep_training(session, settings, now, ended_as, learned.version, *runs)
    except Exception:
        withdraw(unit_of_work, learned, settings)
        raise
    return learned


def _learn(
    settings: Settings,
    now: datetime,
    told: Callable[[str], None],
    kept: FeatureSet | None,
    elsewhere: "Elsewhere | None",
) -> Learned | NothingAsked:
    from models.cannot_learn import CannotLearn, NotEnoughOutcomes

    try:
        return learn_challenger(
            unit_of_work, settings, now, told=told, kept=kept, elsewhere=elsewhere
        )
    except (NotEnoughOutcomes, DataDoNotHold) as error:
        # Nothing was learned from them: the next begins as soon as there are enough that hold.
        return NothingAsked("No model was learned", str(error), None)
    except CannotLearn as error:
        return NothingAsked("No model was learned", str(error), "cannot_learn")
    except NothingToDecide as error:
        why = str(error)
        return NothingAsked(
            "Nothing to decide", why, "nothing_to_decide", error.approval_id, error.found
        )

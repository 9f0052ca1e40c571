"""The steps of learning: a challenger, its report, the question whether it may serve."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning.challenger import Learned, NothingToDecide, promotion
from leadflow.scoring.learning.challenger import learn_challenger as learn
from leadflow.scoring.monitoring.model_check import triggered
from leadflow.settings import get_settings
from tasks.progress import tell
from tasks.run_names import say_in_name


@dataclass(frozen=True)
class NothingAsked:
    """Why a training ends without a new question. ``approval_id``: one that waits already, where it
    is about the same."""

    title: str
    why: str
    approval_id: str | None = None


@dataclass(frozen=True)
class TrainingEnd:
    """How a training ended, in words, and the question that waits for people, if one does."""

    approval_id: str | None
    words: str


@task(persist_result=False, timeout_seconds=18000)
def learn_challenger(reason: str = "") -> Learned | NothingAsked:
    """A registered challenger, or in words why there is nothing to ask."""
    from models.cannot_learn import CannotLearn

    try:
        with unit_of_work() as session:
            learned = learn(session, get_settings(), datetime.now(UTC), told=tell)
        return triggered(learned, reason, get_settings())
    except CannotLearn as error:
        return NothingAsked("No model was learned", str(error))
    except NothingToDecide as error:
        return NothingAsked("Nothing to decide", str(error), error.approval_id)


@task(persist_result=False, timeout_seconds=60)
def publish_training_report(learned: Learned) -> None:
    """The report with its plots, as an artifact of the run."""
    images = [
        f"![{name}](data:image/png;base64,{base64.b64encode(image).decode()})"
        for name, image in learned.plots.items()
    ]
    create_markdown_artifact(
        "\n\n".join([learned.report, *images]),
        key="training-report",
        description=f"Challenger {learned.version}: what it learned and how good it is",
    )
    say_in_name(f"version {learned.version}")


@task(timeout_seconds=60)
def publish_nothing_asked(found: NothingAsked) -> TrainingEnd:
    """Says in an artifact why nobody is asked."""
    create_markdown_artifact(
        f"# {found.title}\n\n{found.why}",
        key="training-report",
        description=f"{found.title}: nobody is asked",
    )
    say_in_name(found.title.lower())
    return TrainingEnd(found.approval_id, f"{found.title}. {found.why}")


@task(persist_result=False, timeout_seconds=60)
def propose_promotion(learned: Learned) -> TrainingEnd:
    """Ask a person whether the challenger becomes the champion."""
    settings = get_settings()
    with unit_of_work() as session:
        question = promotion(learned, settings)
        approval = approvals.propose(session, question, datetime.now(UTC))
        return TrainingEnd(approval.id, f"{approval.headline}.")

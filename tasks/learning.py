"""The steps of learning: a challenger, its report, the question whether it may serve."""

import base64
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning.challenger import Learned, promotion
from leadflow.scoring.learning.challenger import learn_challenger as learn
from leadflow.scoring.monitoring.model_check import triggered
from leadflow.settings import get_settings
from tasks.run_names import say_in_name


@task(persist_result=False, timeout_seconds=18000)
def learn_challenger(reason: str = "") -> Learned | str:
    """A registered challenger, or in words why there is too little to learn from."""
    from models.training import CannotLearn

    try:
        with unit_of_work() as session:
            learned = learn(session, get_settings(), datetime.now(UTC))
        return triggered(learned, reason, get_settings())
    except CannotLearn as error:
        return str(error)


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
def publish_rubric_report(reason: str) -> None:
    """Says in an artifact that the rubric goes on scoring, and why."""
    create_markdown_artifact(
        f"# The rubric goes on scoring\n\n{reason}",
        key="training-report",
        description="No model was learned",
    )
    say_in_name("no model learned")


@task(persist_result=False, timeout_seconds=60)
def propose_promotion(learned: Learned) -> str:
    """Ask a person whether the challenger becomes the champion; returns the approval's id."""
    settings = get_settings()
    with unit_of_work() as session:
        question = promotion(learned, settings)
        return approvals.propose(session, question, datetime.now(UTC)).id

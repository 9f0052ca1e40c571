"""The steps of learning: a challenger, its report, the question whether it may serve."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run
from prefect.transactions import Transaction, get_transaction

from leadflow.approvals import service as approvals
from leadflow.checks.service import DataDoNotHold, refuse_where_data_fail
from leadflow.database.engine import unit_of_work
from leadflow.scoring.feature_sets.reading import find_set
from leadflow.scoring.learning.challenger import Learned, promotion, withdraw
from leadflow.scoring.learning.training_lines import (
    headline,
    lines_of_the_asked,
    lines_of_the_kept,
    lines_without_a_question,
)
from leadflow.scoring.monitoring.retraining import NothingAsked, retrain
from leadflow.settings import get_settings
from tasks.fitting import on_the_task_runner
from tasks.progress import tell
from tasks.run_names import say_in_name

REGISTERED = "registered_challenger"


@dataclass(frozen=True)
class TrainingEnd:
    """How a training ended, in a sentence and in lines that say what it found and what to do next;
    and the question that waits for people, if one does."""

    approval_id: str | None
    words: str
    lines: tuple[str, ...]


@task(persist_result=False, timeout_seconds=60)
def see_that_data_hold() -> NothingAsked | None:
    """Why nothing may be learned now from the data that there are; None where they hold."""
    try:
        with unit_of_work() as session:
            refuse_where_data_fail(session)
    except DataDoNotHold as error:
        return NothingAsked("No model was learned", str(error), None)
    return None


@task(persist_result=False, timeout_seconds=18000)
def learn_challenger(reason: str = "", features: str = "") -> Learned | NothingAsked:
    """A registered challenger, or in words why there is nothing to ask. Where the rest of the flow
    fails it is as if there had been no training. ``features``: the set to learn from, by its id;
    else features are computed as of now."""
    settings, now, kept = get_settings(), datetime.now(UTC), None
    if features:
        with unit_of_work() as session:
            kept = find_set(session, features)
        now = kept.as_of
    elsewhere = on_the_task_runner(settings)
    run = flow_run.get_id()
    learned = retrain(settings, now, reason, tell, kept, elsewhere, flow_run=run)
    whole = get_transaction()
    if whole is not None and isinstance(learned, Learned):
        whole.set(REGISTERED, learned)
    return learned


@learn_challenger.on_rollback
def take_back(whole: Transaction) -> None:
    """Take the challenger out of MLflow again: nobody was asked about it."""
    learned = whole.get(REGISTERED, None)
    if learned is not None:
        withdraw(unit_of_work, learned, get_settings())


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
    words = f"{found.title}. {found.why}"
    lines = lines_without_a_question(found.title, found.why, found.found, found.approval_id)
    return TrainingEnd(found.approval_id, words, lines)


@task(persist_result=False, timeout_seconds=60)
def propose_promotion(learned: Learned) -> TrainingEnd:
    """Ask a person whether the challenger becomes the champion; not yet, where nothing can be
    told."""
    settings = get_settings()
    words = f"{headline(learned)}."
    if not learned.asks:
        return TrainingEnd(None, words, lines_of_the_kept(learned))
    with unit_of_work() as session:
        question = promotion(learned, settings)
        approval = approvals.propose(session, question, datetime.now(UTC))
    return TrainingEnd(approval.id, words, lines_of_the_asked(learned, approval.id))

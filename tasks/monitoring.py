"""The steps of watching the model that serves: check it, keep and show what was found."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact

from features.how_many import how_many
from leadflow.database.engine import unit_of_work
from leadflow.scoring.feature_sets.reading import find_set
from leadflow.scoring.monitoring import model_check
from leadflow.scoring.monitoring.health_report import write_health
from leadflow.scoring.monitoring.model_health import ModelHealth
from leadflow.scoring.monitoring.ripened import ask_once_told
from leadflow.settings import get_settings
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name


@task(
    persist_result=False,
    retries=2,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=1800,
)
def check_model(recent: str) -> ModelHealth:
    """Check the model, on the set of features of recent leads of this id, and keep the check;
    reasons to train go to the outbox with it."""
    settings = get_settings()
    with unit_of_work() as session:
        kept = find_set(session, recent)
        health = model_check.check_model(session, settings, datetime.now(UTC), kept)
        model_check.keep_check(session, health, settings)
    return health


@task(persist_result=False, timeout_seconds=1800)
def ask_about_challenger() -> str:
    """Ask people about the challenger that stands in the shadow, once it can be told how good it
    is; says so, or nothing."""
    with unit_of_work() as session:
        asked = ask_once_told(session, get_settings(), datetime.now(UTC))
        if asked is None:
            return ""
        return f" People are asked about the challenger (approval {asked.id}): {asked.headline}."


@task(persist_result=False, timeout_seconds=60)
def publish_health(health: ModelHealth) -> str:
    """The finding with its tables, as an artifact of the run; returns the finding."""
    reasons = f"{how_many(len(health.reasons_to_train), 'reason')} to train"
    create_markdown_artifact(
        write_health(health),
        key="model-health",
        description=f"{health.serving}: {reasons} anew",
    )
    say_in_name(reasons)
    return health.headline

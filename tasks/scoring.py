"""The steps of scoring everything."""

from datetime import UTC, datetime

from prefect import get_run_logger, task
from prefect.artifacts import create_table_artifact

from leadflow.database.engine import unit_of_work
from leadflow.scoring import service
from leadflow.scoring.learning import serving_scorer
from leadflow.scoring.service import ScoredBatch
from leadflow.scoring.shadow import shadow_scorer
from leadflow.settings import get_settings
from models.scorecard import Scorer


@task(persist_result=False)
def load_scorer() -> Scorer:
    """The champion, or the rubric where no model has been promoted."""
    return serving_scorer(get_settings())


@task(persist_result=False)
def load_shadow() -> Scorer | None:
    """The challenger that scores beside, or None; one that cannot be read stops nobody."""
    try:
        return shadow_scorer(get_settings())
    except Exception as error:
        get_run_logger().warning("the challenger was not loaded: %s", type(error).__name__)
        return None


@task(persist_result=False, retries=2, retry_delay_seconds=2)
def score_next_batch(
    scorer: Scorer, as_of: datetime, last_id: str, shadow: Scorer | None = None
) -> ScoredBatch | None:
    """Score and store the next batch of leads; None when there are no more."""
    with unit_of_work() as session:
        return service.score_batch(session, scorer, as_of, last_id, get_settings(), shadow)


@task
def publish_batches(scorer: Scorer, as_of: datetime, batches: list[ScoredBatch]) -> int:
    """A table of the batches as an artifact; returns how many leads were scored."""
    rows = [{"leads": batch.leads, **batch.levels} for batch in batches]
    total = sum(batch.leads for batch in batches)
    create_table_artifact(
        rows,
        key="scored-leads",
        description=(
            f"{total:,} leads scored with {scorer.regime} {scorer.version} "
            f"as of {as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        ),
    )
    return total

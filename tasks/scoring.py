"""The steps of scoring everything."""

from datetime import UTC, datetime
from functools import lru_cache

from prefect import get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from features.how_many import how_many
from leadflow.database.engine import unit_of_work
from leadflow.outbox.service import enqueue
from leadflow.scoring.batch import runs
from leadflow.scoring.batch.runs import Run
from leadflow.scoring.serving.champion import (
    NamedScorer,
    load_named,
    named_at,
    serving_named,
)
from leadflow.scoring.serving.score import Scored
from leadflow.scoring.serving.shadow import shadow_named
from leadflow.settings import get_settings
from models.scores import Scorer
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name
from tasks.workers import begin_worker


@lru_cache(maxsize=4)
def _loaded(named: NamedScorer) -> Scorer:
    """The scorer of that name, loaded once by each process that scores."""
    return load_named(get_settings(), named)


@task(persist_result=False, timeout_seconds=120)
def choose_scorer(as_of: datetime | None = None) -> NamedScorer:
    """The champion, or the rubric where no model has been promoted: now, or at a past moment."""
    if as_of is not None:
        return named_at(get_settings(), as_of)
    return serving_named(get_settings())


@task(persist_result=False, timeout_seconds=120)
def choose_shadow() -> NamedScorer | None:
    """The challenger that scores beside, or None; one that cannot be read stops nobody."""
    try:
        named = shadow_named(get_settings())
        if named is not None:
            _loaded(named)
        return named
    except Exception as error:
        get_run_logger().warning("the challenger was not loaded: %s", type(error).__name__)
        return None


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=300)
def open_run(named: NamedScorer, as_of: datetime | None, everything: bool) -> Run:
    """The run to go on with, or a new one."""
    with unit_of_work() as session:
        now = datetime.now(UTC)
        run = runs.open_run(session, _loaded(named), as_of, everything, now, get_settings())
    say_in_name(_cut(run), as_of=run.as_of)
    return run


# A partition is one transaction: killed in the middle, it has not happened. It may be scored on
# another machine: the models go there by name.
@task(
    task_run_name="partition {number}",
    persist_result=False,
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=600,
)
def score_partition(
    named: NamedScorer, run: Run, number: int, shadow: NamedScorer | None
) -> Scored | None:
    """Score and store a partition; None where that is done already."""
    begin_worker()
    scorer, beside = _loaded(named), None if shadow is None else _loaded(shadow)
    with unit_of_work() as session:
        return runs.score_partition(session, scorer, run, number, get_settings(), beside)


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=120)
def end_run(named: NamedScorer, run: Run, scored: list[Scored]) -> int:
    """A table of the levels as an artifact; returns how many leads the run has scored."""
    scorer = _loaded(named)
    with unit_of_work() as session:
        total = runs.end_run(session, run, datetime.now(UTC))
    levels: dict[str, int] = {}
    for part in scored:
        for name, count in part.levels.items():
            levels[name] = levels.get(name, 0) + count
    create_table_artifact(
        [{"level": name, "leads": count} for name, count in sorted(levels.items())],
        key="scored-leads",
        description=(
            f"{how_many(total, 'lead')} scored with {scorer.regime} {scorer.version} "
            f"as of {run.as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        ),
    )
    say_in_name(_cut(run), how_many(total, "lead"), as_of=run.as_of)
    return total


def _cut(run: Run) -> str:
    return how_many(len(run.partitions_left), "partition")


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=60)
def start_assignment(run: Run) -> None:
    """Have leads handed out by their new scores; once a run, by the outbox."""
    key = f"assign_leads:{run.run_id}"
    with unit_of_work() as session:
        payload = {"deployment": "assign_leads", "parameters": {}, "key": key}
        enqueue(session, "start_flow_run", key, payload)

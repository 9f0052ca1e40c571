"""The steps of checking what is stored: read, hold against a suite, keep, tell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import Event, emit_event
from sqlalchemy.orm import Session

from expectations.checkpoint import Checked, Checks
from features.how_many import how_many
from leadflow.checks import reading, service
from leadflow.checks.reading import Window
from leadflow.checks.report import NAME, docs_folder, report
from leadflow.database.engine import unit_of_work
from leadflow.scoring import written
from leadflow.settings import get_settings
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name

if TYPE_CHECKING:
    import pandas as pd

# Each suite that ``check_data`` runs, and what it looks at.
READERS: "dict[str, Callable[[Session, Window], pd.DataFrame]]" = {
    "leads": reading.leads,
    "events": reading.events,
    "outcomes": reading.outcomes,
    "scores": written.scores,
    "score_days": written.score_days,
}


class NoSuchCheck(LookupError):
    """A suite was asked for that is not run on what is stored."""

    def __init__(self, unknown: Sequence[str]) -> None:
        super().__init__(
            f"No check of stored data is called {' or '.join(unknown)}; there are "
            f"{', '.join(READERS)}."
        )


@dataclass(frozen=True)
class Looked:
    """What a suite found, and since when it looked."""

    found: Checked
    since: datetime | None


def chosen(suites: Sequence[str] | None) -> list[str]:
    """The suites to run: those named, or all.

    Raises:
        NoSuchCheck: one of them is none.
    """
    unknown = [name for name in suites or () if name not in READERS]
    if unknown:
        raise NoSuchCheck(unknown)
    return [name for name in READERS if not suites or name in suites]


# A database that is away for a moment; the context is ready to take the suite anew.
@task(
    persist_result=False,
    cache_policy=NO_CACHE,
    task_run_name="check {suite}",
    retries=3,
    retry_delay_seconds=GROWING,
    retry_jitter_factor=JITTER,
    timeout_seconds=1800,
)
def check_suite(checks: Checks, suite: str, since: datetime | None, now: datetime) -> Looked:
    """Hold the rows since a moment against a suite; where none is said, since its last check."""
    with unit_of_work() as session:
        looked_since = since or service.since_when(session, suite)
        window = Window(looked_since, now, get_settings().checked_rows)
        frame = READERS[suite](session, window)
    return Looked(checks.checked(suite, frame), looked_since)


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=600)
def publish_checks(checks: Checks, looked: Sequence[Looked], now: datetime) -> str:
    """Data Docs, the rows that training and promotion look up, an artifact of the run, and an event
    for each suite; returns in words what was found."""
    from expectations.data_docs import build

    settings, name = get_settings(), f"{now:{NAME}}"
    found = [one.found for one in looked]
    build(checks, found, docs_folder(settings), name)
    with unit_of_work() as session:
        for one in looked:
            service.keep(session, one.found, now, one.since, name)
    failed = [one for one in found if not one.held]
    create_markdown_artifact(
        report(found, f"{settings.address}/data-docs/{name}/index.html"),
        key="data-checks",
        description=_said(found, failed),
    )
    _tell(found)
    say_in_name(_said(found, failed))
    return "\n".join(
        [one.words for one in found] + [each.words for one in found for each in one.failed]
    )


def _said(found: Sequence[Checked], failed: Sequence[Checked]) -> str:
    if not failed:
        return f"{how_many(len(found), 'suite')} of expectations hold"
    return f"not all holds of {', '.join(one.suite for one in failed)}"


def _tell(found: Sequence[Checked]) -> None:
    """An event of Prefect for each suite, for automations, each after the one before: figures and
    names of suites."""
    before: Event | None = None
    for one in found:
        kind = "held" if one.held else "stops" if one.stops else "warns"
        before = emit_event(
            f"leadflow.data.{kind}",
            resource={"prefect.resource.id": f"leadflow.suite.{one.suite}"},
            payload={"rows": one.rows, "failed": len(one.failed), "critical": len(one.stops)},
            follows=before,
        )


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=60)
def warn_of_data(what: str) -> str:
    """Where the last checks found what stops training: say so with an artifact and an event, and go
    on. Returns it in words; nothing where all is well."""
    with unit_of_work() as session:
        stopping = service.stopping(session)
        words = "\n".join(f"- {one.suite}: {service.in_words(one)}" for one in stopping)
    if not words:
        return ""
    create_markdown_artifact(
        f"# {what} on data that do not hold what they must\n\n{words}\n\nIt went on. Nothing is "
        "learned or promoted until this is mended, or accepted: leadflow checks list",
        key="data-warning",
        description=f"{what} on data that do not hold",
    )
    emit_event(
        "leadflow.data.warned",
        resource={"prefect.resource.id": "leadflow.data"},
        payload={"by": what, "suites": [one.suite for one in stopping]},
    )
    return words

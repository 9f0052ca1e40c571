"""The steps of the assignment sweep."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact

from features.how_many import how_many
from leadflow.assignment.routing import sweep as service
from leadflow.assignment.routing.sweep import SweepResult
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tasks.retrying import GROWING, JITTER
from tasks.run_names import say_in_name


@task(persist_result=False, retries=2, retry_delay_seconds=GROWING, retry_jitter_factor=JITTER)
def sweep(
    strategy: str | None, started_at: datetime | None = None, retry: bool = True
) -> SweepResult:
    """Hand the best unassigned leads to salespeople, in one transaction."""
    with unit_of_work() as session:
        return service.sweep(
            session,
            get_settings(),
            strategy,
            datetime.now(UTC),
            started_at=started_at,
            retry=retry,
        )


@task
def publish_sweeps(results: list[SweepResult]) -> int:
    """A table of who got which lead and why, as an artifact; returns how many were assigned."""
    assigned = sum(result.assigned for result in results)
    unroutable = sum(result.unroutable for result in results)
    leads = how_many(assigned, "lead")
    if assigned or unroutable:
        create_table_artifact(
            [row for result in results for row in result.rows][:1000],
            key="assigned-leads",
            description=f"{leads} assigned, {unroutable:,} found no salesperson",
        )
    say_in_name(leads)
    return assigned

"""Hold what is stored against what is expected of it."""

from datetime import UTC, datetime

from prefect import flow

from expectations.checkpoint import Checks
from tasks.checks import check_suite, chosen, publish_checks
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="check_data",
    flow_run_name=name_run,
    on_running=[Tagged("checks")],
    timeout_seconds=7200,
)
def check_data(suites: list[str] | None = None, since: datetime | None = None) -> str:
    """Run suites of expectations over leads, events, outcomes and scores; returns what they found.

    Where something critical does not hold, nothing is learned and nothing promoted until it does.

    Args:
        suites: their names; unset: all there are.
        since: look at rows from this moment on; unset: from the last check that was well.
    """
    now, checks = datetime.now(UTC), Checks()
    looked = [check_suite(checks, name, since, now) for name in chosen(suites)]
    return publish_checks(checks, looked, now)

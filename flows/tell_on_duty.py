"""Tell whoever is on duty that a run of a flow failed."""

from prefect import flow

from tasks.duty import have_told
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="tell_on_duty",
    flow_run_name=name_run,
    on_running=[Tagged("operating")],
    timeout_seconds=120,
)
def tell_on_duty(failed: str, run_id: str, run: str, state: str) -> None:
    """An automation starts it for each run that failed or crashed.

    Args:
        failed: the flow.
        run_id: the run's id in Prefect.
        run: the run's name.
        state: how it ended.
    """
    have_told(failed, run_id, run, state)

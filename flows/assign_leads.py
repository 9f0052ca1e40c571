"""Hand every lead that a rule gives to a salesperson, and that has none, to the right one."""

from prefect import flow

from tasks.assignment import publish_sweeps, sweep
from tasks.run_names import name_run
from tasks.run_tags import Tagged


@flow(
    name="assign_leads",
    flow_run_name=name_run,
    on_running=[Tagged("assignment")],
    timeout_seconds=240,
)
def assign_leads(strategy: str | None = None) -> int:
    """Sweep until no lead is left that has not been tried; returns how many were assigned.

    ``strategy`` is taken where a rule names none; the setting decides where it is not given. Once
    nobody has room, leads that found nobody before are left alone and only new ones are tried.
    """
    results = [sweep(strategy)]
    while results[-1].leads:
        retry = results[-1].assigned > 0
        results.append(sweep(strategy, started_at=results[0].at, retry=retry))
    return publish_sweeps(results)

"""Hand every qualified lead that has no salesperson to the right one."""

from prefect import flow

from tasks.assignment import publish_sweeps, sweep


@flow(name="assign_leads")
def assign_leads(strategy: str | None = None) -> int:
    """Sweep until nothing more can be assigned; returns how many leads were.

    ``strategy`` is ``hybrid`` or ``round_robin``; the setting decides where it is not given.
    """
    results = [sweep(strategy)]
    while results[-1].assigned:
        results.append(sweep(strategy))
    return publish_sweeps(results)

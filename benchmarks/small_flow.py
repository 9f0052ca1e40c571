"""A small flow with one step, for ``benchmarks.flows``."""

from prefect import flow, task


@task
def step() -> int:
    return 1


@flow(timeout_seconds=60)
def small() -> int:
    return step()

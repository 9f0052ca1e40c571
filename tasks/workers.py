"""What a process does first that works for a run of another process or machine."""

from leadflow.composition import compose
from leadflow.observability import process


def begin_worker() -> None:
    """Log as every process of Leadflow, and know every room. Once is enough: where the run's own
    process works, both are done."""
    process.begin("task")
    compose()

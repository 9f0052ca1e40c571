"""Several processes at once, without each spending seconds on its imports."""

from multiprocessing import get_context
from multiprocessing.context import ForkServerContext

WORK = ["tests.integration.assigning_processes", "tests.integration.audit_writers"]


def processes() -> ForkServerContext:
    """Processes that are forks of one which has loaded what they do, and has no connection yet."""
    context = get_context("forkserver")
    context.set_forkserver_preload(WORK)
    return context

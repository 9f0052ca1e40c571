"""Running a flow in this process, as a run the Prefect server records."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from leadflow.cli.console import aside, working


@contextmanager
def recorded_by_prefect(doing: str) -> Iterator[None]:
    """Point this process at the Prefect server, and show that something is going on and how far.

    Raises:
        PrefectUnavailable: the server is not up.
    """
    from leadflow.integrations.prefect import PrefectClient, PrefectUnavailable
    from leadflow.observability.progress import watching
    from leadflow.settings import get_settings
    from leadflow.supervisor.environment import environment

    settings = get_settings()
    if not PrefectClient(settings).healthy():
        raise PrefectUnavailable(
            f"The Prefect server at {settings.prefect_url} does not answer. "
            "Start it with: leadflow up"
        )
    # Prefect reads its settings as it is imported, which the caller does inside this block.
    os.environ.update(environment(settings))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    with working(doing), watching(aside):
        yield

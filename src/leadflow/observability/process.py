"""Start-up of a process's log and traces."""

from leadflow.observability import logs, spans
from leadflow.settings import get_settings

_begun: list[str] = []


def begin(service: str, at_least: str = "DEBUG") -> None:
    """Write the log of this process, and keep its traces where an address for them is set.
    ``service`` names it in both; lines that matter less than ``at_least`` are left out. The first
    call counts: flows that run inside another process are part of it."""
    if _begun:
        return
    _begun.append(service)
    logs.configure(service, at_least)
    endpoint = get_settings().otlp_endpoint
    if endpoint is not None:
        from leadflow.observability import tracing

        tracing.start(service, endpoint)


def end() -> None:
    """Send the spans that have not been sent: for servers, which end by a signal."""
    spans.flush()

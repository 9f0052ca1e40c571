"""Names of runs: as of when each works, on what, and what came of it."""

from datetime import UTC, datetime

from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext

from leadflow.integrations.run_names import run_name


def name_run() -> str:
    """The name a run begins with, for instance ``assign_leads as of 2026-11-28 09:05``."""
    return _name(_context())


def say_in_name(*what: str, as_of: datetime | None = None) -> None:
    """Say in the name of the run at work, in place of what was said there, what it works on or
    what came of it: figures, never a lead. ``as_of``: the moment, where the run has chosen one."""
    context = _context()
    if context.flow_run is not None and isinstance(context.client, SyncPrefectClient):
        context.client.set_flow_run_name(
            context.flow_run.id, _name(context, ", ".join(what), as_of)
        )


def _context() -> FlowRunContext:
    context = FlowRunContext.get()
    if context is None:
        raise RuntimeError("Only a run of a flow has a name: call this inside one.")
    return context


def _name(context: FlowRunContext, what: str | None = None, chosen: datetime | None = None) -> str:
    flow = context.flow.name if context.flow is not None else "run"
    meant_for = context.flow_run.expected_start_time if context.flow_run is not None else None
    given = (context.parameters or {}).get("as_of")
    as_of = chosen or (given if isinstance(given, datetime) else meant_for)
    return run_name(flow, as_of or datetime.now(UTC), what)

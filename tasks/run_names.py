"""Names of runs: when each was meant for, and what came of it."""

from datetime import UTC, datetime

from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext

from leadflow.integrations.run_names import run_name


def name_run() -> str:
    """The name a run begins with, for instance ``assign_leads 09:05``, or ``score_leads as of
    2026-11-28 09:05`` where it is given a moment to work as of."""
    return _name(_context(), None)


def say_in_name(what: str) -> None:
    """Add to the name of the run at work what came of it: figures, never a lead."""
    context = _context()
    if context.flow_run is not None and isinstance(context.client, SyncPrefectClient):
        context.client.set_flow_run_name(context.flow_run.id, _name(context, what))


def _context() -> FlowRunContext:
    context = FlowRunContext.get()
    if context is None:
        raise RuntimeError("Only a run of a flow has a name: call this inside one.")
    return context


def _name(context: FlowRunContext, what: str | None) -> str:
    flow = context.flow.name if context.flow is not None else "run"
    at = context.flow_run.expected_start_time if context.flow_run is not None else None
    as_of = (context.parameters or {}).get("as_of")
    return run_name(flow, at or datetime.now(UTC), what, _moment(as_of))


def _moment(given: object) -> datetime | None:
    return given if isinstance(given, datetime) else None

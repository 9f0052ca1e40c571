"""Runs of flows that ended badly, as the Prefect server knows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from leadflow.integrations.prefect import PrefectUnavailable, signed_in
from leadflow.settings import Settings

# Whoever looks at a page does not wait longer.
SECONDS = 5.0
GONE = "a flow that was deleted"


@dataclass(frozen=True)
class FailedRun:
    """Of which flow, in which state it ended, and what Prefect says of it."""

    id: str
    flow: str
    state: str
    message: str
    ended_at: datetime


def failed_runs(settings: Settings, since: datetime, most: int) -> list[FailedRun]:
    """Runs that have failed or crashed since then, the newest first.

    Raises:
        PrefectUnavailable: the server does not answer.
    """
    ended = {
        "state": {"type": {"any_": ["FAILED", "CRASHED"]}},
        "end_time": {"after_": since.isoformat()},
    }
    try:
        with signed_in(settings) as http:
            wanted = {"flow_runs": ended, "sort": "END_TIME_DESC", "limit": most}
            runs = _asked(http, "/flow_runs/filter", wanted)
            ids = sorted({str(run["flow_id"]) for run in runs})
            flows = _asked(http, "/flows/filter", {"flows": {"id": {"any_": ids}}}) if ids else []
    except httpx.HTTPError as error:
        raise PrefectUnavailable(
            f"The Prefect server at {settings.prefect_url} does not say which runs have failed "
            f"({type(error).__name__})."
        ) from error
    names = {str(one["id"]): str(one["name"]) for one in flows}
    return [_run(run, names) for run in runs]


def _asked(http: httpx.Client, path: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    answer = http.post(path, json=wanted, timeout=SECONDS).raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found


def _run(run: dict[str, Any], names: dict[str, str]) -> FailedRun:
    state = run["state"]
    return FailedRun(
        id=str(run["id"]),
        flow=names.get(str(run["flow_id"]), GONE),
        state=str(state["name"]),
        message=str(state.get("message") or ""),
        ended_at=datetime.fromisoformat(state["timestamp"]),
    )

"""Runs of deployments on a real Prefect server: asked for, marked as the scheduler does, waited
for."""

import time
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from leadflow.database import cluster
from leadflow.database.engine import engine_for
from leadflow.settings import get_settings

OVER = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def start(
    api: httpx.Client, deployment: UUID, at: datetime | None = None, **parameters: Any
) -> str:
    """Ask for a run; its id."""
    scheduled = {} if at is None else {"scheduled_time": at.isoformat()}
    asked = {"type": "SCHEDULED", "state_details": scheduled}
    path = f"/deployments/{deployment}/create_flow_run"
    answer = api.post(path, json={"parameters": parameters, "state": asked})
    return str(answer.raise_for_status().json()["id"])


def by_schedule(runs: list[str]) -> None:
    """Mark runs as the scheduler does."""
    url = cluster.locate(get_settings()).prefect.set(drivername="postgresql+psycopg")
    engine = engine_for(url, pool_size=1)
    with engine.begin() as connection:
        mark = text("UPDATE flow_run SET auto_scheduled = true WHERE id = ANY(:ids)")
        connection.execute(mark, {"ids": [UUID(run_id) for run_id in runs]})
    engine.dispose()


def run_of(api: httpx.Client, run_id: str) -> dict[str, Any]:
    """A run as the server has it."""
    found: dict[str, Any] = api.get(f"/flow_runs/{run_id}").raise_for_status().json()
    return found


def ended(api: httpx.Client, run_id: str, seconds: float = 180.0) -> str:
    """The name of the state a run ends in."""
    deadline = time.monotonic() + seconds
    while (run := run_of(api, run_id))["state_type"] not in OVER:
        assert time.monotonic() < deadline, f"the run is still {run['state_name']}"
        time.sleep(0.2)
    return str(run["state_name"])

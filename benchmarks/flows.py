"""How soon a flow has run that somebody asked for, and what an idle installation uses.

Run it with ``python -m benchmarks.flows [MINUTES]``: everything is started in a temporary home, on
ports of its own, left alone for MINUTES (ten), and then asked for runs in both pools.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from rich.console import Console

from benchmarks.idle import NOTHING, use_by_server
from benchmarks.rows import Row, publish

IDLE_MINUTES = 10.0
# Starting took processor time, and so do the first looks for work.
SETTLE_SECONDS = 90.0
WARM_RUNS, PROCESS_RUNS, AT_ONCE = 15, 5, 20
OVER = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


class Asking:
    """Asks the Prefect server for runs of the small flow in one pool."""

    def __init__(self, api: httpx.Client, pool: str) -> None:
        self._api = api
        self._deployment = self._deploy(pool)

    def together(self, runs: int) -> float:
        """Seconds from the first request to the moment the last of so many runs is completed."""
        began = datetime.now(UTC)
        path = f"/deployments/{self._deployment}/create_flow_run"
        asked = [self._call(path, {"state": {"type": "SCHEDULED"}})["id"] for _ in range(runs)]
        wanted = {"flow_runs": {"id": {"any_": asked}, "state": {"type": {"any_": OVER}}}}
        while len(ended := self._call("/flow_runs/filter", wanted)) < runs:
            time.sleep(0.1)
        assert {run["state_type"] for run in ended} == {"COMPLETED"}
        last = max(datetime.fromisoformat(run["state"]["timestamp"]) for run in ended)
        return (last - began).total_seconds()

    def _deploy(self, pool: str) -> str:
        flow = self._call("/flows/", {"name": "small"})
        asked = {
            "name": f"small in {pool}",
            "flow_id": flow["id"],
            "entrypoint": "benchmarks.small_flow.small",
            "work_pool_name": pool,
        }
        return str(self._call("/deployments/", asked)["id"])

    def _call(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._api.post(path, json=body)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def everything_up(home: Path) -> Iterator[None]:
    """``leadflow up`` in this home, on free ports."""
    from leadflow.settings import get_settings
    from leadflow.supervisor import state
    from leadflow.supervisor.detached import start_and_wait
    from tests.servers import free_port

    # No setting of this installation goes along: its ports are in use, perhaps.
    for name in [name for name in os.environ if name.startswith("LEADFLOW_")]:
        del os.environ[name]
    os.environ["LEADFLOW_HOME"] = str(home)
    for name in ("GATEWAY", "PREFECT", "MLFLOW", "SMTP"):
        os.environ[f"LEADFLOW_{name}_PORT"] = str(free_port())
    os.environ["LEADFLOW_FLOW_PACKAGES"] = "flows,benchmarks"
    get_settings.cache_clear()
    start_and_wait(get_settings())
    try:
        yield
    finally:
        running = state.running(get_settings())
        if running is not None:
            state.stop_supervisor(running)


def idle_rows(api: httpx.Client, minutes: float, console: Console) -> list[Row]:
    """Leave everything alone, and see what it used and whether the sweeps kept their minute."""
    from leadflow.settings import get_settings
    from leadflow.supervisor import state

    running = state.running(get_settings())
    assert running is not None
    time.sleep(SETTLE_SECONDS)
    before, since = use_by_server(running), datetime.now(UTC)
    time.sleep(60 * minutes)
    after = use_by_server(running)
    for name, use in after.items():
        used = (use.seconds - before.get(name, NOTHING).seconds) / minutes
        console.print(
            f"  {name:12} {used:5.2f} s a minute, {use.megabytes:5.0f} MB, "
            f"{use.processes} processes"
        )
    total, at_first = sum(after.values(), NOTHING), sum(before.values(), NOTHING)
    return [
        Row(
            "idle: processor time a minute",
            (total.seconds - at_first.seconds) / minutes,
            "s",
            at_most=3.0,
        ),
        Row("idle: memory, proportional", total.megabytes, "MB", at_most=1024.0),
        Row("idle: processes", total.processes, ""),
        Row("idle: slowest sweep, from its minute", _slowest_sweep(api, since), "s", at_most=60.0),
    ]


def _slowest_sweep(api: httpx.Client, since: datetime) -> float:
    wanted = {
        "flows": {"name": {"any_": ["assign_leads", "escalate_assignments"]}},
        "flow_runs": {
            "state": {"type": {"any_": OVER}},
            "expected_start_time": {"after_": since.isoformat()},
        },
    }
    runs = api.post("/flow_runs/filter", json=wanted).json()
    assert runs
    assert {run["state_type"] for run in runs} == {"COMPLETED"}
    return max(
        (
            datetime.fromisoformat(run["state"]["timestamp"])
            - datetime.fromisoformat(run["expected_start_time"])
        ).total_seconds()
        for run in runs
    )


def asked_rows(api: httpx.Client) -> list[Row]:
    """Runs in both pools, one by one and many at once."""
    from leadflow.settings import get_settings

    settings = get_settings()
    warm, process = Asking(api, settings.warm_pool), Asking(api, settings.work_pool)
    warm.together(1)  # loads the flow
    singly = median(warm.together(1) for _ in range(WARM_RUNS))
    slowly = median(process.together(1) for _ in range(PROCESS_RUNS))
    peer = "process pool"
    return [
        Row("warm pool: trigger to completed, p50", singly, "s", None, 1.5, peer, slowly),
        Row(
            f"warm pool: {AT_ONCE} at once",
            warm.together(AT_ONCE),
            "s",
            at_most=15.0,
            peer=peer,
            peer_value=process.together(AT_ONCE),
        ),
    ]


def main(minutes: float) -> int:
    """Measure; the exit code is 1 if a bound does not hold."""
    from leadflow.integrations.prefect import signed_in
    from leadflow.settings import get_settings

    console, target = Console(), get_settings().home
    with (
        tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder,
        everything_up(Path(folder) / "home"),
        signed_in(get_settings()) as api,
    ):
        rows = [*idle_rows(api, minutes, console), *asked_rows(api)]
    title = f"Flows: {minutes:g} minutes idle, then runs that somebody asks for"
    return publish("flows", title, rows, target, console)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else IDLE_MINUTES))

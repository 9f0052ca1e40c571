"""Servers for a benchmark, ended by their own process ids."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadflow.settings import Settings

PROCESSES, WAIT_SECONDS = 2, 90.0


@contextmanager
def gateway(settings: "Settings", factory: str) -> Iterator[int]:
    """Two gateway processes of this application factory, ready; their port."""
    with gateways(settings, factory, PROCESSES) as (port, _):
        yield port


@contextmanager
def gateways(settings: "Settings", factory: str, processes: int) -> Iterator[tuple[int, int]]:
    """So many gateway processes, ready; their port, and the id of the process that starts another
    for each that ends."""
    from tests.servers import free_port

    port = free_port()
    command = ("uvicorn", "--factory", factory, "--host", "127.0.0.1", "--port", str(port))
    more = ("--log-level", "warning", "--no-access-log", "--workers", str(processes))
    with _running(settings, (*command, *more)) as pid:
        _wait_until_ready(port)
        yield port, pid


@contextmanager
def background(settings: "Settings") -> Iterator[None]:
    """The background process, where this version has one, and the mail server that it sends to."""
    if find_spec("leadflow.background") is None:
        yield
        return
    mail, loops = "leadflow.integrations.notifications.mailbox", "leadflow.background.main"
    with _running(settings, (mail,)), _running(settings, (loops,)):
        yield


@contextmanager
def _running(settings: "Settings", module: tuple[str, ...]) -> Iterator[int]:
    from leadflow.supervisor.environment import environment

    command = [sys.executable, "-m", *module]
    level = {"LEADFLOW_LOG_LEVEL": os.environ.get("LEADFLOW_LOG_LEVEL", "INFO")}
    server = subprocess.Popen(command, env=os.environ | environment(settings) | level)
    try:
        yield server.pid
    finally:
        server.terminate()
        server.wait(WAIT_SECONDS)


def _wait_until_ready(port: int) -> None:
    import httpx

    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            found = httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).json()
            if found["parts"]["model"]["status"] == "ok":
                time.sleep(2)  # the other process loads the model at the same time
                return
        except (httpx.HTTPError, KeyError):
            pass
        time.sleep(0.3)
    raise TimeoutError(f"no gateway on port {port}")

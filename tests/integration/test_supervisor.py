"""Everything comes up with one command, is seen by a second, and ends without harming others."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from leadflow.settings import Settings
from leadflow.supervisor import child as child_module
from leadflow.supervisor import state
from leadflow.supervisor.child import LONGEST_PAUSE, Child, ServiceFailed
from leadflow.supervisor.services import Service
from tests.servers import free_port

pytestmark = [pytest.mark.servers, pytest.mark.uncounted]


@pytest.fixture
def settings() -> Iterator[Settings]:
    """An installation of its own, with its own ports."""
    with tempfile.TemporaryDirectory(prefix="lf-up-") as folder:
        # PostgreSQL runs as another user where the tests run as root.
        Path(folder).chmod(0o755)
        found = Settings(
            home=Path(folder),
            gateway_port=free_port(),
            prefect_port=free_port(),
            mlflow_port=free_port(),
            smtp_port=free_port(),
        )
        yield found
        leadflow(found, "down")


def leadflow(settings: Settings, *words: str) -> "subprocess.CompletedProcess[str]":
    ports = {
        f"LEADFLOW_{name}_PORT": str(getattr(settings, f"{name.lower()}_port"))
        for name in ("GATEWAY", "PREFECT", "MLFLOW", "SMTP")
    }
    return subprocess.run(
        [sys.executable, "-m", "leadflow.cli.main", *words],
        env=os.environ | {"LEADFLOW_HOME": str(settings.home)} | ports,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def wait_healthy(settings: Settings, seconds: float = 60.0) -> dict[str, Any]:
    """What /health says once everything answers."""
    deadline = time.monotonic() + seconds
    while True:
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"{settings.gateway_url}/health", timeout=10)
            if answer.status_code == httpx.codes.OK:
                return dict(answer.json())
        assert time.monotonic() < deadline, "the gateway is not well again"
        time.sleep(0.5)


def wait_gone(processes: list[state.Running], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while any(process.alive() for process in processes):
        assert time.monotonic() < deadline, "some processes are still there"
        time.sleep(0.2)


def test_up_brings_everything_and_down_ends_just_that_also_after_a_kill(
    settings: Settings,
) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        first = leadflow(settings, "up", "--detach")
        assert first.returncode == 0, first.stdout + first.stderr
        assert settings.gateway_url in first.stdout
        _everything_answers(settings)
        _doctor_finds_nothing_bad(settings)
        _a_second_says_so(settings)
        _a_killed_database_comes_back(settings)
        killed = _what_a_killed_supervisor_left_is_ended(settings)
        assert not (settings.home / "postgres" / "postmaster.pid").exists()
        assert bystander.poll() is None
        again = leadflow(settings, "up", "--detach")
        assert again.returncode == 0, again.stdout + again.stderr
        found = running(settings)
        assert found.supervisor.pid != killed.supervisor.pid
        down = leadflow(settings, "down")
        assert "Everything has ended" in down.stdout
        wait_gone([found.supervisor, *found.children])
        assert not (settings.home / "postgres" / "postmaster.pid").exists()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def _doctor_finds_nothing_bad(settings: Settings) -> None:
    told = leadflow(settings, "doctor")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Gateway" in told.stdout


def running(settings: Settings) -> state.State:
    found = state.running(settings)
    assert found is not None
    return found


def _everything_answers(settings: Settings) -> None:
    health = httpx.get(f"{settings.gateway_url}/health", timeout=10).json()
    assert health["parts"]["database"]["status"] == "ok"
    assert health["parts"]["prefect"]["status"] == "ok"
    assert {child.name for child in running(settings).children} == {
        "postgres",
        "prefect",
        "gateway",
        "background",
        "mail",
        "worker",
        "warm-worker",
    }
    # Its pages cost nothing until somebody opens them.
    assert httpx.get(f"{settings.mlflow_url}/health", timeout=120).status_code == 200
    assert "mlflow" in {child.name for child in running(settings).children}


def _a_second_says_so(settings: Settings) -> None:
    second = leadflow(settings, "up")
    assert second.returncode == 0
    assert "already running" in second.stdout


def _a_killed_database_comes_back(settings: Settings) -> None:
    """Nobody types a command at night."""
    postgres = next(child for child in running(settings).children if child.name == "postgres")
    os.kill(postgres.pid, signal.SIGKILL)
    wait_gone([postgres])
    assert wait_healthy(settings)["parts"]["database"]["status"] == "ok"
    # A part that needs the database may start it before the supervisor looks.
    deadline = time.monotonic() + 30
    while postgres.pid in {child.pid for child in running(settings).children}:
        assert time.monotonic() < deadline, "the supervisor still names the one that was killed"
        time.sleep(0.2)


def _what_a_killed_supervisor_left_is_ended(settings: Settings) -> state.State:
    found = running(settings)
    os.kill(found.supervisor.pid, signal.SIGKILL)
    wait_gone([found.supervisor])
    assert any(child.alive() for child in found.children)
    told = leadflow(settings, "down")
    assert "left over from a run that was killed" in told.stdout
    wait_gone(found.children)
    return found


def test_a_busy_port_is_a_clear_error_before_anything_starts(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind((settings.host, settings.prefect_port))
        taken.listen()
        answer = leadflow(settings, "up")
    assert answer.returncode == 1
    assert f"Port {settings.prefect_port}" in answer.stderr
    assert "LEADFLOW_PREFECT_PORT=" in answer.stderr
    assert f"process {os.getpid()}" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (settings.home / "postgres").exists()


def test_a_server_that_dies_comes_back_however_often(tmp_path: Path) -> None:
    sleeper = Service("sleeper", (sys.executable, "-c", "import time; time.sleep(60)"), {}, None)
    child = Child(sleeper, tmp_path)
    first = child.pid
    os.kill(first, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first)] if psutil.pid_exists(first) else [], timeout=5)
    news = None
    while news is None:
        news = child.revive()
    assert "sleeper had ended and was started again" in news
    assert child.alive()
    assert child.pid != first
    child.restarts, child._next_start = 1000, 0.0
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: child.revive() is not None)
    assert 0 < child._next_start - time.monotonic() <= LONGEST_PAUSE
    child.terminate()
    child.end(time.monotonic() + 5)


PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1]])
time.sleep(60)
"""
HOLDS = """
import socket, time
line = socket.create_server(("127.0.0.1", {port}))
print("holds", flush=True)
time.sleep(60)
"""


def test_what_a_dead_server_had_started_gives_its_port_back(tmp_path: Path) -> None:
    holds = HOLDS.format(port=free_port())
    child = Child(Service("parent", (sys.executable, "-c", PARENT, holds), {}, None), tmp_path)
    wait_for(lambda: child.log.read_text().count("holds") == 1)
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: child.revive() is not None)
    wait_for(lambda: child.log.read_text().count("holds") == 2)
    assert "Address already in use" not in child.log.read_text()
    child.terminate()
    child.end(time.monotonic() + 5)


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_a_script_leaves_running_in_the_background_still_ends_its_servers(
    tmp_path: Path,
) -> None:
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        waits = "import time; print('ready', flush=True); time.sleep(60)"
        child = Child(Service("waiter", (sys.executable, "-c", waits), {}, None), tmp_path)
        while "ready" not in child.log.read_text():
            time.sleep(0.05)
        os.kill(child.pid, signal.SIGINT)
        assert child._process.wait(20) != 0
    finally:
        signal.signal(signal.SIGINT, ignored)


def test_a_server_that_ends_at_once_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = Service(
        "broken", (sys.executable, "-c", "raise SystemExit('no such table')"), {}, "http://[::1]:9/"
    )
    with pytest.raises(ServiceFailed, match="no such table"):
        Child(broken, tmp_path).wait_healthy(30)


ANSWERS = """
import http.server, sys
class Fine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Fine).serve_forever()
"""


def test_a_server_that_hangs_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(child_module, "FIRST_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(child_module, "HUNG_SECONDS", 0.3)
    port = free_port()
    command = (sys.executable, "-c", ANSWERS, str(port))
    url = f"http://127.0.0.1:{port}/"
    child = Child(Service("fine", command, {}, url, live_url=url), tmp_path)
    child.wait_healthy(30)
    assert child.end_if_hung() is None
    first = child.pid
    os.kill(first, signal.SIGSTOP)
    said = [child.end_if_hung() for _ in range(child_module.UNANSWERED)]
    assert said[:-1] == [None] * (child_module.UNANSWERED - 1)
    assert "did not answer any more" in str(said[-1])
    wait_for(lambda: child.revive() is not None)
    child.wait_healthy(30)
    assert child.pid != first
    child.terminate()
    child.end(time.monotonic() + 5)

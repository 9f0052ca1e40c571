"""Everything comes up with one command, is seen by a second, and ends without harming others."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from leadflow.settings import Settings
from leadflow.supervisor import state
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


@pytest.fixture
def bystander() -> Iterator["subprocess.Popen[bytes]"]:
    """A process of somebody else's."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_up_brings_everything_and_down_ends_just_that(
    settings: Settings, bystander: "subprocess.Popen[bytes]"
) -> None:
    first = leadflow(settings, "up", "--detach")
    assert first.returncode == 0, first.stdout + first.stderr
    assert settings.gateway_url in first.stdout
    _everything_answers(settings)
    _doctor_finds_nothing_bad(settings)
    _a_second_says_so(settings)
    _a_killed_database_comes_back(settings)
    found = running(settings)
    assert "Everything has ended" in leadflow(settings, "down").stdout
    _nothing_is_left(settings, found, bystander)


def test_what_a_killed_supervisor_had_started_is_ended(
    settings: Settings, bystander: "subprocess.Popen[bytes]"
) -> None:
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    killed, *left = (subprocess.Popen(command, start_new_session=True) for _ in range(3))
    children = [state.process(f"child-{child.pid}", child.pid) for child in left]
    state.write(settings, state.State(state.process("supervisor", killed.pid), children))
    killed.kill()
    killed.wait()
    told = leadflow(settings, "down")
    assert "2 servers left over from a run that was killed" in " ".join(told.stdout.split())
    assert [child.wait(10) for child in left] == [-signal.SIGTERM] * 2
    assert bystander.poll() is None


@pytest.mark.long
def test_after_a_kill_everything_is_ended_and_comes_up_again(
    settings: Settings, bystander: "subprocess.Popen[bytes]"
) -> None:
    assert leadflow(settings, "up", "--detach").returncode == 0
    killed = _what_a_killed_supervisor_left_is_ended(settings)
    _nothing_is_left(settings, killed, bystander)
    again = leadflow(settings, "up", "--detach")
    assert again.returncode == 0, again.stdout + again.stderr
    found = running(settings)
    assert found.supervisor.pid != killed.supervisor.pid
    leadflow(settings, "down")
    _nothing_is_left(settings, found, bystander)


def _nothing_is_left(
    settings: Settings, found: state.State, bystander: "subprocess.Popen[bytes]"
) -> None:
    wait_gone([found.supervisor, *found.children])
    assert not (settings.home / "postgres" / "postmaster.pid").exists()
    assert bystander.poll() is None


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

"""A server that dies, hangs or does not start is told, and started again."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from leadflow.supervisor import child as child_module
from leadflow.supervisor.child import LONGEST_PAUSE, Child, ServiceFailed
from leadflow.supervisor.services import Service
from tests.servers import free_port

pytestmark = [pytest.mark.servers, pytest.mark.uncounted]


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


def test_a_server_that_does_not_answer_is_told_with_how_long_it_was_waited_for(
    tmp_path: Path,
) -> None:
    silent = Service(
        "silent", (sys.executable, "-c", "import time; time.sleep(60)"), {}, "http://[::1]:9/"
    )
    child = Child(silent, tmp_path)
    try:
        child.wait_healthy(60, stopped=lambda: True)
        with pytest.raises(
            ServiceFailed, match=r"within 1 s\. .* set LEADFLOW_START_SECONDS to more"
        ):
            child.wait_healthy(1)
    finally:
        child.terminate()
        child.end(time.monotonic() + 5)


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

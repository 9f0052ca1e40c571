"""One process the supervisor started: its log, its end, and its coming back."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from leadflow.private import UMASK
from leadflow.supervisor.services import Service

GRACE_SECONDS = 12.0
LONGEST_PAUSE = 60.0
STEADY_SECONDS = 60.0
# How often a server is asked whether it hangs, how long it may take, and how often in a row it may
# not answer: a minute in all, which no busy machine takes.
LOOK_SECONDS, HUNG_SECONDS, UNANSWERED = 15.0, 10.0, 4
FIRST_LOOK_SECONDS = 120.0
WAITS = "LEADFLOW_START_SECONDS"


class ServiceFailed(RuntimeError):
    """A server does not come up; the message names its log and quotes its end."""


class Child:
    """A server in a process group of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(self, service: Service, logs: Path) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        self.restarts = 0
        self._next_start, self._next_look, self._unanswered = 0.0, 0.0, 0
        self._process = self._start()

    @property
    def pid(self) -> int:
        """Its process id; also that of its group."""
        return self._process.pid

    @property
    def created(self) -> float:
        """When its process was created, to tell it from a later one with the same id."""
        try:
            return float(psutil.Process(self.pid).create_time())
        except psutil.NoSuchProcess:
            return 0.0

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def wait_healthy(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> None:
        """Wait until its health address answers 200.

        Args:
            stopped: whether nobody waits any more.

        Raises:
            ServiceFailed: it ended, or did not answer in time.
        """
        url = self.service.health_url
        deadline = time.monotonic() + seconds
        while url is not None and not stopped() and not answers(url):
            if not self.alive():
                raise ServiceFailed(f"{self.service.name} ended at once. {self.last_words()}")
            if time.monotonic() > deadline:
                raise ServiceFailed(
                    f"{self.service.name} did not answer at {url} within {seconds:.0f} s. Where "
                    f"this machine needs longer, set {WAITS} to more. {self.last_words()}"
                )
            time.sleep(0.2)

    def revive(self) -> str | None:
        """Start it again if it died, however often, each time after a longer pause; says so, once a
        start. What it had started itself is ended first: it may hold the port."""
        now = time.monotonic()
        if self.alive():
            if now > self._next_start + STEADY_SECONDS:
                self.restarts = 0
            return None
        if now < self._next_start:
            return None
        signal_group(self.pid, signal.SIGKILL)
        self.restarts += 1
        self._next_start = now + min(2.0**self.restarts, LONGEST_PAUSE)
        self._process = self._start()
        return f"{self.service.name} had ended and was started again (see {self.log})."

    def end_if_hung(self) -> str | None:
        """Kill it where it has not answered several times in a row, so that it is started again;
        says so. Asks it now and then only."""
        now = time.monotonic()
        if self.service.live_url is None or now < self._next_look or not self.alive():
            return None
        self._next_look = now + LOOK_SECONDS
        if answers(self.service.live_url, HUNG_SECONDS):
            self._unanswered = 0
            return None
        self._unanswered += 1
        if self._unanswered < UNANSWERED:
            return None
        self._unanswered = 0
        signal_group(self.pid, signal.SIGKILL)
        return f"{self.service.name} did not answer any more and was ended."

    def terminate(self) -> None:
        """Ask it to end."""
        signal_group(self.pid, signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait until it has ended; past the deadline (monotonic) it is killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, deadline - time.monotonic()))
        signal_group(self.pid, signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """The end of its log, with where to read the rest."""
        lines = self.log.read_text(errors="replace").splitlines()[-8:]
        return "\n".join([f"Its log, {self.log}, ends with:", *lines])

    def _start(self) -> "subprocess.Popen[bytes]":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # It is given time to start; nobody can answer before.
        self._next_look, self._unanswered = time.monotonic() + FIRST_LOOK_SECONDS, 0
        _hear_interrupts()
        own = {
            name: value for name, value in os.environ.items() if name not in self.service.withheld
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.service.command,
                env={**own, **self.service.variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.service.hands,
                umask=UMASK,
            )


def _hear_interrupts() -> None:
    """A script of a shell starts what it leaves behind (``leadflow up &``) deaf to SIGINT, and
    children inherit that: Prefect's workers, which end by it, would have to be killed."""
    deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if deaf and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def answers(url: str, seconds: float = 5.0) -> bool:
    """Whether a GET of this address gives 2xx within so many seconds."""
    try:
        return httpx.get(url, timeout=seconds).is_success
    except httpx.HTTPError:
        return False


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the process group of this id, if there still is one."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)

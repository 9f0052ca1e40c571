"""The engine of this process and the unit of work: one session, one commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from select import POLLIN, poll
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from leadflow.database import cluster, roles
from leadflow.database.traced_cursor import TracedCursor
from leadflow.observability import spans
from leadflow.settings import get_settings


def engine_for(url: URL | str, pool_size: int = 10) -> Engine:
    """An engine on PostgreSQL; sessions speak UTC, so every read timestamp is aware and UTC."""
    connected: dict[str, Any] = {"options": "-c timezone=UTC -c jit=off"}
    if spans.kept():
        connected["cursor_factory"] = TracedCursor
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=20,
        # A failing statement is logged, and its parameters may be personal data.
        hide_parameters=True,
        connect_args=connected,
    )
    event.listen(engine, "checkout", _refuse_ended)
    return engine


def _refuse_ended(connection: Any, *_: object) -> None:
    """Have the pool replace a connection that the server has ended, without asking the server: a
    connection at rest has nothing to read but its end."""
    socket = poll()
    socket.register(connection.fileno(), POLLIN)
    if connection.closed or socket.poll(0):
        raise DisconnectionError("The server ended this connection.")


@lru_cache
def get_engine() -> Engine:
    """The engine on Leadflow's own database, as the role of the application (``roles``); starts the
    embedded server where that is used."""
    engine = engine_for(cluster.locate(get_settings()).leadflow)
    roles.work_as_app(engine)
    return engine


@lru_cache
def get_owner_engine() -> Engine:
    """The same as the user of the URL, who owns the tables: for tests and benchmarks, which do what
    the application must not. Migrations have an engine of their own."""
    return engine_for(cluster.locate(get_settings()).leadflow)


@contextmanager
def unit_of_work(engine: Engine | None = None) -> Iterator[Session]:
    """A session that commits once at the end, or rolls back when anything is raised.

    Services take this session and never commit; requests, tasks and commands open it.
    """
    with Session(engine or get_engine(), expire_on_commit=False) as session, session.begin():
        yield session

"""The engine of this process and the unit of work: one session, one commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from select import POLLIN, poll
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from leadflow.database import cluster, roles
from leadflow.database.referred_tables import know_referred
from leadflow.database.traced_cursor import TracedCursor
from leadflow.observability import spans
from leadflow.settings import get_settings


@dataclass(frozen=True)
class Timeouts:
    """Seconds after which PostgreSQL ends a statement, and a wait for a lock; 0: never."""

    statement: int
    lock: int


class Use(Enum):
    """What connections are for, and how long they may take: somebody waits for a request; the
    background comes again; a batch (training, scoring all, an import, a command) takes its time;
    migrations wait for each other; a search is refused where no index serves it."""

    REQUEST = Timeouts(statement=30, lock=10)
    SEARCH = Timeouts(statement=5, lock=5)
    BACKGROUND = Timeouts(statement=120, lock=30)
    BATCH = Timeouts(statement=3600, lock=300)
    MIGRATION = Timeouts(statement=0, lock=300)


_process_use = [Use.BATCH]
_joined: ContextVar[Session | None] = ContextVar("joined", default=None)
WHOLE = "the last part ended well"
event.listen(Session, "before_flush", know_referred)


def work_for(use: Use) -> None:
    """Say what this process is for, before its first connection; unless said, it works in batch."""
    _process_use[:] = [use]
    get_engine.cache_clear()


def engine_for(url: URL | str, pool_size: int = 10, use: Use = Use.BATCH) -> Engine:
    """An engine on PostgreSQL; sessions speak UTC, so every read timestamp is aware and UTC."""
    limits = f"-c statement_timeout={use.value.statement}s -c lock_timeout={use.value.lock}s"
    options = f"-c timezone=UTC -c jit=off {limits}"
    if get_settings().read_only:
        options += " -c default_transaction_read_only=on"
    connected: dict[str, Any] = {"options": options}
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
    engine = engine_for(cluster.locate(get_settings()).leadflow, use=_process_use[0])
    roles.work_as_app(engine)
    return engine


@lru_cache
def get_batch_engine() -> Engine:
    """The same for work that takes as long as a batch, in a process that is for something else."""
    engine = engine_for(cluster.locate(get_settings()).leadflow, pool_size=2, use=Use.BATCH)
    roles.work_as_app(engine)
    return engine


@lru_cache
def get_owner_engine() -> Engine:
    """The same as the user of the URL, who owns the tables: for tests and benchmarks, which do what
    the application must not. Migrations have an engine of their own."""
    return engine_for(cluster.locate(get_settings()).leadflow)


@contextmanager
def unit_of_work(engine: Engine | None = None, use: Use | None = None) -> Iterator[Session]:
    """A session that commits once at the end, or rolls back when anything is raised.

    Services take this session and never commit; requests, tasks and commands open it. ``use`` gives
    this one the timeouts of something else than its process is for: a report that a request asks
    for takes as long as a batch. Within ``joining``, it is part of the one there.
    """
    around = _joined.get() if engine is None else None
    if around is not None:
        with _part_of(around) as session:
            _take_time(session, use)
            yield session
        return
    with Session(engine or get_engine(), expire_on_commit=False) as session, session.begin():
        _take_time(session, use)
        yield session


@contextmanager
def snapshot(engine: Engine | None = None) -> Iterator[Session]:
    """A session that only reads, and sees everything as of one moment, however long it takes."""
    with Session(engine or get_engine(), expire_on_commit=False) as session, session.begin():
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield session


@contextmanager
def joining(session: Session) -> Iterator[None]:
    """Have the units of work that are opened within be parts of this session's own: they are
    committed with it, or not at all."""
    before = _joined.set(session)
    try:
        yield
    finally:
        _joined.reset(before)


def was_whole(session: Session) -> bool:
    """Whether the last unit of work that has joined this session ended well."""
    return bool(session.info.get(WHOLE))


@contextmanager
def _part_of(session: Session) -> Iterator[Session]:
    session.info[WHOLE] = False
    yield session
    # As if the session had ended: what it read is let go, and stays as it was read.
    session.flush()
    session.expunge_all()
    session.info[WHOLE] = True


def _take_time(session: Session, use: Use | None) -> None:
    if use is not None:
        limits = use.value
        session.execute(
            text(
                "SELECT set_config('statement_timeout', :statement, true), "
                "set_config('lock_timeout', :lock, true)"
            ),
            {"statement": f"{limits.statement}s", "lock": f"{limits.lock}s"},
        )

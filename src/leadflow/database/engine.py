"""The engine of this process and the unit of work: one session, one commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.orm import Session

from leadflow.database import cluster
from leadflow.settings import get_settings


def engine_for(url: URL | str, pool_size: int = 10) -> Engine:
    """An engine on PostgreSQL; sessions speak UTC, so every read timestamp is aware and UTC."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=20,
        pool_pre_ping=True,
        # A failing statement is logged, and its parameters may be personal data.
        hide_parameters=True,
        connect_args={"options": "-c timezone=UTC -c jit=off"},
    )


@lru_cache
def get_engine() -> Engine:
    """The engine on Leadflow's own database; starts the embedded server where that is used."""
    return engine_for(cluster.locate(get_settings()).leadflow)


@contextmanager
def unit_of_work(engine: Engine | None = None) -> Iterator[Session]:
    """A session that commits once at the end, or rolls back when anything is raised.

    Services take this session and never commit; requests, tasks and commands open it.
    """
    with Session(engine or get_engine(), expire_on_commit=False) as session, session.begin():
        yield session

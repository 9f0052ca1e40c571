"""``GET /health``: every part Leadflow depends on, by name."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Literal

from anyio import CapacityLimiter, to_thread
from cachetools import TTLCache, cached
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import text

from features.how_many import how_many
from leadflow.background import records
from leadflow.campaigns.circuits.service import channels
from leadflow.database import cluster
from leadflow.database.engine import engine_for, get_engine, unit_of_work
from leadflow.gateway.http.bounds.asked import Exact
from leadflow.integrations.prefect import PrefectClient
from leadflow.settings import get_settings

# How long it is known whether anything can be written.
WRITTEN_SECONDS = 5.0
State = Literal["ok", "down", "starting"]
router = APIRouter(tags=["operation"], route_class=Exact)


class Part(BaseModel):
    """One part and how it is."""

    status: State
    detail: str


class LoopOut(BaseModel):
    """One loop of one background process."""

    process: str
    loop: str
    looked_at: datetime
    worked_at: datetime | None = Field(description="When it last had something to do.")
    failures: int = Field(description="In a row; 0: it is well.")
    failed_at: datetime | None
    last_error: str | None


class Health(BaseModel):
    """``ok``: all parts are. ``degraded``: leads are taken and scored, something else is not well.
    ``down``: no leads can be taken."""

    status: Literal["ok", "degraded", "down"]
    parts: dict[str, Part]
    loops: list[LoopOut] = Field(description="What the background processes did last.")


@router.get("/health", response_model=Health, summary="Is everything up?")
async def health(request: Request, response: Response) -> Health:
    """Needs no API key. 200 while leads can be taken, which is tried by writing, else 503."""
    # In a thread of its own: a part that does not answer must not hold up the leads.
    found = await to_thread.run_sync(look, request, limiter=_limiter())
    response.status_code = 503 if found.status == "down" else 200
    return found


@router.get("/health/live", status_code=204, summary="Does the gateway answer?")
async def live() -> None:
    """Needs no API key, and looks at nothing else: whoever restarts what hangs asks here."""


@lru_cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(2)


def look(request: Request) -> Health:
    """Every part as it is now, and what the loops did last; asks the servers, so call it in a
    thread."""
    loops: list[LoopOut] = []
    checks: dict[str, Callable[[], Part]] = {
        "database": _database,
        "model": lambda: _model(request),
        "background": lambda: _background(loops),
        "prefect": _prefect,
        "mlflow": _mlflow,
        "sending": _sending,
    }
    parts = {name: check() for name, check in checks.items()}
    if parts["database"].status == "down":
        return Health(status="down", parts=parts, loops=loops)
    fine = all(part.status == "ok" for part in parts.values())
    return Health(status="ok" if fine else "degraded", parts=parts, loops=loops)


def _database() -> Part:
    try:
        with get_engine().connect() as connection:
            version = connection.execute(text("SHOW server_version")).scalar_one()
            revision = connection.execute(text("SELECT version_num FROM alembic_version"))
            found = f"PostgreSQL {version}, schema {revision.scalar_one()}"
    except Exception as error:
        return Part(status="down", detail=f"PostgreSQL does not answer ({type(error).__name__}).")
    wrong = _cannot_write()
    return Part(status="ok", detail=found) if wrong is None else Part(status="down", detail=wrong)


@cached(TTLCache(maxsize=1, ttl=WRITTEN_SECONDS), lock=Lock())
def _cannot_write() -> str | None:
    """Why nothing can be written, in words; None where a message in the write-ahead log can."""
    try:
        with get_engine().begin() as connection:
            connection.execute(text("SELECT pg_logical_emit_message(true, 'leadflow', 'health')"))
    except Exception as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        return f"PostgreSQL cannot write ({kind}): is its disk full, or is it a standby?"
    return None


def _background(loops: list[LoopOut]) -> Part:
    """How the background processes are; what each loop did last is put into ``loops``."""
    try:
        with unit_of_work() as session:
            loops += [
                LoopOut(
                    process=row.process,
                    loop=row.loop,
                    looked_at=row.looked_at,
                    worked_at=row.worked_at,
                    failures=row.failures,
                    failed_at=row.failed_at,
                    last_error=row.error and row.error.splitlines()[-1],
                )
                for row in records.running(session, datetime.now(UTC))
            ]
    except Exception as error:
        return Part(status="down", detail=f"Nothing is known of it ({type(error).__name__}).")
    processes = {loop.process for loop in loops}
    failing = sorted({loop.loop for loop in loops if loop.failures})
    if not processes:
        return Part(status="down", detail="No background process runs. Start it: leadflow up")
    if failing:
        return Part(status="down", detail=f"Failing: {', '.join(failing)}; see loops.")
    return Part(
        status="ok", detail=f"{how_many(len(processes), 'process')}, {how_many(len(loops), 'loop')}"
    )


def _model(request: Request) -> Part:
    serving = request.app.state.serving
    if serving.error:
        said = " Leads are scored by the expert rubric meanwhile." if serving.instead else ""
        return Part(status="down", detail=f"The champion did not load: {serving.error}{said}")
    if not serving.ready:
        return Part(status="starting", detail="Loading the champion.")
    scorer = serving.current()
    return Part(status="ok", detail=f"Scoring with {scorer.regime} {scorer.version}")


def _prefect() -> Part:
    url = get_settings().prefect_url
    if PrefectClient(get_settings()).healthy():
        return Part(status="ok", detail=url)
    return Part(
        status="down", detail=f"No answer at {url}. Leads are taken and scored all the same."
    )


def _sending() -> Part:
    """Whether messages of campaigns find a channel that takes them; anybody may ask, so that none
    is named."""
    try:
        with unit_of_work() as session:
            found = list(channels(session).values())
    except Exception as error:
        return Part(status="down", detail=f"Nothing is known of it ({type(error).__name__}).")
    waits = [one for one in found if one.state == "open"]
    if waits:
        words = f"{how_many(len(waits), 'channel')} failed, and messages wait"
        return Part(status="down", detail=f"{words}: leadflow channels says why.")
    return Part(status="ok", detail=f"LEADFLOW_SENDING is {get_settings().sending}")


def _mlflow() -> Part:
    """Its database, which models come from; its pages start when somebody opens them."""
    settings = get_settings()
    try:
        engine = engine_for(cluster.locate(settings).mlflow, pool_size=1)
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()
    except Exception as error:
        words = f"MLflow's database does not answer ({type(error).__name__}); no model is loaded."
        return Part(status="down", detail=words)
    return Part(status="ok", detail=f"{settings.mlflow_url}, starts when it is first opened")

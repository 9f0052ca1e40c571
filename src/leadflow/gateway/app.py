"""The HTTP application."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from leadflow.database import outbox
from leadflow.database.engine import get_engine
from leadflow.gateway import health, intake, problems
from leadflow.gateway.problems import MEDIA_TYPE, TITLES
from leadflow.gateway.schemas import ProblemOut
from leadflow.integrations.acts import registered_acts
from leadflow.scoring.learning import champion_version, serving_scorer
from leadflow.scoring.serving import ServingScorer
from leadflow.settings import get_settings

logger = logging.getLogger(__name__)
OUTBOX_SECONDS = 2.0
DESCRIPTION = """
Send a lead, get its score with the reasons in words and what happens next.

Every address but `/health` needs an API key, as `X-API-Key: lf_…` or `Authorization: Bearer lf_…`.
Make one with `leadflow keys create NAME`. Errors are problem documents (RFC 9457).
"""


def create_app() -> FastAPI:
    """The gateway; the champion loads in the background as it starts."""
    app: FastAPI = FastAPIOffline(
        title="Leadflow",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=_lifespan,
        responses={
            status: {
                "model": ProblemOut,
                "description": title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
            }
            for status, (_, title) in TITLES.items()
            if status in (401, 404, 409, 422, 503)
        },
    )
    problems.install(app)
    app.include_router(health.router)
    app.include_router(intake.router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = get_settings()
    serving = ServingScorer(
        load=lambda: serving_scorer(settings), version=lambda: champion_version(settings)
    )
    app.state.serving = serving
    serving.start()
    stop = threading.Event()
    threading.Thread(target=_deliver, args=(stop,), name="outbox", daemon=True).start()
    yield
    stop.set()
    serving.stop()


def _deliver(stop: threading.Event) -> None:
    """Carry out what is left in the outbox, so that nothing waits for the next flow run."""
    acts = registered_acts(get_settings())
    while not stop.wait(OUTBOX_SECONDS):
        try:
            outbox.deliver(get_engine(), acts, lambda: datetime.now(UTC))
        except Exception as error:
            logger.warning("the outbox could not be read: %s", type(error).__name__)

"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from leadflow.composition import compose
from leadflow.gateway import collection
from leadflow.gateway.api import routers as api
from leadflow.gateway.api.intake import Intake
from leadflow.gateway.api.webhooks import deliveries
from leadflow.gateway.console import routers as console
from leadflow.gateway.console.forms import problem_page
from leadflow.gateway.console.live.stream import new_hub
from leadflow.gateway.console.recipients.pages import is_of_a_link
from leadflow.gateway.console.rendering import STATIC
from leadflow.gateway.http import problems
from leadflow.gateway.http.around import HeadAsGet
from leadflow.gateway.http.bounds.bodies import BodyLimits
from leadflow.gateway.http.bounds.rate_limits import RateLimits
from leadflow.gateway.http.permissions import declare
from leadflow.gateway.http.problem import MEDIA_TYPE, TITLES
from leadflow.gateway.http.request_context import RequestContext
from leadflow.gateway.http.request_log import RequestLog
from leadflow.gateway.http.request_trace import RequestTrace
from leadflow.gateway.http.schemas import ProblemOut
from leadflow.gateway.http.security import is_known
from leadflow.observability import process, spans
from leadflow.scoring.learning.challenger import champion_version, serving_scorer
from leadflow.scoring.serving.champion import scorer_instead
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import get_settings

if TYPE_CHECKING:
    from models.scores import Scorer

# Requests worked on at a time in a process. Each needs the interpreter most of its time, so that
# more of them only take turns: two answered 30 % more a second than eight, and the slowest sooner.
THREADS = 2
DESCRIPTION = """
Send a lead, get its score with the reasons in words and what happens next; tell what it did and how
it ended.

Programs call with an API key, as `X-API-Key: lf_…` or `Authorization: Bearer lf_…`; make one with
`leadflow keys create NAME`. People sign in (`POST /session`) and send the token the same way, or
the cookie. Each address says in `x-permission` what it needs and in `x-roles` who has it. Errors
are problem documents (RFC 9457).
"""


def create_app() -> FastAPI:
    """The gateway; the champion loads in the background as it starts."""
    process.begin("gateway")
    compose()
    app: FastAPI = FastAPIOffline(
        title="Leadflow",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=_lifespan,
        # By these names clients in any language call the addresses.
        generate_unique_id_function=lambda route: route.name,
        # Its own spans hold addresses as they were typed, which may name people.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        responses={
            status: {
                "model": ProblemOut,
                "description": title,
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
            }
            for status, (_, title) in TITLES.items()
            if status in (400, 401, 403, 404, 408, 409, 412, 413, 415, 422, 429, 503)
        },
    )
    problems.install(app, problem_page)
    for router in (*api.ROUTERS, *console.ROUTERS):
        app.include_router(router)
    # Packed: what of it is large is text.
    app.mount("/static", GZipMiddleware(StaticFiles(directory=STATIC)), name="static")
    declare(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimits, known=_is_known)
    app.add_middleware(RateLimits, source=deliveries.source_of, settings=get_settings())
    app.add_middleware(RequestLog)
    if spans.kept():
        app.add_middleware(RequestTrace)
    app.add_middleware(RequestContext)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = get_settings()
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    serving = ServingScorer(
        load=lambda: _kept(serving_scorer(settings)),
        version=lambda: champion_version(settings),
        otherwise=lambda error: scorer_instead(settings, error),
    )
    app.state.serving, app.state.intake = serving, Intake(serving)
    app.state.deliveries, app.state.live = deliveries.Deliveries(), new_hub()
    serving.start()
    _prepare(app)
    try:
        yield
    finally:
        app.state.intake.stop()
        app.state.deliveries.stop()
        app.state.live.stop()
        serving.stop()
        process.end()


async def _is_known(request: Request) -> bool:
    """Whether more is read of a request: it carries a key or a sign-in, or is a source's, or
    of a link in a mail."""
    return (
        is_of_a_link(request) or await deliveries.is_of_a_source(request) or await is_known(request)
    )


def _prepare(app: FastAPI) -> None:
    """Have FastAPI work out now how each address is answered: it takes half a second, and else
    everybody waits for it when the first request to each kind of address comes."""
    nowhere = {"type": "http", "method": "GET", "path": "/-", "headers": [], "query_string": b""}
    for route in app.router.routes:
        route.matches(dict(nowhere))


def _kept(scorer: "Scorer") -> "Scorer":
    """The scorer; with the first, all that is loaded by then is left out of garbage collection."""
    collection.spare()
    return scorer

"""The short way of a route answers as FastAPI's own does, and is taken by ordinary requests."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from cachetools import TTLCache
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from starlette.types import Message

from leadflow.accounts.actors import Actor
from leadflow.gateway.api.intake import IntakeOf
from leadflow.gateway.console.forms import problem_page
from leadflow.gateway.http import problems, security
from leadflow.gateway.http.callers import CreatesLeads
from leadflow.gateway.http.idempotency import Keyed, keyed
from leadflow.gateway.http.short_way import ShortWay
from leadflow.intake.keyed_requests import Answer
from leadflow.leads.schemas import EXAMPLE, LeadIn

KEY, READER = "lf_of_a_program", "lf_of_a_reader"
GOOD = json.dumps(EXAMPLE)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two programs whose keys have just been looked up: one may create leads, one may not."""
    monkeypatch.setattr(security, "_remembered", TTLCache[str, Actor](maxsize=2, ttl=600.0))
    security._remembered[KEY] = Actor("key", "key:1", "1", scopes=frozenset({"lead.create"}))
    security._remembered[READER] = Actor("key", "key:2", "2", scopes=frozenset({"lead.read"}))


def service(route_class: type[APIRoute]) -> TestClient:
    """A gateway of one address, which answers what it was asked."""
    router = APIRouter(route_class=route_class)

    @router.post("/leads", status_code=201)
    async def take(body: LeadIn, intake: IntakeOf, caller: CreatesLeads) -> Response:
        asked, once = (
            body.model_dump(mode="json", exclude_unset=True),
            keyed(caller, lambda _: Answer(201, "")),
        )
        sent = None if once is None else [once.caller, once.key, once.digest]
        return Response(json.dumps([asked, intake, caller.id, sent]), 201)

    app = FastAPI(
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
    )
    app.state.intake = "the intake"
    problems.install(app, problem_page)
    app.include_router(router)
    return TestClient(app, raise_server_exceptions=False)


ASKED: dict[str, tuple[str | bytes, dict[str, str]]] = {
    "ordinary": (GOOD, {}),
    "with an idempotency key": (GOOD, {"idempotency-key": "once"}),
    "with a character set": (GOOD, {"content-type": "application/json; charset=utf-8"}),
    "as a bearer": (GOOD, {"x-api-key": "", "authorization": f"Bearer {KEY}"}),
    "as JSON of a kind": (GOOD, {"content-type": "application/ld+json"}),
    "as text": (GOOD, {"content-type": "text/plain"}),
    "as a form": ("email=a", {"content-type": "application/x-www-form-urlencoded"}),
    "under an empty idempotency key": (GOOD, {"idempotency-key": ""}),
    "under too long an idempotency key": (GOOD, {"idempotency-key": "k" * 201}),
    "by nobody": (GOOD, {"x-api-key": ""}),
    "by one who may not": (GOOD, {"x-api-key": READER}),
    "no JSON": ("{", {}),
    "no text": (b'{"email": "\xff"}', {}),
    "nothing": ("", {}),
    "a list": ("[]", {}),
    "nested without end": ("[" * 100_000, {}),
    "no number": ('{"email": "a@example.com", "budget": NaN}', {}),
    "a text for a number": ('{"email": "a@example.com", "company_size": "12"}', {}),
    "an unknown field": ('{"email": "a@example.com", "emial": 1}', {}),
    "a field twice": ('{"email": "a@example.com", "email": "b@example.com"}', {}),
    "half a character": ('{"email": "a@example.com", "location": "\\ud800"}', {}),
    "no address": ('{"email": "nobody"}', {}),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.usefixtures("known")
def test_the_short_way_answers_as_the_long_one(name: str) -> None:
    content, headers = ASKED[name]
    sent = {"x-api-key": KEY, "content-type": "application/json"} | headers
    sent = {header: value for header, value in sent.items() if value or header != "x-api-key"}
    short, long = (
        service(route_class).post("/leads", content=content, headers=sent)
        for route_class in (ShortWay, Keyed)
    )
    assert short.status_code == long.status_code
    assert short.content == long.content


@pytest.mark.usefixtures("known")
def test_ordinary_requests_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_long_way(route: APIRoute) -> Callable[[Request], Any]:
        async def refuse(request: Request) -> Response:
            return Response("the long way", 500)

        return refuse

    monkeypatch.setattr(APIRoute, "get_route_handler", no_long_way)
    ordinary = ("ordinary", "with an idempotency key", "with a character set", "as a bearer")
    for name in ordinary:
        content, headers = ASKED[name]
        sent = {"x-api-key": KEY, "content-type": "application/json"} | headers
        answer = service(ShortWay).post("/leads", content=content, headers=sent)
        assert answer.status_code == 201, name


@pytest.mark.usefixtures("known")
def test_whoever_goes_away_while_sending_is_answered_as_on_the_long_way() -> None:
    def statuses(route_class: type[APIRoute]) -> list[int]:
        sent: list[int] = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message.get("status", 0))

        headers = [(b"x-api-key", KEY.encode()), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/leads", "query_string": b""}

        async def ask() -> None:
            await service(route_class).app(scope | {"headers": headers}, receive, send)

        asyncio.run(ask())
        return sent

    assert statuses(ShortWay) == statuses(Keyed)


def test_a_route_that_asks_for_more_has_none() -> None:
    """What the short way would skip: no permission to look at, a further parameter, a dependency of
    the route."""
    router = APIRouter(route_class=ShortWay)

    async def open_to_all(body: LeadIn, intake: IntakeOf) -> Response:
        return Response()

    async def with_more(
        body: LeadIn, intake: IntakeOf, caller: CreatesLeads, really: bool
    ) -> Response:
        return Response()

    async def plain(body: LeadIn, intake: IntakeOf, caller: CreatesLeads) -> Response:
        return Response()

    for endpoint, more in ((open_to_all, []), (with_more, []), (plain, [Depends(lambda: None)])):
        with pytest.raises(TypeError, match="no short way"):
            router.post("/leads", dependencies=more)(endpoint)
    router.post("/leads")(plain)

"""Bodies are read up to a size, a depth and a time; much, only from those who are known."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import Request
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from leadflow.gateway.http import bodies
from leadflow.gateway.http.bodies import MEGABYTE, MOST_OF_ANYBODY, BodyLimits

KNOWN = {"X-API-Key": "known"}


async def measured(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def known(request: Request) -> bool:
    return request.headers.get("x-api-key") == "known"


def ask(content: Any = None, path: str = "/leads", **said: Any) -> httpx.Response:
    app = BodyLimits(Starlette(routes=[Route("/{path:path}", measured, methods=["POST"])]), known)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, content=content, **said)

    return asyncio.run(asked())


async def pieces(size: int, pause: float = 0.0) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b"x" * 1024
        await asyncio.sleep(pause)


def test_what_is_small_is_handed_on_whole() -> None:
    for size in (0, 1, 1024, MOST_OF_ANYBODY):
        assert ask(b"x" * size).text == str(size)
    assert ask(pieces(2048)).text == "2048"
    assert ask().text == "0"


@pytest.mark.parametrize("made", [lambda size: b"x" * size, pieces])
def test_much_is_read_only_of_those_who_are_known(made: Any) -> None:
    size = 2 * MOST_OF_ANYBODY
    refused = ask(made(size))
    assert refused.status_code == 401
    assert refused.json()["type"] == "/problems/sign-in-required"
    assert refused.headers["connection"] == "close"
    assert ask(made(size), headers={"X-API-Key": "guess"}).status_code == 401
    assert ask(made(size), headers=KNOWN).text == str(size)


@pytest.mark.parametrize("made", [lambda size: b"x" * size, pieces])
def test_too_much_is_read_of_nobody(made: Any) -> None:
    refused = ask(made(5 * MEGABYTE), headers=KNOWN)
    assert (refused.status_code, refused.json()["type"]) == (413, "/problems/too-large")
    assert "4 MB" in refused.json()["detail"]
    lists = "/leads/lead_1/events"
    assert ask(made(5 * MEGABYTE), lists, headers=KNOWN).text == str(5 * MEGABYTE)
    assert ask(made(17 * MEGABYTE), lists, headers=KNOWN).status_code == 413


def test_what_comes_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.2)
    refused = ask(pieces(20_000, pause=0.05))
    assert (refused.status_code, refused.json()["type"]) == (408, "/problems/too-slow")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b"[" * 60 + b"]" * 60,
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b'{"a":"\\"]]]]]]]]]]]",' + b'"b":[' * 60,
    ],
)
def test_what_is_nested_too_deeply_is_refused(body: bytes) -> None:
    refused = ask(body)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/bad-request")


def test_a_text_without_end_and_a_wide_body_are_looked_through_once() -> None:
    for body in (b"[]" * 51 + b'"' + b'\\"' * 30_000, b"[" + b'{"a":[{}]},' * 5_000 + b"{}]"):
        assert ask(body[:MOST_OF_ANYBODY]).text == str(min(len(body), MOST_OF_ANYBODY))
    for depth, status in ((50, 200), (51, 400)):
        assert ask(b"[" * depth + b"]" * depth).status_code == status
        assert ask(b"[" * (depth - 1) + b"{}," * 9 + b"]" * (depth - 1)).status_code == status


def test_what_is_wide_or_only_text_is_not() -> None:
    for body in (
        b"[" + b"{}," * 1000 + b"{}]",
        b'{"a":"' + b"[" * 1000 + b'"}',
        b'{"a":"\\"' + b"[" * 1000 + b'"}',
        b"[" * 50 + b"]" * 50,
        b'"' + b"[" * 100,
    ):
        assert ask(body).text == str(len(body)), body[:20]

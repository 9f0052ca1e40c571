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
from starlette.types import Message

from leadflow.gateway.http.bounds import bodies
from leadflow.gateway.http.bounds.bodies import MEGABYTE, MOST_OF_ANYBODY, BodyLimits

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
        assert ask(b"x" * size, headers=KNOWN).text == str(size)
    assert ask(pieces(2048), headers=KNOWN).text == "2048"
    assert ask().text == "0"


@pytest.mark.parametrize("made", [lambda size: b"x" * size, pieces])
@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "guess"}])
def test_of_those_who_are_not_known_nothing_is_read(made: Any, headers: dict[str, str]) -> None:
    """The route says what they lack; what they go on sending ends with the connection."""
    answer = ask(made(2048), headers=headers)
    assert (answer.text, answer.headers["connection"]) == ("0", "close")
    assert "connection" not in ask(made(2048), headers=KNOWN).headers


@pytest.mark.parametrize("made", [lambda size: b"x" * size, pieces])
@pytest.mark.parametrize("path", ["/session", "/console/sign-in"])
def test_where_people_sign_in_little_is_read_of_anybody(made: Any, path: str) -> None:
    assert ask(made(MOST_OF_ANYBODY), path).text == str(MOST_OF_ANYBODY)
    refused = ask(made(2 * MOST_OF_ANYBODY), path, headers=KNOWN)
    assert (refused.status_code, refused.headers["connection"]) == (413, "close")
    assert "64 KB" in refused.json()["detail"]


def test_a_body_without_end_is_read_up_to_the_bound() -> None:
    """Piece by piece, whether it announces no length or a smaller one than it has."""
    for announced in (None, 10):
        assert received(announced) == (413, bodies.MOST // MEGABYTE + 1)


def received(announced: int | None) -> tuple[int, int]:
    """The status, and how many megabytes were read, of a body that never ends."""
    read, statuses = 0, list[int]()

    async def receive() -> Message:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * MEGABYTE, "more_body": True}

    async def send(message: Message) -> None:
        statuses.append(message.get("status", 0))

    length = (
        (b"transfer-encoding", b"chunked")
        if announced is None
        else (b"content-length", str(announced).encode())
    )
    scope = {"type": "http", "method": "POST", "path": "/leads", "query_string": b""}
    headers = [length, (b"x-api-key", b"known")]
    asyncio.run(BodyLimits(Starlette(), known)(scope | {"headers": headers}, receive, send))
    return statuses[0], read


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
    refused = ask(pieces(20_000, pause=0.05), headers=KNOWN)
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
    refused = ask(body, headers=KNOWN)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/bad-request")


def test_a_text_without_end_and_a_wide_body_are_looked_through_once() -> None:
    for body in (b"[]" * 51 + b'"' + b'\\"' * 30_000, b"[" + b'{"a":[{}]},' * 5_000 + b"{}]"):
        assert ask(body[:MOST_OF_ANYBODY], headers=KNOWN).text == str(
            min(len(body), MOST_OF_ANYBODY)
        )
    for depth, status in ((50, 200), (51, 400)):
        assert ask(b"[" * depth + b"]" * depth, headers=KNOWN).status_code == status
        wide = b"[" * (depth - 1) + b"{}," * 9 + b"]" * (depth - 1)
        assert ask(wide, headers=KNOWN).status_code == status


def test_what_is_wide_or_only_text_is_not() -> None:
    for body in (
        b"[" + b"{}," * 1000 + b"{}]",
        b'{"a":"' + b"[" * 1000 + b'"}',
        b'{"a":"\\"' + b"[" * 1000 + b'"}',
        b"[" * 50 + b"]" * 50,
        b'"' + b"[" * 100,
    ):
        assert ask(body, headers=KNOWN).text == str(len(body)), body[:20]

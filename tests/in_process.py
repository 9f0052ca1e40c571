"""A caller of a gateway that runs in this process, as Starlette's own, at a third of its cost."""

from asyncio import Event
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient

Message = MutableMapping[str, Any]


class _Whole(httpx2.BaseTransport):
    """Each request goes to the application's thread and back once, with its whole answer.

    Starlette's crosses over eight times, so that an answer can be read as it is written. No test
    here reads one so; what streams is tried against a gateway that is a process.
    """

    def __init__(self, client: "InProcess") -> None:
        self.client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        with self.client._portal_factory() as portal:
            status, headers, answered = portal.call(_answer, self.client, request, body)
        content = b"" if request.method == "HEAD" else answered
        return httpx2.Response(
            status, headers=headers, stream=httpx2.ByteStream(content), request=request
        )


class InProcess(TestClient):
    """To be used in a ``with``, as Starlette's. An error that nothing answers is a 500."""

    def __init__(self, app: FastAPI, **given: Any) -> None:
        super().__init__(app, raise_server_exceptions=False, **given)
        self._transport = _Whole(self)


async def _answer(
    client: InProcess, request: httpx2.Request, body: bytes
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    asked, answered, whole = [body], bytearray(), Event()
    started: tuple[int, list[tuple[bytes, bytes]]] | None = None

    async def receive() -> Message:
        if asked:
            return {"type": "http.request", "body": asked.pop()}
        await whole.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal started
        if message["type"] == "http.response.start":
            started = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            answered.extend(message.get("body", b""))
            if not message.get("more_body"):
                whole.set()

    try:
        await client.app(_scope(client, request), receive, send)
    except Exception:
        if started is None:
            return 500, [], b""
    status, headers = started or (500, [])
    return status, headers, bytes(answered)


def _scope(client: InProcess, request: httpx2.Request) -> dict[str, Any]:
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "path": unquote(url.path),
        "raw_path": url.raw_path.split(b"?", 1)[0],
        "root_path": "",
        "scheme": url.scheme,
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("testclient", 50000),
        "server": [url.host, url.port or 80],
        "state": client.app_state.copy(),
    }

"""Middleware around every request, as plain ASGI, because each request pays for it."""

from abc import ABC, abstractmethod

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ONLY_HEAD = "leadflow.only_head"


class AroundRequests(ABC):
    """Stands around what answers; what the server hands over besides requests passes by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or whatever else the server hands over."""
        if scope["type"] == "http":
            await self.request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @abstractmethod
    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""


def only_head(request: HTTPConnection) -> bool:
    """Whether the body of the answer is thrown away: nobody need read a large one for that."""
    return ONLY_HEAD in request.scope


class HeadAsGet(AroundRequests):
    """HEAD, wherever GET is answered: what GET would answer, without the body (RFC 9110, 9.3.2).
    Stands inside of all that logs and counts requests, which see them as they came."""

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            # The server looks here for whether a body has to follow; the route is found by now.
            scope["method"] = "HEAD"
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope["method"], scope[ONLY_HEAD] = "GET", True
        try:
            await self._app(scope, receive, without_body)
        finally:
            scope["method"] = "HEAD"

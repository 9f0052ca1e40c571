"""Middleware around every request, as plain ASGI, because each request pays for it."""

from abc import ABC, abstractmethod

from starlette.types import ASGIApp, Receive, Scope, Send


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

"""An application behind a sign-in by HTTP Basic (RFC 7617), for pages of this address only."""

import base64
import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Of MLflow: what takes files from whoever calls it.
UPLOADS = ("/mlflow-artifacts", "/upload-artifact", "/presigned-upload-url")


class Guarded:
    """Asks every request for ``name:password``; takes none that another site's page makes in the
    browser of somebody who has signed in, and no upload of files."""

    def __init__(self, app: ASGIApp, sign_in: str, open_to_all: Collection[str] = ()) -> None:
        """``open_to_all``: paths whose GET needs no sign-in, such as one for health checks."""
        self._app, self._open = app, frozenset(open_to_all)
        self._wanted = f"Basic {base64.b64encode(sign_in.encode()).decode()}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it with why not."""
        if scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        method, path, headers = scope["method"], scope["path"], Headers(scope=scope)
        if method == "GET" and path in self._open:
            return None
        given = headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self._wanted):
            return PlainTextResponse(
                "Sign in: `leadflow keys servers` says with what.\n",
                401,
                {"WWW-Authenticate": 'Basic realm="MLflow of Leadflow", charset="UTF-8"'},
            )
        if method in READING:
            return None
        if not _of_this_address(headers):
            return PlainTextResponse("Pages of another site may not do that.\n", 403)
        if any(part in path for part in UPLOADS):
            return PlainTextResponse("Files are not taken here.\n", 403)
        return None


def _of_this_address(headers: Headers) -> bool:
    """Programs name no origin; browsers always do where something is changed."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")

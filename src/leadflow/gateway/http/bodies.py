"""What of a request's body is read: so much, for so long; much only from those who are known."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadflow.gateway.http.around import AroundRequests
from leadflow.gateway.http.database_problems import HANDLED, of_database
from leadflow.gateway.http.problem import TITLES, problem
from leadflow.gateway.http.texts import unreadable

KILOBYTE, MEGABYTE = 2**10, 2**20
# From anybody; a lead with everything that is known of it takes 2 KB.
MOST_OF_ANYBODY = 64 * KILOBYTE
MOST = 4 * MEGABYTE
# A delivery of a webhook, which its signature is only looked for in once it is read: of a source
# that there is. The largest that are known, of 100 records, take 300 KB.
MOST_OF_DELIVERIES = MEGABYTE
DELIVERIES = "/webhooks/"
# Where lists of many things are sent.
MOST_OF_LISTS = 16 * MEGABYTE
LISTS = re.compile(r"/(leads/[^/]+/events|team|rules/[^/]+|event-types)(/[a-z-]+)?")
SECONDS = 30.0
# Lists and objects within each other; what is said of leads has five.
DEEPEST = 50
NO_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))


class BodyLimits(AroundRequests):
    """Reads the whole body before anything else does, and answers for it where it is too large, too
    slow or nested too deeply."""

    def __init__(self, app: ASGIApp, known: Callable[[Request], Awaitable[bool]]) -> None:
        """``known``: whether a request carries a key or a sign-in that is valid, or is for a source
        that there is."""
        super().__init__(app)
        self._known = known

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        announced = _announced(scope)
        if announced == 0:
            await self._app(scope, receive, send)
            return
        body = await self._read(scope, receive, announced)
        if body is None:
            return
        if isinstance(body, Response):
            # What was not read goes with the connection.
            body.headers["Connection"] = "close"
            await body(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)

    async def _read(
        self, scope: Scope, receive: Receive, announced: int | None
    ) -> bytes | Response | None:
        """The body; an answer, where it is not to be read; None: the caller has gone."""
        body, most, more = bytearray(), MOST_OF_ANYBODY, True
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    size = max(len(body), announced or 0)
                    if size > most:
                        most = _most(scope["path"])
                        refusal = await self._refusal(scope, size, most)
                        if refusal is not None:
                            return refusal
                    if not more:
                        break
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
        except TimeoutError:
            said = f"It did not arrive within {SECONDS:.0f} seconds. Send it again."
            return problem(408, *TITLES[408], said)
        if scope["path"].startswith(DELIVERIES):
            # Kept as it came: what of it cannot be read is said where it is mapped.
            return bytes(body)
        if _is_too_deep(body):
            said = f"At most {DEEPEST} lists and objects may be within each other."
            return problem(400, *TITLES[400], said)
        return unreadable(body, _is_form(scope)) or bytes(body)

    async def _refusal(self, scope: Scope, size: int, most: int) -> Response | None:
        if size > most:
            said = f"At most {most // MEGABYTE} MB are taken at this address. Send less at a time."
            return problem(413, *TITLES[413], said)
        request = Request(scope)
        try:
            if await self._known(request):
                return None
        except HANDLED as error:
            # Outside of what answers for the database's errors else.
            return of_database(request, error)
        said = (
            f"More than {MOST_OF_ANYBODY // KILOBYTE} KB are read only from those who are known: "
            "send a key that is valid."
        )
        return problem(401, *TITLES[401], said)


def _announced(scope: Scope) -> int | None:
    """How long the body says it is; None where it does not say."""
    length: int | None = 0
    for name, value in scope["headers"]:
        if name == b"content-length":
            # The server lets no other value through.
            length = int(value)
        elif name == b"transfer-encoding":
            return None
    return length


def _is_form(scope: Scope) -> bool:
    kinds = [value for name, value in scope["headers"] if name == b"content-type"]
    return any(kind.startswith(b"application/x-www-form-urlencoded") for kind in kinds)


def _most(path: str) -> int:
    if path.startswith(DELIVERIES):
        return MOST_OF_DELIVERIES
    return MOST_OF_LISTS if LISTS.fullmatch(path) else MOST


def _is_too_deep(body: bytearray) -> bool:
    """In passes over the whole body and never sign by sign, which would hold the event loop."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    # Without escapes, every second piece between quotation marks lies outside of texts.
    plain = bytes(body).replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(plain.split(b'"')[::2]).translate(None, NO_BRACKETS)
    for _ in range(DEEPEST):
        inner = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if len(inner) == len(brackets):
            break
        brackets = inner
    else:
        # Each pass took the innermost away, and there are some left.
        return len(brackets.replace(b"[]", b"").replace(b"{}", b"")) < len(brackets)
    return brackets.count(b"[") + brackets.count(b"{") > DEEPEST


def _again(body: bytes, receive: Receive) -> Receive:
    """Hands over the body that was read, and then whatever comes."""
    left = [body]

    async def hand_over() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return hand_over

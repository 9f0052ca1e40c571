"""What of a request's body is read: so much, for so long, and only from those who are known."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadflow.gateway.http.around import AroundRequests
from leadflow.gateway.http.bounds.streams import is_streamed, refused_file
from leadflow.gateway.http.bounds.texts import unreadable
from leadflow.gateway.http.database_problems import HANDLED, of_database
from leadflow.gateway.http.problem import TITLES, problem

KILOBYTE, MEGABYTE = 2**10, 2**20
# Where people sign in, from anybody.
MOST_OF_ANYBODY = 64 * KILOBYTE
OPEN = frozenset({"/session", "/console/sign-in"})
# A lead with everything that is known of it takes 2 KB; a delivery that is corrected, 2 MB as JSON.
MOST = 4 * MEGABYTE
# A delivery of a webhook, which its signature is only looked for in once it is read: of a source
# that there is. The largest that are known, of 100 records, take 300 KB.
MOST_OF_DELIVERIES = MEGABYTE
DELIVERIES = "/webhooks/"
# Where lists of many things are sent.
MOST_OF_LISTS = 16 * MEGABYTE
LISTS = re.compile(
    r"/(leads/[^/]+/events|events|team|rules/[^/]+|event-types|configuration)(/[a-z-]+)?"
)
SECONDS = 30.0
# Lists and objects within each other; what is said of leads has five.
DEEPEST = 50
NO_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))


class BodyLimits(AroundRequests):
    """Reads the whole body before anything else does, and answers for it where it is too large, too
    slow or nested too deeply. Of those who are not known nothing is read: their requests go on
    without a body, and each route says what they lack."""

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
        if is_streamed(scope):
            await self._streamed(scope, receive, send, announced)
            return
        most = _most(scope["path"])
        if announced is not None and announced > most:
            body: bytes | Response | None = _too_large(most)
        elif scope["path"] in OPEN:
            body = await _read(scope, receive, most)
        else:
            known = await self._is_known(scope)
            if known is False:
                await self._app(scope, _again(b"", receive), _closing(send))
                return
            body = await _read(scope, receive, most) if known is True else known
        if isinstance(body, Response):
            await body(scope, receive, _closing(send))
        elif body is not None:
            await self._app(scope, _again(body, receive), send)

    async def _streamed(
        self, scope: Scope, receive: Receive, send: Send, announced: int | None
    ) -> None:
        """One whose route reads the body piece by piece (``streams``); from those who are known."""
        known: bool | Response = await self._is_known(scope)
        if known is True:
            known = refused_file(scope, announced) or True
        if isinstance(known, Response):
            await known(scope, receive, _closing(send))
            return
        # What the route does not read goes with the connection.
        await self._app(scope, receive if known else _again(b"", receive), _closing(send))

    async def _is_known(self, scope: Scope) -> bool | Response:
        request = Request(scope)
        try:
            return await self._known(request)
        except HANDLED as error:
            # Outside of what answers for the database's errors else.
            return of_database(request, error)


async def _read(scope: Scope, receive: Receive, most: int) -> bytes | Response | None:
    """The body; an answer, where it is not to be read; None: the caller has gone."""
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > most:
                    return _too_large(most)
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


def _too_large(most: int) -> Response:
    size = f"{most // MEGABYTE} MB" if most >= MEGABYTE else f"{most // KILOBYTE} KB"
    said = f"At most {size} are taken at this address. Send less at a time."
    return problem(413, *TITLES[413], said)


def _closing(send: Send) -> Send:
    """With which an answer ends the connection, and what was not read goes with it."""

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["Connection"] = "close"
        await send(message)

    return answer


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
    if path in OPEN:
        return MOST_OF_ANYBODY
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

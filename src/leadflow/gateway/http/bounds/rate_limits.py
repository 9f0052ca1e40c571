"""How many requests are taken of one key, one address and one source, and how that is said."""

import math
import time
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, ip_address, ip_network

from cachetools import TTLCache
from fastapi import Request, Response
from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.how_many import how_many
from leadflow.accounts import rate_windows
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.around import AroundRequests
from leadflow.gateway.http.bounds.leases import LeasedStorage
from leadflow.gateway.http.database_problems import HANDLED
from leadflow.gateway.http.problem import TITLES, problem
from leadflow.gateway.http.security import given_key, program_of, remembered_key
from leadflow.settings import Settings

# What watches Leadflow, and files that never change.
EXEMPT = ("/health", "/metrics", "/static")
WINDOW = 60
MOST_KEYS, LATELY_SECONDS = 1000, 3600


class Limit:
    """So many requests a minute of whoever it is for."""

    def __init__(self, name: str, a_minute: int) -> None:
        self.name, self._item = name, RateLimitItemPerMinute(a_minute)
        self._storage = LeasedStorage(self._item, _lease)
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._policy = f'"{name}";q={a_minute};w={WINDOW}'

    def reached(self, whose: str) -> bool:
        """Whether no more are taken of them now, as far as this process knows."""
        return self._storage.reached(self._key(whose))

    async def take(self, whose: str) -> bool:
        """Whether one more is taken of them."""
        return await self._limiter.hit(self._item, self.name, whose)

    def headers(self, whose: str) -> dict[str, str]:
        """What is left to them, in the words of draft-ietf-httpapi-ratelimit-headers."""
        held = self._storage.held(self._key(whose))
        if held is None:
            return {"RateLimit-Policy": self._policy}
        left = max(0, self._item.amount - held.hits + held.left)
        said = f'"{self.name}";r={left};t={_seconds(held.ends_at)}'
        return {"RateLimit-Policy": self._policy, "RateLimit": said}

    def refusal(self, whose: str) -> Response:
        """429, and when to come again."""
        held = self._storage.held(self._key(whose))
        wait = 1 if held is None else max(1, _seconds(held.ends_at))
        said = (
            f"{self._item.amount:,} a minute are taken {FOR_WHOM[self.name]}. Nothing was done: "
            f"send it again in {how_many(wait, 'second')}."
        )
        headers = {"Retry-After": str(wait)} | self.headers(whose)
        return problem(429, *TITLES[429], said, headers)

    def _key(self, whose: str) -> str:
        return self._item.key_for(self.name, whose)


FOR_WHOM = {
    "key": "with one key",
    "address": "from one address without a key",
    "source": "of one source from one address",
}


class RateLimits(AroundRequests):
    """Counts a request before anything of it is read: for its key, where it has one that is valid;
    for its source and address, where it is a delivery; else for its address."""

    def __init__(
        self,
        app: ASGIApp,
        source: Callable[[Request], Awaitable[str | None]],
        settings: Settings,
    ) -> None:
        """``source``: the name of the source that a request is for, if there is one."""
        super().__init__(app)
        self._source = source
        # Programs that came lately are looked up though others at their address come too often.
        self._lately: TTLCache[str, bool] = TTLCache(MOST_KEYS, ttl=LATELY_SECONDS)
        bounds = {
            "key": settings.requests_per_key,
            "address": settings.requests_per_address,
            "source": settings.deliveries_per_source,
        }
        self._limits = {name: Limit(name, most) for name, most in bounds.items() if most}

    async def request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["path"].startswith(EXEMPT):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            name, whose = await self._whose(request)
            limit = self._limits.get(name)
            taken = limit is None or await limit.take(whose)
        except HANDLED:
            # Nobody counts while the database does not answer; whatever asks it says so.
            await self._app(scope, receive, send)
            return
        if limit is None:
            await self._app(scope, receive, send)
        elif taken:
            await self._app(scope, receive, _saying(limit, whose, send))
        else:
            # What was not read goes with the connection.
            refusal = limit.refusal(whose)
            refusal.headers["Connection"] = "close"
            await refusal(scope, receive, send)

    async def _whose(self, request: Request) -> tuple[str, str]:
        given = given_key(request)
        known = remembered_key(given)
        if known is not None:
            return "key", known
        address = _address(request)
        limit = self._limits.get("address")
        if limit is not None and limit.reached(address) and given not in self._lately:
            # Whoever guesses keys is not even looked up.
            return "address", address
        program = await program_of(given)
        if program is not None:
            self._lately[given] = True
            return "key", program
        source = await self._source(request)
        return ("address", address) if source is None else ("source", f"{source} {address}")


def _address(request: Request) -> str:
    """Where a request comes from: of IPv6 the network, for each machine has a whole one."""
    host = "" if request.client is None else request.client.host
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return host


def _saying(limit: Limit, whose: str, send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(limit.headers(whose))
        await send(message)

    return answer


def _seconds(ends_at: float) -> int:
    return max(0, math.ceil(ends_at - time.time()))


def _lease(name: str, hits: int, seconds: int) -> tuple[int, float]:
    with unit_of_work() as session:
        return rate_windows.lease(session, name, hits, seconds)

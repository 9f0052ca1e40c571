"""So many requests a minute are taken of a key, address and source, by all processes together."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from leadflow.accounts import rate_windows
from leadflow.accounts.keys import create_key
from leadflow.accounts.tables import RateWindow
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.bounds import rate_limits
from leadflow.gateway.http.bounds.rate_limits import RateLimits
from leadflow.settings import Settings

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


async def answered(_: Request) -> PlainTextResponse:
    return PlainTextResponse("ok")


async def source(request: Request) -> str | None:
    name = request.url.path.removeprefix("/webhooks/")
    return name if name in {"website", "crm"} else None


class Process:
    """A process of the gateway."""

    def __init__(self, **bounds: int) -> None:
        app = Starlette(routes=[Route("/{path:path}", answered)])
        self.app = RateLimits(app, source, Settings(**bounds))  # type: ignore[arg-type]

    async def ask(
        self, path: str = "/leads", key: str | None = None, address: str = HERE
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        headers = {} if key is None else {"X-API-Key": key}
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers=headers)


def ask(process: Process, times: int, **said: Any) -> list[httpx.Response]:
    async def asked() -> list[httpx.Response]:
        return [await process.ask(**said) for _ in range(times)]

    return asyncio.run(asked())


def statuses(answers: Sequence[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


@pytest.fixture
def key(store: Engine) -> str:
    with unit_of_work() as session:
        return create_key(session, "website", ["lead.create"], [])


def test_a_key_that_comes_too_often_is_told_when_to_come_again(key: str) -> None:
    *taken, refused = ask(Process(requests_per_key=5), 6, key=key)
    assert statuses(taken) == [200] * 5
    assert [answer.headers["RateLimit"].split(";")[1] for answer in taken] == [
        f"r={left}" for left in (4, 3, 2, 1, 0)
    ]
    assert taken[0].headers["RateLimit-Policy"] == '"key";q=5;w=60'
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many-requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"key";r=0;t=')
    assert refused.headers["Connection"] == "close"
    assert refused.headers["Retry-After"] in refused.json()["detail"]


def test_a_key_counts_wherever_it_comes_from_and_for_itself(key: str) -> None:
    process = Process(requests_per_key=2)
    assert statuses(ask(process, 2, key=key)) == [200, 200]
    assert statuses(ask(process, 1, key=key, address=ELSEWHERE)) == [429]
    with unit_of_work() as session:
        other = create_key(session, "crm", ["lead.create"], [])
    assert statuses(ask(process, 1, key=other)) == [200]


def test_whoever_has_no_valid_key_counts_by_address(key: str) -> None:
    process = Process(requests_per_address=3)
    assert statuses(ask(process, 2, key="lf_guess") + ask(process, 2)) == [200] * 3 + [429]
    assert statuses(ask(process, 1, address=ELSEWHERE)) == [200]


def test_a_program_is_taken_though_others_at_its_address_are_not(key: str) -> None:
    process = Process(requests_per_address=1)

    async def asked() -> list[httpx.Response]:
        return [
            await process.ask(key=key),
            *[await process.ask() for _ in range(2)],
            await process.ask(key=key),
        ]

    assert statuses(asyncio.run(asked())) == [200, 200, 429, 200]


def test_addresses_of_one_network_are_one(store: Engine) -> None:
    process = Process(requests_per_address=1)
    first, second, other = "2001:db8:1:2::1", "2001:db8:1:2::ff", "2001:db8:1:3::1"
    asked = [ask(process, 1, address=address)[0] for address in (first, second, other)]
    assert statuses(asked) == [200, 429, 200]


def test_deliveries_count_by_source_and_address(store: Engine) -> None:
    process = Process(deliveries_per_source=1, requests_per_address=1)
    assert statuses(ask(process, 2, path="/webhooks/website")) == [200, 429]
    assert statuses(ask(process, 1, path="/webhooks/website", address=ELSEWHERE)) == [200]
    assert statuses(ask(process, 1, path="/webhooks/crm")) == [200]
    # Of no source that there is: by address, whatever it is called.
    unknown = [ask(process, 1, path=f"/webhooks/guess{number}")[0] for number in range(2)]
    assert statuses(unknown) == [200, 429]


def test_processes_count_together_and_never_take_too_many(key: str) -> None:
    processes = [Process(requests_per_key=1000) for _ in range(4)]

    async def asked() -> int:
        many = [one.ask(key=key) for _ in range(300) for one in processes]
        return sum(answer.status_code == 200 for answer in await asyncio.gather(*many))

    taken = asyncio.run(asked())
    # Each may hold a hundredth that it does not need.
    assert 1000 - 4 * 10 <= taken <= 1000


@pytest.mark.long
def test_a_request_seldom_pays_for_a_look_and_never_once_the_limit_is_reached(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, lease = 0, rate_windows.lease

    def counted(*asked: Any) -> Any:
        nonlocal looks
        looks += 1
        return lease(*asked)

    monkeypatch.setattr(rate_windows, "lease", counted)
    assert statuses(ask(Process(requests_per_key=1000), 1010, key=key)).count(200) == 1000
    assert looks == 100


def test_another_minute_is_another_count(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert statuses(ask(Process(requests_per_key=1), 2, key=key)) == [200, 429]
    with unit_of_work() as session:
        now = datetime.now(UTC)
        assert rate_windows.forget_windows(session, now) == 0
        session.execute(update(RateWindow).values(ends_at=now - timedelta(seconds=1)))
    assert statuses(ask(Process(requests_per_key=1), 2, key=key)) == [200, 429]
    with unit_of_work() as session:
        assert rate_windows.forget_windows(session, datetime.now(UTC) + timedelta(hours=1)) == 1


@pytest.mark.parametrize("path", ["/health", "/health/live", "/metrics", "/static/a.css"])
def test_what_watches_is_not_counted(store: Engine, path: str) -> None:
    assert statuses(ask(Process(requests_per_address=1), 5, path=path)) == [200] * 5


def test_where_there_is_no_bound_nothing_is_counted(key: str) -> None:
    process = Process(requests_per_key=0, requests_per_address=0, deliveries_per_source=0)
    answers = ask(process, 5, key=key) + ask(process, 5)
    assert statuses(answers) == [200] * 10
    assert not any("RateLimit" in answer.headers for answer in answers)
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(RateWindow)) == 0


def test_no_address_can_be_read_in_the_store(store: Engine) -> None:
    ask(Process(), 1)
    with unit_of_work() as session:
        rows = session.execute(text("SELECT to_jsonb(w)::text FROM rate_windows w")).scalars().all()
    assert len(rows) == 1
    assert HERE not in rows[0]


def test_nobody_is_refused_because_the_database_does_not_answer(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(rate_limits, "_lease", gone)
    assert statuses(ask(Process(requests_per_address=1), 3)) == [200] * 3


def test_the_gateway_counts(client: TestClient) -> None:
    answer = client.get("/team")
    assert answer.headers["RateLimit-Policy"] == '"key";q=300000;w=60'
    assert "RateLimit" not in client.get("/health").headers

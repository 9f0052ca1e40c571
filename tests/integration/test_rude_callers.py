"""A gateway answers others while somebody sends without end, slowly, or what nobody can read."""

import socket
from collections.abc import Iterator

import httpx
import psutil
import pytest
from sqlalchemy import Engine

from leadflow.accounts.keys import create_key
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.bounds import patience
from leadflow.settings import Settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.services import gateway
from tests.servers import free_port, started

pytestmark = pytest.mark.uncounted
MEGABYTE = b"x" * 2**20


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[tuple[str, Child]]:
    settings = Settings(
        gateway_port=free_port(), prefect_port=free_port(), model_name="nothing-promoted"
    )
    running: Iterator[Child] = started(gateway(settings), settings)
    child = next(running)
    yield settings.gateway_url, child
    running.close()  # type: ignore[attr-defined]


def test_two_hundred_megabytes_from_nobody_are_not_kept(
    server: tuple[str, Child], store: Engine
) -> None:
    address, child = server
    before = psutil.Process(child.pid).memory_info().rss
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield MEGABYTE

    try:
        answer = httpx.post(f"{address}/leads", content=endless(), timeout=30)
        assert answer.status_code == 401
    except httpx.TransportError:
        pass  # closed while it was being sent
    assert sent < 50
    assert psutil.Process(child.pid).memory_info().rss - before < 50 * 2**20


def test_a_body_without_end_is_refused_at_the_bound_of_its_address(
    server: tuple[str, Child], store: Engine
) -> None:
    address, child = server
    before = psutil.Process(child.pid).memory_info().rss
    with unit_of_work() as session:
        key = create_key(session, "caller", ["lead.create"], [])
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        head = f"POST /leads HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n"
        line.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        line.sendall((b"100000\r\n" + MEGABYTE + b"\r\n") * 5)
        assert line.recv(12) == b"HTTP/1.1 413"
    assert psutil.Process(child.pid).memory_info().rss - before < 50 * 2**20


def test_a_body_longer_than_it_says_is_read_no_further(
    server: tuple[str, Child], store: Engine
) -> None:
    address, _ = server
    with unit_of_work() as session:
        key = create_key(session, "caller", ["lead.create"], [])
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        head = f"POST /leads HTTP/1.1\r\nHost: x\r\nX-API-Key: {key}\r\n"
        kind = "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n"
        line.sendall((head + kind).encode() + b'{"email": "a@example.com"}')
        assert line.recv(12) == b"HTTP/1.1 400"


def test_nested_lists_are_refused_at_once_whoever_sends_them(
    server: tuple[str, Child], store: Engine
) -> None:
    address, _ = server
    with unit_of_work() as session:
        key = create_key(session, "caller", ["lead.create"], [])
    deep = b'{"email":"a@example.com","attributes":' + b"[" * 3_000_000
    answer = httpx.post(f"{address}/leads", content=deep, headers={"X-API-Key": key}, timeout=30)
    assert answer.status_code == 400, answer.text
    assert "within each other" in answer.json()["detail"]


# Each waits for twenty seconds.
@pytest.mark.few(1)
@pytest.mark.parametrize("said", [b"POST /leads HTTP/1.1\r\nHost: x\r\nX-Slow: ", b""])
def test_a_head_that_does_not_come_closes_the_connection(
    server: tuple[str, Child], store: Engine, said: bytes
) -> None:
    address, _ = server
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=patience.HEAD_SECONDS + 15) as line:
        line.sendall(said)
        assert httpx.get(f"{address}/health", timeout=30).status_code in {200, 503}
        assert line.recv(1) == b"", "the server goes on waiting"


def test_a_head_without_end_is_refused(server: tuple[str, Child], store: Engine) -> None:
    address, _ = server
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        answer = b""
        try:
            for number in range(1000):
                line.sendall(b"X-%d: %s\r\n" % (number, b"x" * 1000))
            answer = line.recv(100)
        except (BrokenPipeError, ConnectionResetError):
            answer = b"HTTP/1.1 400"
        assert answer.startswith(b"HTTP/1.1 400")

"""A load of HTTP requests over kept-alive connections, light enough to leave the processor to what
is measured."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Load:
    """What came of a load: answers a second, their time (ms), and how many were not as wanted."""

    per_second: float
    median_ms: float
    p99_ms: float
    errors: int


@dataclass(frozen=True)
class Target:
    """Where requests go: POST to ``path``, with the key where there is one; ``signed`` gives the
    headers that sign a body, by name."""

    host: str
    port: int
    path: str
    key: str | None = None
    signed: Callable[[bytes], dict[str, str]] | None = None

    def head(self) -> str:
        """The head of a request, up to the length of its body."""
        key = "" if self.key is None else f"X-API-Key: {self.key}\r\n"
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\n{key}"
            "Content-Type: application/json\r\nContent-Length: "
        )

    def request(self, head: str, body: bytes) -> bytes:
        """A whole request."""
        more = {} if self.signed is None else self.signed(body)
        lines = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        return f"{head}{len(body)}\r\n{lines}\r\n".encode() + body


Bodies = Callable[[int], Iterator[dict[str, object]]]


def post(target: Target, bodies: Bodies, *, connections: int, seconds: float) -> Load:
    """Send POST requests from so many connections at once for so long.

    ``bodies`` gives each connection its own bodies; 200, 201 and 202 are what is wanted.
    """
    return asyncio.run(load(target, bodies, connections=connections, seconds=seconds))


async def load(
    target: Target,
    bodies: Bodies,
    *,
    connections: int,
    seconds: float,
    per_second: float | None = None,
) -> Load:
    """The same beside other loads; ``per_second``: of all connections together, where they do not
    send as fast as they are answered."""
    started = time.monotonic()
    pause = 0.0 if per_second is None else connections / per_second
    done = await asyncio.gather(
        *(
            _client(target, bodies(number), started + seconds, pause, pause * number / connections)
            for number in range(connections)
        )
    )
    elapsed = time.monotonic() - started
    times = np.concatenate([taken for taken, _ in done]) * 1000
    errors = sum(wrong for _, wrong in done)
    median, p99 = np.quantile(times, [0.5, 0.99])
    return Load(len(times) / elapsed, float(median), float(p99), errors)


async def _client(
    target: Target,
    bodies: Iterator[dict[str, object]],
    until: float,
    pause: float,
    first_pause: float,
) -> tuple[np.ndarray, int]:
    reader, writer = await asyncio.open_connection(target.host, target.port)
    taken, errors, head = [], 0, target.head()
    await asyncio.sleep(first_pause)
    while time.monotonic() < until:
        body = json.dumps(next(bodies)).encode()
        asked = target.request(head, body)
        start = time.monotonic()
        writer.write(asked)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        taken.append(time.monotonic() - start)
        errors += answer[9:12] not in (b"200", b"201", b"202")
        if pause:
            await asyncio.sleep(max(0.0, start + pause - time.monotonic()))
    writer.close()
    return np.array(taken), errors

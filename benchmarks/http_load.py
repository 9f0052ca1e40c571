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


def post(
    host: str,
    port: int,
    key: str,
    path: str,
    bodies: Callable[[int], Iterator[dict[str, object]]],
    *,
    connections: int,
    seconds: float,
) -> Load:
    """Send POST requests from so many connections at once for so long.

    ``bodies`` gives each connection its own bodies; 200 and 201 are what is wanted.
    """
    return asyncio.run(_post(host, port, key, path, bodies, connections, seconds))


async def _post(
    host: str,
    port: int,
    key: str,
    path: str,
    bodies: Callable[[int], Iterator[dict[str, object]]],
    connections: int,
    seconds: float,
) -> Load:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {key}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: "
    started = time.monotonic()
    done = await asyncio.gather(
        *(
            _client(host, port, head, bodies(number), started + seconds)
            for number in range(connections)
        )
    )
    elapsed = time.monotonic() - started
    times = np.concatenate([taken for taken, _ in done]) * 1000
    errors = sum(wrong for _, wrong in done)
    median, p99 = np.quantile(times, [0.5, 0.99])
    return Load(len(times) / elapsed, float(median), float(p99), errors)


async def _client(
    host: str, port: int, head: str, bodies: Iterator[dict[str, object]], until: float
) -> tuple[np.ndarray, int]:
    reader, writer = await asyncio.open_connection(host, port)
    taken, errors = [], 0
    while time.monotonic() < until:
        body = json.dumps(next(bodies)).encode()
        start = time.monotonic()
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        taken.append(time.monotonic() - start)
        errors += answer[9:12] not in (b"200", b"201")
    writer.close()
    return np.array(taken), errors

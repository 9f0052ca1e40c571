"""The gateway of tests, called in their own process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from tests.servers import free_port

MADE: list[FastAPI] = []


def application() -> FastAPI:
    """Made once in a test run: its first request works out how to answer each of its addresses, and
    that takes longer than most tests. What it keeps of a test ends with its lifespan."""
    from leadflow.gateway.application import create_app

    if not MADE:
        MADE.append(create_app())
    return MADE[0]


@contextmanager
def listening() -> Iterator[str]:
    """The address of a gateway that listens in a thread of this process."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application(), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)

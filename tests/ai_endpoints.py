"""Endpoints that AI is asked at in tests: llmock as a process, and a model that obeys strangers.

``Scripted`` speaks chat completions and answers whatever its script says, so that it can be as
wicked as no product would be: slow, dripping, obedient to the lead, calling tools nobody offered.
"""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from leadflow.qualification.schemas import TOPICS
from leadflow.settings import Settings, get_settings
from tests.servers import free_port

RECORD = re.compile(r"<lead-record>\n(.*?)\n</lead-record>", re.DOTALL)
Body = dict[str, Any]
# A script answers a request with a message, or writes to the socket itself and returns None.
Script = Callable[["Handler", Body], Body | None]


def settings_for(base_url: str, **more: Any) -> Settings:
    """The settings of an endpoint that is asked for at most a few seconds."""
    fast = {"ai_timeout_seconds": 5.0, "ai_retries": 0, "ai_api_key": SecretStr("test-key")}
    return get_settings().model_copy(update={"ai_base_url": base_url} | fast | more)


def shape_of(body: Body) -> str:
    """Which answer is asked for: Research, Qualification or Critique."""
    return str(body["response_format"]["json_schema"]["name"])


def record_of(body: Body) -> dict[str, Any]:
    """The lead's record in a request."""
    found = RECORD.search(body["messages"][-1]["content"])
    assert found is not None
    record: dict[str, Any] = json.loads(found.group(1))
    return record


class Handler(BaseHTTPRequestHandler):
    """One request to the scripted endpoint."""

    server: "Scripted"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.requests.append(body)
        message = self.server.script(self, body)
        if message is not None:
            self.answer(200, completion(message))

    def answer(self, status: int, content: Body | str) -> None:
        """A whole answer."""
        raw = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *said: Any) -> None:
        """Nothing is printed."""


class Scripted(ThreadingHTTPServer):
    """An endpoint that answers by a script and remembers every request."""

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script, self.lock = script, Lock()
        self.requests: list[Body] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is no news."""


@contextmanager
def scripted(script: Script) -> Iterator[Scripted]:
    """The endpoint, until the end of the block."""
    server = Scripted(script)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def completion(message: Body) -> Body:
    """A chat completion with this message, and the tokens it is said to have taken."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant"} | message}
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def says(data: Any) -> Body:
    """A message whose content is this data as JSON."""
    return {"content": json.dumps(data)}


def qualification(score: float, evidence: list[dict[str, str]], question: str = "When?") -> Body:
    """A qualification with the same evidence for all four findings."""
    finding = {"finding": "Because of what it says.", "evidence": evidence}
    return dict.fromkeys(TOPICS, finding) | {
        "score": score,
        "confidence": 0.9,
        "next_question": question,
    }


def sensible(score: float = 80.0, critic: float = 80.0) -> Script:
    """A model that quotes the company's name for everything."""

    def script(handler: Handler, body: Body) -> Body:
        name = record_of(body).get("company_name", "")
        quotes = [{"field": "company_name", "quote": name}]
        return says(
            {
                "Research": {"facts": quotes},
                "Qualification": qualification(score, quotes),
                "Critique": {"unsupported": [], "score": critic, "confidence": 0.9},
            }[shape_of(body)]
        )

    return script


class LLMock:
    """A running llmock; ``script`` says what it does with the next requests."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.url = f"{self.root}/v1"

    def script(self, *behaviours: Body) -> None:
        """Queue behaviours; what was queued and seen before is forgotten."""
        httpx.post(f"{self.root}/_llmock/reset").raise_for_status()
        if behaviours:
            body = {"behaviors": list(behaviours)}
            httpx.post(f"{self.root}/_llmock/scenario", json=body).raise_for_status()

    def requests(self) -> list[Body]:
        """Every request since the last script."""
        found: list[Body] = httpx.get(f"{self.root}/_llmock/requests").json()["requests"]
        return found


@pytest.fixture(scope="session")
def llmock() -> Iterator[LLMock]:
    """llmock in a process of its own."""
    port = free_port()
    command = (str(Path(sys.executable).parent / "llmock"), "serve", "--port", str(port))
    process = subprocess.Popen(
        (*command, "--log-level", "warning"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 90
        while not _listens(port):
            assert time.monotonic() < deadline, "llmock does not come up"
            time.sleep(0.2)
        yield LLMock(port)
    finally:
        # Asked kindly, it would wait for the delays that tests have scripted.
        process.kill()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

"""Journals that are read: a real HTTP server that keeps one and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET = "a-token-of-the-journal"
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """A row of the journal, and when it becomes visible to those who read it."""

    id: str
    time: datetime
    visible_at: datetime
    email: str

    @property
    def item(self) -> dict[str, Any]:
        return {"id": self.id, "at": self.time.isoformat(), "email": self.email}


@dataclass(frozen=True)
class Asked:
    """One question as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass
class Answer:
    """What is answered in the place of the journal."""

    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Keeper:
    """Keeps a journal. ``answers``: in the place of its own, one each question, None: its own.
    ``before``: what happens before a question is answered."""

    url: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    rows: list[Row] = field(default_factory=list)
    size: int = 100
    newest_first: bool = False
    answers: list[Answer | None] = field(default_factory=list)
    before: Callable[[int], None] = lambda number: None
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, own: str, time: datetime, late: timedelta = timedelta(0)) -> None:
        """A row that becomes visible so late."""
        self.rows.append(Row(own, time, time + late, f"{own}@example.com"))

    def answer(self, asked: Asked) -> Answer:
        """A page of what is visible now."""
        if asked.headers.get("authorization") != f"Bearer {SECRET}":
            return Answer(401, "who are you")
        said = asked.query | (json.loads(asked.body) if asked.body else {})
        since = datetime.fromtimestamp(int(said.get("since", "0")) / 1000, UTC)
        now, first = self.clock(), int(said.get("page", "0"))
        there = [row for row in self.rows if row.visible_at <= now and row.time >= since]
        there.sort(key=lambda row: (row.time, row.id), reverse=self.newest_first)
        page = there[first : first + self.size]
        more = first + self.size < len(there)
        paging = {"next": str(first + self.size) if more else None}
        return Answer(200, json.dumps({"results": [row.item for row in page], "paging": paging}))


@contextmanager
def keeping() -> Iterator[Keeper]:
    """A journal on a free port of this machine."""
    keeper = Keeper()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0"))).decode()
            query = dict(parse_qsl(parts.query))
            asked = Asked(self.command, parts.path, query, headers, body)
            with keeper.lock:
                keeper.asked.append(asked)
                number = len(keeper.asked)
                instead = keeper.answers.pop(0) if keeper.answers else None
            keeper.before(number)
            answer = instead or keeper.answer(asked)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body.encode())))
            self.end_headers()
            self.wfile.write(answer.body.encode())

        do_POST = do_GET  # noqa: N815 - the name that the server looks for

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    keeper.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        server.shutdown()
        server.server_close()

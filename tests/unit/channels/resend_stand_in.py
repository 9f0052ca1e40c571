"""A stand-in for Resend that speaks its protocol: keys, refusals by name, and how often one may."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "re_right"


class Resend:
    """Answers each of ``script`` once, before it goes on as usual: a status with a name, or
    ``drop`` after it has taken the mail."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.script: list[tuple[int, str] | str] = []
        self.by_key: dict[str, tuple[Any, str]] = {}
        self.asked = 0
        self.address = ""
        self.lock = threading.Lock()

    def answer(self, key: str, authorization: str, body: Any) -> tuple[int, dict[str, Any]] | None:
        with self.lock:
            self.asked += 1
            if authorization != f"Bearer {API_KEY}":
                return 401, {"name": "invalid_api_key", "message": "API key is invalid"}
            said = self.script.pop(0) if self.script else ""
            if isinstance(said, tuple):
                return said[0], {"name": said[1], "message": f"about {body['to'][0]}"}
            if key in self.by_key:
                first, number = self.by_key[key]
                if first != body:
                    return 409, {"name": "invalid_idempotent_request", "message": "other body"}
                return 200, {"id": number}
            self.sent.append(body)
            self.by_key[key] = (body, f"id_{len(self.sent)}")
            return None if said == "drop" else (200, {"id": f"id_{len(self.sent)}"})


class Quiet(ThreadingHTTPServer):
    """Says nothing where whoever asked is gone before the answer."""

    def handle_error(self, *_: Any) -> None:
        return


@contextmanager
def serving(resend: Resend) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key, told = self.headers["Idempotency-Key"], self.headers["Authorization"]
            answer = resend.answer(key, told, body)
            if answer is None:
                self.close_connection = True
                return
            written = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(written)))
            self.send_header("retry-after", "2")
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: Any) -> None:
            """Nothing: what is asked has people's addresses in it."""

    server = Quiet(("127.0.0.1", 0), Handler)
    resend.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield resend.address
    finally:
        server.shutdown()
        server.server_close()

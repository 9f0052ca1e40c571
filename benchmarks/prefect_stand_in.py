"""As much of Prefect's API as starting runs takes: one run a key, however often it is asked for."""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SECONDS_A_RUN = 0.02


class PrefectStandIn:
    """Listens on a port of this machine until its block ends."""

    def __init__(self, port: int) -> None:
        self.port, self.started, self.asked_again = port, set[str](), 0
        self._lock = threading.Lock()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({"id": "deployment"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                self._answer(stand_in.post(self.path, json.loads(body or b"{}")))

            def _answer(self, said: Any) -> None:
                content = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                # Whoever asked may have been killed meanwhile.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing is written."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Start a run where that is asked for; anything else is answered by nothing."""
        if not path.endswith("/create_flow_run"):
            return []
        key = body.get("idempotency_key")
        if key is None:  # whoever asked was killed before it had said what for
            return {}
        with self._lock:
            self.asked_again += key in self.started
            self.started.add(key)
        time.sleep(SECONDS_A_RUN)
        return {"id": f"run of {key}"}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

"""Charts of figures, drawn by a process of its own and kept by content.

What draws holds 160 MB and takes two seconds to begin, so it is no part of the gateway: it begins
with the first chart that nobody has drawn yet, and ends after a minute without one.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from typing import Any

from leadflow.charts.figures import Chart, Figure

logger = logging.getLogger(__name__)
KEPT = 200
IDLE_SECONDS, PATIENCE_SECONDS = 60.0, 30.0
# It knows no secret and reads no setting.
NEEDED = ("PATH", "PYTHONPATH", "LANG", "TZ", "SYSTEMROOT")


class Artist:
    """The process that draws, begun where it is needed; one chart at a time, from any thread."""

    def __init__(self, idle: float = IDLE_SECONDS, patience: float = PATIENCE_SECONDS) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._ending: threading.Timer | None = None
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._idle, self._patience = idle, patience

    def draw(self, figure: Figure) -> Chart:
        """The chart, from what is kept where the same was drawn before."""
        asked = json.dumps(figure.to_dict() | {"table": None}, sort_keys=True)
        with self._lock:
            svg = self._kept.get(asked)
            if svg is None:
                svg = self._ask(asked)
            if svg is not None:
                self._kept[asked] = svg
                self._kept.move_to_end(asked)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return Chart.of(figure, svg)

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """End the process; the next chart begins another."""
        with self._lock:
            self._end()

    def _ask(self, asked: str) -> str | None:
        if self._ending is not None:
            self._ending.cancel()
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = _begun()
        stuck = threading.Timer(self._patience, process.kill)
        stuck.daemon = True
        stuck.start()
        answer = _answer(process, asked)
        stuck.cancel()
        if answer is None or answer["svg"] is None:
            logger.warning("a chart was not drawn: %s", (answer or {}).get("why", "no answer"))
        self._ending = threading.Timer(self._idle, self.end)
        self._ending.daemon = True
        self._ending.start()
        return None if answer is None else answer["svg"]

    def _end(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _begun() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "leadflow.charts.artist"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={name: os.environ[name] for name in NEEDED if name in os.environ},
    )


def _answer(process: subprocess.Popen[str], asked: str) -> dict[str, Any] | None:
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(asked + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError:
        return None
    return dict(json.loads(line)) if line else None


_artist = Artist()
draw = _artist.draw

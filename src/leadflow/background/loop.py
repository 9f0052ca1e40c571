"""One loop: looks for work at its own pace, backs off where it fails, and says how it is."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from leadflow.background.records import Record
from leadflow.failures import describe_with_traceback
from leadflow.observability.logs import bound, get_logger
from leadflow.outbox.backoff import delay

log = get_logger(__name__)
# How often a loop that has nothing to do says that it is well.
SAYS_EVERY = timedelta(seconds=10)
LONGEST_BACK_OFF = 60.0


@dataclass(frozen=True)
class Loop:
    """``work`` does some and returns how much. Where that is ``full`` or more, there may be more,
    and it is called again at once. Else it is called after ``pace`` seconds, or when ``bell`` is
    set; with ``full`` None, always so. Where it fails, the bell is not heard until it has been
    called again."""

    name: str
    pace: float
    work: Callable[[], int]
    full: int | None = 1
    bell: threading.Event = field(default_factory=threading.Event)


class Runner:
    """Runs one loop in a thread of its own. ``keep`` stores a record; where it fails, the loop goes
    on all the same."""

    def __init__(
        self,
        loop: Loop,
        process: str,
        stop: threading.Event,
        clock: Callable[[], datetime],
        keep: Callable[[Record], None],
    ) -> None:
        now = clock()
        self.loop, self._stop, self._clock, self._keep = loop, stop, clock, keep
        self.record = Record(process, loop.name, started_at=now, looked_at=now)
        self._said_at: datetime | None = None
        self.thread = threading.Thread(target=self.run, name=loop.name, daemon=True)

    def run(self) -> None:
        """Until the process stops; every line of the log says which loop it is of."""
        with bound(loop=self.loop.name):
            self._say(self.record)
            while not self._stop.is_set():
                pause = self.step()
                if self.record.failures:
                    # Not by the bell: where a receiver is away, whoever wants something from it
                    # would have it tried each time.
                    self._stop.wait(pause)
                elif pause > 0 and self.loop.bell.wait(pause):
                    self.loop.bell.clear()

    def step(self) -> float:
        """Look once; returns how long to wait, in seconds."""
        try:
            done = self.loop.work()
        except Exception as error:
            return self._failed(error)
        now = self._clock()
        was_ill, worked_at = self.record.failures > 0, now if done else self.record.worked_at
        self.record = replace(self.record, looked_at=now, worked_at=worked_at, failures=0)
        if was_ill or self._said_at is None or now - self._said_at >= SAYS_EVERY:
            self._say(self.record)
        more = self.loop.full is not None and done >= self.loop.full
        return 0.0 if more else self.loop.pace

    def _failed(self, error: Exception) -> float:
        now, failures = self._clock(), self.record.failures + 1
        where = describe_with_traceback(error)
        log.error("a loop failed", failures=failures, exc_info=error)
        self.record = replace(
            self.record, looked_at=now, failures=failures, error=where, failed_at=now
        )
        self._say(self.record)
        pause = delay(failures, first=max(1.0, self.loop.pace), longest=LONGEST_BACK_OFF)
        return pause.total_seconds()

    def _say(self, record: Record) -> None:
        try:
            self._keep(record)
            self._said_at = record.looked_at
        except Exception as error:
            log.error("a loop could not say how it is", exc_info=error)

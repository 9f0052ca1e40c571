"""A loop of the background that fails goes on by itself, and at its own pace."""

import threading
import time
from datetime import UTC, datetime

from leadflow.background.loop import Loop, Runner
from leadflow.background.records import Record


def test_the_bell_does_not_bring_a_loop_back_that_has_just_failed() -> None:
    """While a mail server is away, each new mail rings; it must not be knocked at each time."""
    tries: list[float] = []

    def work() -> int:
        tries.append(time.monotonic())
        raise OSError("away")

    kept: list[Record] = []
    stop, loop = threading.Event(), Loop("notices", 60.0, work)
    runner = Runner(loop, "host:1", stop, lambda: datetime.now(UTC), kept.append)
    runner.thread.start()
    for _ in range(20):
        loop.bell.set()
        time.sleep(0.01)
    stop.set()
    runner.thread.join(5)
    assert not runner.thread.is_alive()
    assert len(tries) == 1
    assert kept[-1].failures == 1

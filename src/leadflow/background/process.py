"""A background process: all its loops, each in a thread of its own, until it is told to stop."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from leadflow.background import records
from leadflow.background.loop import Runner
from leadflow.background.loops import loops, now
from leadflow.background.records import Record
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning.challenger import champion_version, serving_scorer
from leadflow.scoring.serving.champion import scorer_instead
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import Settings

CHAMPION_SECONDS = 5.0
END_SECONDS = 10.0


@contextmanager
def running(settings: Settings) -> Iterator[list[Runner]]:
    """All loops, until the end of the block; acts that are being performed then are waited for, up
    to ten seconds."""
    process, stop = f"{socket.gethostname()}:{os.getpid()}", threading.Event()
    serving = ServingScorer(
        load=lambda: serving_scorer(settings),
        version=lambda: champion_version(settings),
        otherwise=lambda error: scorer_instead(settings, error),
        refresh_seconds=CHAMPION_SECONDS,
    )
    serving.start()
    runners = [
        Runner(loop, process, stop, now, _keep) for loop in loops(settings, serving, process, stop)
    ]
    for runner in runners:
        runner.thread.start()
    try:
        yield runners
    finally:
        stop.set()
        _end(runners)
        serving.stop()
        with unit_of_work() as session:
            records.leave(session, process)


def _end(runners: list[Runner]) -> None:
    for runner in runners:
        runner.loop.bell.set()
    for runner in runners:
        runner.thread.join(END_SECONDS)


def _keep(record: Record) -> None:
    with unit_of_work() as session:
        records.keep(session, record)

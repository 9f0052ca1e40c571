"""The steps of processing deliveries."""

import threading
import time
from datetime import UTC, datetime, timedelta

from prefect import task

from features.how_many import how_many
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.scoring.serving.champion import champion_version, scorer_instead, serving_scorer
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import get_settings
from leadflow.sources.accepting import say_at_work
from leadflow.sources.processing import Processed, process_some
from tasks.run_names import say_in_name

# How long a run goes on after the last delivery: those that follow find it at work.
LINGER_SECONDS, LOOK_SECONDS = 5.0, 0.2
LONGEST_SECONDS = 120.0
_lock = threading.Lock()
_serving: ServingScorer | None = None


@task(persist_result=False, timeout_seconds=240)
def process_deliveries() -> Processed:
    """Process what waits, and what arrives meanwhile, until nothing has for some seconds; two
    minutes at the longest, so that a run ends under any load."""
    settings, engine, scorer = get_settings(), get_engine(), _scorer()
    done, started = Processed(), time.monotonic()
    last = started
    try:
        while time.monotonic() - started < LONGEST_SECONDS:
            some = process_some(engine, scorer.if_loaded(), settings, datetime.now(UTC))
            done, now = done + some, time.monotonic()
            if some.deliveries:
                last = now
            elif now - last >= LINGER_SECONDS:
                break
            else:
                _say_at_work(timedelta(seconds=LINGER_SECONDS))
                time.sleep(LOOK_SECONDS)
    finally:
        _say_at_work(None)
    # One that came while this run still said that it was at work.
    return done + process_some(engine, scorer.if_loaded(), settings, datetime.now(UTC))


@task(persist_result=False, timeout_seconds=30)
def say_processed(processed: Processed) -> int:
    """Name the run by what came of it; returns how many deliveries it dealt with."""
    words = how_many(processed.deliveries, "delivery")
    say_in_name(f"{words}, {processed.dead:,} dead" if processed.dead else words)
    return processed.deliveries


def _say_at_work(lasting: timedelta | None) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        say_at_work(session, None if lasting is None else now + lasting, now)


def _scorer() -> ServingScorer:
    """What scores in this process, loaded once and swapped when the champion changes."""
    global _serving
    settings = get_settings()
    with _lock:
        if _serving is None:
            _serving = ServingScorer(
                load=lambda: serving_scorer(settings),
                version=lambda: champion_version(settings),
                otherwise=lambda error: scorer_instead(settings, error),
            )
        _serving.look()
        return _serving

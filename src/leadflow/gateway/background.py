"""What a gateway does beside answering: carry out the outbox, score what has changed."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from leadflow.audit.context import acting_from
from leadflow.audit.queue import AT_A_TIME, put_into_chain
from leadflow.database import outbox
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.integrations.acts import registered_acts
from leadflow.integrations.prefect import PrefectClient
from leadflow.scoring.batch.rescoring import rescore_changed
from leadflow.scoring.overrides.service import settle_due
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import Settings, get_settings

logger = logging.getLogger(__name__)
OUTBOX_SECONDS = 0.5
LOST_SECONDS = 30.0
# A run takes seconds from being taken to its first line, on a busy machine up to a minute.
LOST_AFTER = timedelta(minutes=3)
SETTLE_SECONDS = 2.0
AUDIT_SECONDS = 0.5
RESCORE_SECONDS = 0.5
# So few that a request never waits long for the processor, so many that bulk ends some day.
RESCORE_LEADS = 500
END_SECONDS = 10.0


@contextmanager
def running(serving: ServingScorer) -> Iterator[None]:
    """All of it, in threads of their own, until the end of the block."""
    settings, stop = get_settings(), threading.Event()
    watch = RunWatch(PrefectClient(settings), settings.work_pool)
    jobs = (
        # Two, so that what waits for another server does not hold the rest up.
        ("outbox", OUTBOX_SECONDS, lambda: _deliver(settings)),
        ("outbox again", OUTBOX_SECONDS, lambda: _deliver(settings)),
        ("lost runs", LOST_SECONDS, lambda: watch.look(datetime.now(UTC))),
        ("overrides", SETTLE_SECONDS, _settle_overrides),
        ("audit", AUDIT_SECONDS, _put_into_chain),
        ("rescoring", RESCORE_SECONDS, lambda: _rescore(serving, settings)),
    )
    threads = [
        threading.Thread(target=_repeat, args=(stop, *job), name=job[0], daemon=True)
        for job in jobs
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(END_SECONDS)


def _repeat(stop: threading.Event, name: str, seconds: float, work: Callable[[], object]) -> None:
    while not stop.wait(seconds):
        try:
            work()
        except Exception as error:
            logger.warning("%s failed and is tried again: %s", name, type(error).__name__)


def _put_into_chain() -> None:
    """One after the other gateway: whoever finds the chain busy waits a short while."""
    put = AT_A_TIME
    while put == AT_A_TIME:
        with unit_of_work() as session:
            put = put_into_chain(session)


def _deliver(settings: Settings) -> None:
    """Carry out what is left in the outbox, so that nothing waits for the next flow run."""
    with acting_from("outbox"):
        outbox.deliver(get_engine(), registered_acts(settings), lambda: datetime.now(UTC))


class RunWatch:
    """Runs whose worker or process was killed give their places of the pool back.

    Here and not in a flow, which would itself wait for a place that a lost run holds.
    """

    def __init__(self, client: PrefectClient, pool: str) -> None:
        self._client, self._pool = client, pool
        self._heard_since: datetime | None = None

    def look(self, now: datetime) -> None:
        """Start again what was never started, end what has fallen silent."""
        if not self._client.healthy():
            self._heard_since = None
            return
        again = self._client.start_lost_again(self._pool, now, LOST_AFTER)
        # While the server was away, nobody could be heard.
        self._heard_since = self._heard_since or now
        ended = []
        if self._heard_since <= now - LOST_AFTER:
            ended = self._client.end_silent(self._pool, now, LOST_AFTER)
        if again or ended:
            words = "runs whose worker was lost: %d are scheduled anew, %d ended as crashed"
            logger.warning(words, len(again), len(ended))


def _settle_overrides() -> None:
    with unit_of_work() as session:
        settle_due(session, datetime.now(UTC))


def _rescore(serving: ServingScorer, settings: Settings) -> None:
    scorer = serving.current()
    with unit_of_work() as session:
        rescore_changed(session, scorer, datetime.now(UTC), settings, RESCORE_LEADS)

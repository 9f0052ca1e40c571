"""Runs whose worker or process was killed give their places of the pool back."""

import logging
from datetime import datetime, timedelta

from leadflow.integrations.prefect import PrefectClient

# A run takes seconds from being taken to its first line, on a busy machine up to a minute.
LOST_AFTER = timedelta(minutes=3)
logger = logging.getLogger(__name__)


class RunWatch:
    """Looks for them here and not in a flow, which would itself wait for a place that a lost run
    holds."""

    def __init__(self, client: PrefectClient, pool: str) -> None:
        self._client, self._pool = client, pool
        self._heard_since: datetime | None = None

    def look(self, now: datetime) -> int:
        """Start again what was never started, end what has fallen silent; how many runs."""
        if not self._client.healthy():
            self._heard_since = None
            return 0
        again = self._client.start_lost_again(self._pool, now, LOST_AFTER)
        # While the server was away, nobody could be heard.
        self._heard_since = self._heard_since or now
        ended = []
        if self._heard_since <= now - LOST_AFTER:
            ended = self._client.end_silent(self._pool, now, LOST_AFTER)
            ended += self._client.end_cancelling(self._pool, now, LOST_AFTER)
        if again or ended:
            words = "runs whose worker was lost: %d are scheduled anew, %d ended as crashed"
            logger.warning(words, len(again), len(ended))
        return len(again) + len(ended)

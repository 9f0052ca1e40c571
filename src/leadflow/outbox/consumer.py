"""Consuming a lane: claim a batch, perform each act, record its end."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import perf_counter

from pydantic import ValidationError
from sqlalchemy import Engine

from leadflow.audit.context import acting_from
from leadflow.database.engine import unit_of_work
from leadflow.failures import describe, describe_with_traceback
from leadflow.observability.metrics import count_act
from leadflow.observability.spans import span
from leadflow.observability.trace_context import within
from leadflow.outbox import claims, reconciling
from leadflow.outbox.acts import (
    Act,
    End,
    InDatabase,
    NotPerformed,
    Order,
    ReceiverAway,
    act_of,
)
from leadflow.outbox.backoff import delay
from leadflow.outbox.claims import Claim
from leadflow.outbox.lanes import LANES, Lane
from leadflow.settings import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Consumer:
    """Performs the acts of one lane. ``holder`` names its process in the rows it claims; once
    ``ending`` is true it begins nothing more and gives back what it has claimed."""

    engine: Engine
    settings: Settings
    lane: Lane
    clock: Callable[[], datetime]
    holder: str
    ending: Callable[[], bool] = lambda: False

    @property
    def lease(self) -> timedelta:
        """How long a claim holds without news; an act must be over sooner."""
        return timedelta(seconds=self.settings.outbox_lease_seconds)

    def consume(self) -> int:
        """Perform what is due, one batch of it; how many acts were taken.

        Raises:
            ReceiverAway: nobody answers there. What was not tried is given back, so that it spends
                none of its attempts on that; call again a while later, as the loop's back-off does.
        """
        with unit_of_work(self.engine) as session:
            batch = claims.claim(session, self.lane, self.holder, self.clock(), self.lease)
        for place, claimed in enumerate(batch):
            if self.ending():
                self._give_back(batch[place:])
                break
            within_trace, piece = within(claimed.traceparent), f"outbox {claimed.act}"
            with acting_from("outbox"), within_trace, span(piece, "act"):
                away = self._take(claimed)
            if away is not None:
                self._give_back(batch[place + 1 :])
                raise away
        return len(batch)

    def mend(self) -> int:
        """Take up the claims of who died, and find out about acts that are uncertain; how many."""
        with unit_of_work(self.engine) as session:
            broken = claims.break_expired(session, self.lane, self.clock())
        for row_id, act, becomes in broken:
            logger.warning("outbox act %s (%s): its claim broke, now %s", act, row_id, becomes)
        with acting_from("outbox"):
            asked = reconciling.reconcile(self.engine, self.settings, self.lane, self.clock)
        return len(broken) + asked

    def _give_back(self, untried: Sequence[Claim]) -> None:
        with unit_of_work(self.engine) as session:
            claims.release(session, untried)

    def _take(self, claimed: Claim) -> ReceiverAway | None:
        """Perform one; the error, where nobody was there to receive it."""
        with unit_of_work(self.engine) as session:
            attempt = claims.begin(session, claimed, self.clock(), self.lease)
        if attempt is None:
            logger.warning("outbox act %s (%s): claim lost", claimed.act, claimed.row_id)
            return None
        begun, since = replace(claimed, attempts=attempt), perf_counter()
        act: Act | None = None
        away: ReceiverAway | None = None
        try:
            act = act_of(begun.act)
            recorded = self._perform(begun, act)
        except Exception as error:
            recorded = self._failed(begun, act, error)
            away = error if isinstance(error, ReceiverAway) else None
        count_act(self.lane.name, begun.act, recorded or "lost", perf_counter() - since)
        if recorded is None:
            logger.warning("outbox act %s (%s): ended by somebody else", begun.act, begun.row_id)
        return away

    def _perform(self, begun: Claim, act: Act) -> str | None:
        """Perform it; the state it ended in, None where the claim is lost."""
        try:
            payload = act.payload.model_validate(begun.payload)
        except ValidationError as error:
            raise NotPerformed("The payload is not what the act takes.") from error
        order = Order(self.settings, self.clock(), begun.key)
        if isinstance(act, InDatabase):
            with unit_of_work(self.engine) as session:
                if not claims.hold(session, begun):
                    return None
                return claims.end(session, begun, act.perform(session, order, payload), order.now)
        return self._record(begun, act.perform(order, payload))

    def _record(self, begun: Claim, ended: End) -> str | None:
        with unit_of_work(self.engine) as session:
            return claims.end(session, begun, ended, self.clock())

    def _failed(self, begun: Claim, act: Act | None, error: Exception) -> str | None:
        """Record a failure; the state it is in now. It may be asked again where it did not happen
        or does no harm twice."""
        where = describe_with_traceback(error)
        logger.warning("outbox act %s (%s) failed\n%s", begun.act, begun.row_id, where)
        again = act is None or act.repeatable or isinstance(error, NotPerformed)
        with unit_of_work(self.engine) as session:
            now, said = self.clock(), describe(error)
            if again:
                return claims.put_back(session, begun, said, now, delay(begun.attempts))
            return claims.end_uncertain(session, begun, said, now)


def drain(engine: Engine, settings: Settings, clock: Callable[[], datetime]) -> int:
    """Perform here and now what is due in every lane, for a process without a background beside
    it; how many acts were taken, of lanes in which somebody answered. Where nobody does, the rest
    of the lane goes on waiting."""
    taken = 0
    for lane in LANES.values():
        consumer = Consumer(engine, settings, lane, clock, "drain")
        with suppress(ReceiverAway):
            while batch := consumer.consume():
                taken += batch
    return taken

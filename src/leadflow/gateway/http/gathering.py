"""Requests that arrive together are worked on together: while one batch is in the database, the
next gathers. A lone request never waits for others."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from leadflow.observability.logs import bound
from leadflow.observability.spans import span
from leadflow.observability.trace_context import traceparent

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
MOST = 256
# In the first the answers are written, in the others what has arrived meanwhile is read: batches of
# twelve instead of seven at 32 connections, and a third more requests a second. With three rounds
# one run in four fell back to seven.
ROUNDS = 8
PATIENCE_SECONDS = 0.05


@dataclass
class _Asked(Generic[Asked, Answered]):
    """One request: what it asks, its answer, whom it is for in the log, and its trace."""

    what: Asked
    answer: "Future[Answered]" = field(default_factory=Future)
    context: Context = field(default_factory=copy_context)
    trace: str | None = field(default_factory=traceparent)


class Gathering(Generic[Asked, Answered]):
    """Works on one batch at a time, in a thread of the executor. What is logged of a batch carries
    the ids of its first request, and how many were ``gathered``; its trace is linked to theirs.

    Args:
        work: the answers of a batch in its order; an error in place of an answer is raised to
            whoever asked, and what it raises, to all of the batch.
        executor: where batches are worked on; several gatherings may share one.
        most: requests in a batch.
        between: called after each batch, before the next is taken; see ``rounds_of``.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Sequence[Answered | Exception]],
        executor: Executor,
        most: int = MOST,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._work, self._executor, self._most, self._between = work, executor, most, between
        self._lock = threading.Lock()
        self._waiting: list[_Asked[Asked, Answered]] = []
        self._busy = False

    async def do(self, asked: Asked) -> Answered:
        """The answer to one request, worked on beside those that wait with it."""
        return await asyncio.wrap_future(self.submit(asked))

    def submit(self, asked: Asked) -> "Future[Answered]":
        """The same for a caller outside an event loop."""
        one: _Asked[Asked, Answered] = _Asked(asked)
        with self._lock:
            self._waiting.append(one)
            idle, self._busy = not self._busy, True
        if idle:
            self._executor.submit(self._drain)
        return one.answer

    def _drain(self) -> None:
        """One batch; where others wait by then, they queue behind what else the executor has, so
        that gatherings that share it take turns."""
        again = True
        while again:
            try:
                self._answer(self._next())
                self._between()
            finally:
                with self._lock:
                    again = self._busy = bool(self._waiting)
            if again:
                try:
                    self._executor.submit(self._drain)
                    return
                except RuntimeError:  # it takes nothing more: whoever waits is answered here
                    continue

    def _next(self) -> "list[_Asked[Asked, Answered]]":
        """Those that wait, as many as a batch holds."""
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        return batch

    def _answer(self, batch: "Sequence[_Asked[Asked, Answered]]") -> None:
        # Whoever went away before their turn is not worked on any more.
        batch = [one for one in batch if one.answer.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            found = batch[0].context.run(self._work_on, batch)
        except Exception as error:
            found = [error] * len(batch)
        for one, answer in zip(batch, found, strict=True):
            if isinstance(answer, Exception):
                one.answer.set_exception(answer)
            else:
                one.answer.set_result(answer)

    def _work_on(
        self, batch: "Sequence[_Asked[Asked, Answered]]"
    ) -> Sequence[Answered | Exception]:
        asked = [one.what for one in batch]
        if len(batch) == 1:
            return self._work(asked)
        others = [one.trace for one in batch[1:] if one.trace is not None]
        with bound(gathered=len(batch)), span("batch", links=others):
            return self._work(asked)


def rounds_of(loop: asyncio.AbstractEventLoop, rounds: int = ROUNDS) -> Callable[[], None]:
    """Waits until an event loop has gone this many times through all that is ready in it, so that
    who has arrived is in the next batch and not in the one after. Not long for a loop that is held
    up: it may be waiting for this batch, as it does at its end."""

    def go_round(left: int, done: threading.Event) -> None:
        if left > 1:
            loop.call_soon(go_round, left - 1, done)
        else:
            done.set()

    def wait() -> None:
        done = threading.Event()
        try:
            loop.call_soon_threadsafe(go_round, rounds, done)
        except RuntimeError:  # the loop has ended, and nobody arrives any more
            return
        done.wait(PATIENCE_SECONDS)

    return wait

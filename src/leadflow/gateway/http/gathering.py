"""Requests that arrive together are worked on together: while one batch is in the database, the
next gathers. A lone request never waits for others."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")
MOST = 256


class Gathering(Generic[Asked, Answered]):
    """Works on one batch at a time, in a thread of the executor.

    Args:
        work: the answers of a batch in its order; an error in place of an answer is raised to
            whoever asked, and what it raises, to all of the batch.
        executor: where batches are worked on; several gatherings may share one.
        most: requests in a batch.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Sequence[Answered | Exception]],
        executor: Executor,
        most: int = MOST,
    ) -> None:
        self._work, self._executor, self._most = work, executor, most
        self._lock = threading.Lock()
        self._waiting: list[tuple[Asked, Future[Answered]]] = []
        self._busy = False

    async def do(self, asked: Asked) -> Answered:
        """The answer to one request, worked on beside those that wait with it."""
        return await asyncio.wrap_future(self.submit(asked))

    def submit(self, asked: Asked) -> "Future[Answered]":
        """The same for a caller outside an event loop."""
        answer: Future[Answered] = Future()
        with self._lock:
            self._waiting.append((asked, answer))
            idle, self._busy = not self._busy, True
        if idle:
            self._executor.submit(self._drain)
        return answer

    def _drain(self) -> None:
        while batch := self._next():
            self._answer(batch)

    def _next(self) -> list[tuple[Asked, "Future[Answered]"]]:
        """Those that wait; with none left, whoever comes next starts anew."""
        with self._lock:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._busy = bool(batch)
        return batch

    def _answer(self, batch: Sequence[tuple[Asked, "Future[Answered]"]]) -> None:
        # Whoever went away before their turn is not worked on any more.
        batch = [
            (asked, answer) for asked, answer in batch if answer.set_running_or_notify_cancel()
        ]
        if not batch:
            return
        try:
            found = self._work([asked for asked, _ in batch])
        except Exception as error:
            found = [error] * len(batch)
        for (_, answer), one in zip(batch, found, strict=True):
            if isinstance(one, Exception):
                answer.set_exception(one)
            else:
                answer.set_result(one)

"""A request that carries an idempotency key is taken once, however often it is sent: what it was
answered is kept in the unit of work that took it, and answered again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from psycopg.errors import LockNotAvailable
from sqlalchemy import bindparam, delete, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from leadflow.intake.tables import KeyedRow
from leadflow.privacy.cipher_in_use import get_cipher

Answered = TypeVar("Answered")
KEPT = timedelta(days=30)
# How long a request waits for the same one that is being worked on.
PATIENCE_SECONDS = 2
Name = tuple[str, str]


class KeyReused(RuntimeError):
    """The idempotency key was used for another request."""

    def __init__(self) -> None:
        super().__init__(
            "Use a new key for a new request, or send the first request again unchanged."
        )


class StillAtWork(RuntimeError):
    """The request is being worked on at this moment."""

    def __init__(self) -> None:
        super().__init__(
            "The same request came before and is still being worked on. Send it again in a "
            "second: you get what it was answered."
        )


class AnswerNotKept(RuntimeError):
    """The request was taken, and what it was answered cannot be said again."""

    def __init__(self) -> None:
        super().__init__(
            "It was done when it was first sent and is not done again. What it was answered is "
            "not kept, as with a password or a key that is shown once: look at what there is, or "
            "ask for a new one under a new key."
        )


@dataclass(frozen=True)
class Answer:
    """What a request was answered: JSON, or nothing. ``once``: it is never shown again."""

    status: int
    body: str
    once: bool = False


class AnsweredBefore(Exception):
    """In place of an answer: the request was taken at an earlier time, and answered this."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("This request was answered before.")
        self.answer = answer


@dataclass(frozen=True)
class KeyedRequest:
    """A request with a key. ``digest``: of all it says, so that another request under the same key
    is told apart. ``words``: what is answered to what has come of it."""

    caller: str
    key: str
    digest: str
    words: Callable[[Any], Answer]

    @staticmethod
    def of(caller: str, key: str, said: str, words: Callable[[Any], Answer]) -> "KeyedRequest":
        """The request of a caller; ``said``: its address and its body."""
        # Keyed: who reads the store could else try out addresses and numbers.
        return KeyedRequest(caller, key, get_cipher().blind_index(said, "delivery"), words)

    @property
    def name(self) -> Name:
        """By which it is known again."""
        return self.caller, self.key


class KeyedBatch:
    """The requests of one unit of work. Whoever sends the same at the same time waits for it.

    ``fresh``: the places of those that are to be taken: without a key, or not taken yet.

    Raises:
        StillAtWork: another unit of work has not ended with one of them.
    """

    def __init__(self, session: Session, requests: Sequence[KeyedRequest | None]) -> None:
        self._session, self._requests = session, requests
        known = self._known({one.name: one for one in requests if one is not None})
        self._settled: dict[int, Exception] = {}
        first: dict[Name, int] = {}
        # Of the same request twice in a batch, the second is answered what the first was.
        self._again: dict[int, int] = {}
        self.fresh: list[int] = []
        for place, one in enumerate(requests):
            if one is None:
                self.fresh.append(place)
            elif one.name in known:
                self._settled[place] = _became(known[one.name], one.digest)
            elif first.setdefault(one.name, place) == place:
                self.fresh.append(place)
            else:
                self._again[place] = first[one.name]

    def answers(self, came_of: Mapping[int, Answered | Exception]) -> list[Answered | Exception]:
        """What came of all requests, in their order, given what came of the fresh ones. What was
        taken is noted; what was refused may be sent again under its key."""
        given: dict[Name, Answer | None] = {}
        for place, came in came_of.items():
            one = self._requests[place]
            if one is not None:
                given[one.name] = None if isinstance(came, Exception) else one.words(came)
        self._keep({name: answer for name, answer in given.items() if answer is not None})
        self._forget([name for name, answer in given.items() if answer is None])
        for place, first in self._again.items():
            self._settled[place] = self._same(place, first, came_of[first], given)
        return [
            self._settled[place] if place in self._settled else came_of[place]
            for place in range(len(self._requests))
        ]

    def _same(
        self, place: int, first: int, came: object, given: Mapping[Name, Answer | None]
    ) -> Exception:
        one, before = self._requests[place], self._requests[first]
        if one is None or before is None or one.digest != before.digest:
            return KeyReused()
        answer = given[one.name]
        if answer is not None:
            return AnswerNotKept() if answer.once else AnsweredBefore(answer)
        return came if isinstance(came, Exception) else KeyReused()

    def _known(self, named: Mapping[Name, KeyedRequest]) -> dict[Name, KeyedRow]:
        """Those that were taken before; the others are noted as at work."""
        if not named:
            return {}
        rows = [
            {"caller": one.caller, "key": one.key, "digest": one.digest}
            for _, one in sorted(named.items())
        ]
        noted = insert(KeyedRow).values(rows).on_conflict_do_nothing()
        self._wait(f"'{PATIENCE_SECONDS}s'")
        try:
            fresh = set(
                self._session.execute(noted.returning(KeyedRow.caller, KeyedRow.key)).tuples()
            )
        except OperationalError as error:
            raise (StillAtWork() if isinstance(error.orig, LockNotAvailable) else error) from error
        self._wait("DEFAULT")
        old = [name for name in named if name not in fresh]
        if not old:
            return {}
        asked = select(KeyedRow).where(tuple_(KeyedRow.caller, KeyedRow.key).in_(old))
        return {(row.caller, row.key): row for row in self._session.scalars(asked)}

    def _wait(self, seconds: str) -> None:
        self._session.execute(text(f"SET LOCAL lock_timeout TO {seconds}"))

    def _keep(self, answers: Mapping[Name, Answer]) -> None:
        if answers:
            kept = (
                update(KeyedRow.__table__)  # type: ignore[arg-type]
                .where(KeyedRow.caller == bindparam("of"), KeyedRow.key == bindparam("under"))
                .values(status=bindparam("said"), answer=bindparam("text"))
            )
            rows = [
                {"of": caller, "under": key}
                | (
                    {"said": None, "text": None}
                    if one.once
                    else {"said": one.status, "text": one.body}
                )
                for (caller, key), one in answers.items()
            ]
            self._session.execute(kept, rows)

    def _forget(self, names: Sequence[Name]) -> None:
        if names:
            refused = tuple_(KeyedRow.caller, KeyedRow.key).in_(names)
            self._session.execute(delete(KeyedRow).where(refused))


def forget_answers(session: Session, before: datetime) -> int:
    """Delete the keys of requests that were taken before a moment; how many that were."""
    result = session.execute(delete(KeyedRow).where(KeyedRow.taken_at < before))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _became(row: KeyedRow, digest: str) -> Exception:
    if row.digest not in (None, digest):
        return KeyReused()
    if row.status is None:
        return AnswerNotKept()
    return AnsweredBefore(Answer(row.status, row.answer or ""))

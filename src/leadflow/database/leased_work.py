"""Working on leased rows: one after the other, until each is done, put off or has failed."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Generic

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.database.leased import Claim, ClaimLost, Leases, Row
from leadflow.failures import describe
from leadflow.observability.logs import get_logger
from leadflow.settings import Settings

log = get_logger(__name__)
AGAIN_AFTER = timedelta(seconds=30)


class PutOff(RuntimeError):
    """Nothing is wrong, and this is not the moment: the process ends, or somebody else does the
    same."""

    def __init__(self, for_time: timedelta = timedelta(0)) -> None:
        super().__init__(f"It is gone on with in {for_time}.")
        self.for_time = for_time


@dataclass(frozen=True)
class Worker(ABC, Generic[Row]):
    """Works on the rows of one table. ``holder`` names its process in those it claims; once
    ``ending`` is true it puts off what it is at."""

    engine: Engine
    settings: Settings
    clock: Callable[[], datetime]
    holder: str
    ending: Callable[[], bool] = lambda: False

    # What will not be otherwise however often it is tried.
    refused: ClassVar[tuple[type[Exception], ...]] = ()
    # What is said where another attempt does not help, and nothing is known of why.
    mistake: ClassVar[str]

    @property
    @abstractmethod
    def leases(self) -> Leases[Row]:
        """The claims on the table's rows."""

    @abstractmethod
    def work(self, claim: Claim) -> None:
        """Do what the row is for, and say in it that it is done.

        Raises:
            ClaimLost: somebody else is at it by now.
            PutOff: it is gone on with later.
        """

    @abstractmethod
    def fail(self, session: Session, row: Row, error: str) -> None:
        """Note that nothing more comes of it."""

    def put_back(self, session: Session, row: Row) -> None:
        """Take away what is of no use to the next attempt."""

    def why(self, error: Exception) -> str:
        """What is said of one of ``refused``, in words that are kept."""
        return str(error)

    def work_next(self) -> int:
        """Work on the row that has waited longest; 1, or 0 where there is none."""
        with self.unit() as session:
            claim = self.leases.claim(session, self.holder, self.clock())
        if claim is None:
            return 0
        try:
            self.work(claim)
        except ClaimLost as lost:
            log.warning(describe(lost), row=claim.row_id)
        except PutOff as put_off:
            self._again(claim, put_off.for_time, in_vain=False)
        except self.refused as error:
            self._failed(claim, self.why(error))
        except Exception as error:
            log.error("an attempt failed", row=claim.row_id, exc_info=error)
            self._again(claim, AGAIN_AFTER, in_vain=True)
        return 1

    def unit(self) -> AbstractContextManager[Session]:
        """A unit of work on this engine."""
        return unit_of_work(self.engine)

    def _again(self, claim: Claim, after: timedelta, in_vain: bool) -> None:
        """Have it tried once more; it has failed after too many attempts that came to nothing."""
        try:
            with self.unit() as session:
                row = self.leases.hold(session, claim)
                if in_vain and row.in_vain >= self.leases.most:
                    self.fail(session, row, self.mistake)
                else:
                    self.leases.give_back(session, claim, self.clock() + after, in_vain)
                    self.put_back(session, row)
        except ClaimLost as lost:
            log.warning(describe(lost), row=claim.row_id)

    def _failed(self, claim: Claim, error: str) -> None:
        try:
            with self.unit() as session:
                self.fail(session, self.leases.hold(session, claim), error)
        except ClaimLost as lost:
            log.warning(describe(lost), row=claim.row_id)

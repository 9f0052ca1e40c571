"""Reading journals: whoever finds one due claims it, and keeps it page by page."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadflow.database.engine import unit_of_work
from leadflow.observability.logs import get_logger
from leadflow.outward.exchange import Outward
from leadflow.sources.accepting import Accepted, Arrival
from leadflow.sources.journals import state
from leadflow.sources.journals.asking import ask_page
from leadflow.sources.journals.circles import Circles
from leadflow.sources.journals.definitions import Journal
from leadflow.sources.journals.pages import Item
from leadflow.sources.journals.problems import ReadingFailed
from leadflow.sources.journals.progress import (
    Place,
    Read,
    after_page,
    begun,
    belongs,
    given_up,
    resumed,
)
from leadflow.sources.journals.state import Claim, ClaimLost
from leadflow.sources.service import live_secrets, read_source

# Then it is another journal's turn; this one goes on at its next page.
TURN, PAGES_A_TURN = timedelta(seconds=20), 100
# Between two turns, so that a journal is left alone now and then however long it is.
PAUSE = timedelta(seconds=5)
MOST_PAGES = 10_000
# After these the page that was to come is of no use.
ENDS_THE_READ = frozenset({"page_gone", "endless", "bad_next", "next_elsewhere"})
log = get_logger(__name__)


@dataclass(frozen=True)
class Taken:
    """An item that is kept, and what is odd about it."""

    arrival: Arrival
    place: Place | None
    odd: str | None


@dataclass
class Reader:
    """Reads journals over the network. ``stopping``: whether the process is to end."""

    outward: Outward
    clock: Callable[[], datetime]
    stopping: Callable[[], bool] = lambda: False

    def read_due(self) -> int:
        """Read the journal that has been due for longest, for some seconds at most; how many that
        were: one, or none."""
        with unit_of_work() as session:
            now = self.clock()
            claimed = state.claim(session, now)
            if claimed is None:
                return 0
            journal = read_source(session, claimed.source).source.journal
            secret = next(iter(live_secrets(session, claimed.source, now)), None)
        if journal is not None:
            _Turn(self, claimed, journal, secret).take()
        return 1


class _Turn:
    """One journal, for as long as this process has it."""

    def __init__(
        self, reader: Reader, claimed: Claim, journal: Journal, secret: str | None
    ) -> None:
        self._reader, self._claimed = reader, claimed
        self._journal, self._secret = journal, secret
        self._cursor, self._read = claimed.cursor, claimed.read

    def take(self) -> None:
        """Read on until all is read, the time is up, or it fails; say in the store which."""
        try:
            next_at = self._pages()
            with unit_of_work() as session:
                state.release(session, self._claimed, next_at)
        except ReadingFailed as error:
            self._failed(error)
        except ClaimLost:
            log.warning("a journal is another's by now", source=self._claimed.source)

    def _pages(self) -> datetime:
        """Keep page after page; returns when to look again."""
        journal, began = self._journal, self._reader.clock()
        begin = self._claimed.begins_at
        if self._read is None:
            self._read = begun(self._cursor.time, begin, journal.overlap, journal.lag, began)
        else:
            self._read = resumed(self._read, journal.lag, began)
        if self._read is None:
            return begin + journal.lag + timedelta(seconds=1)
        circles = Circles(self._read.page)
        now, pages = began, 0
        while pages < PAGES_A_TURN and now - began < TURN:
            self._keep_page(self._read, circles)
            now, pages = self._reader.clock(), pages + 1
            if self._read is None:
                return now + journal.every
            if self._reader.stopping():
                return now
        return now + PAUSE

    def _keep_page(self, read: Read, circles: Circles) -> None:
        """Ask for the next page and keep it.

        Raises:
            ReadingFailed: it was not answered; or it is kept, but pages go in circles.
        """
        now = self._reader.clock()
        page = ask_page(self._reader.outward, self._journal, self._secret, read, now)
        taken = list(self._taken(page.items, read, now))
        places = [one.place for one in taken if one.place is not None]
        cursor, further = after_page(self._cursor, read, places, page.next)
        with unit_of_work() as session:
            arrivals = [one.arrival for one in taken]
            became = state.keep_page(session, self._claimed, arrivals, cursor, further, now)
            if (word := _remark(taken, became)) is not None:
                state.remark(session, self._claimed, word, now)
        self._cursor, self._read = cursor, further
        new = sum(one.became == "accepted" for one in became)
        if new:
            log.info("a journal was read", source=self._claimed.source, new=new)
        if page.next is not None and (circles.closed_by(page) or read.pages >= MOST_PAGES):
            raise ReadingFailed("endless")

    def _taken(self, items: Sequence[Item], read: Read, now: datetime) -> Iterator[Taken]:
        """The items that are kept now. What has no id is told from others by its content; what has
        no time, or one to come, is kept, for it would be lost else, and moves no cursor."""
        for item in items:
            arrival = Arrival(self._claimed.source, item.id, item.body)
            odd = "no_id" if item.id is None else None
            if item.time is None:
                yield Taken(arrival, None, odd or "no_time")
                continue
            of = belongs(item.time, read, self._claimed.begins_at, now)
            if of == "future":
                yield Taken(arrival, None, odd or of)
            elif of == "taken":
                yield Taken(arrival, Place(item.time, item.id or ""), odd)

    def _failed(self, error: ReadingFailed) -> None:
        log.warning(
            "a journal could not be read",
            source=self._claimed.source,
            problem=error.word,
            status=error.status,
        )
        read = self._read
        if read is not None and error.word in ENDS_THE_READ:
            read = given_up(read)
        try:
            with unit_of_work() as session:
                state.note_failure(
                    session, self._claimed, error, read, self._journal.every, self._reader.clock()
                )
        except ClaimLost:
            log.warning("a journal is another's by now", source=self._claimed.source)


def _remark(taken: Sequence[Taken], became: Sequence[Accepted]) -> str | None:
    """What was odd about an item that is new, or is not kept because another has its id."""
    for one, end in zip(taken, became, strict=True):
        if end.became == "another":
            return "another"
        if one.odd is not None and end.became == "accepted":
            return one.odd
    return None

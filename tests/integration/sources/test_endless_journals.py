"""A journal whose pages never end is asked within bounds, and that is said as a failure."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from leadflow.cli.webhooks.sources import list_sources
from leadflow.database.engine import unit_of_work
from leadflow.sources import service
from leadflow.sources.journals.reading import PAGES_A_TURN, PAUSE
from leadflow.sources.tables import Delivery, SourceJournal
from leadflow.supervisor import of_the_store
from tests.integration.sources.reading_journals import NAME, add, near, reader, source
from tests.journals import SECRET, START, Answer, Asked, Keeper, keeping

LATER = START + timedelta(seconds=60)


@dataclass
class Endless(Keeper):
    """Each page names a next one; ``items``: what stands on the page of this number."""

    items: Callable[[int], list[Any]] = lambda number: []

    def answer(self, asked: Asked) -> Answer:
        number = len(self.asked)
        body = {"results": self.items(number), "paging": {"next": f"after {number}"}}
        return Answer(200, json.dumps(body))


@pytest.fixture
def keeper(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endless]:
    monkeypatch.setattr("tests.journals.Keeper", Endless)
    with keeping() as made:
        assert isinstance(made, Endless)
        add(source(made.url), START)
        yield made


def item(own: int) -> dict[str, str]:
    at = START + timedelta(milliseconds=own)
    return {"id": str(own), "at": at.isoformat(), "email": f"p{own}@example.com"}


def read(now: datetime) -> int:
    return reader(lambda: now).read_due()


def journal() -> SourceJournal:
    with unit_of_work() as session:
        row = session.get_one(SourceJournal, NAME)
        session.expunge(row)
        return row


def kept() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0


def test_pages_that_repeat_what_was_just_read_are_left_and_that_is_said(
    keeper: Endless, capsys: pytest.CaptureFixture[str]
) -> None:
    keeper.items = lambda number: [item(1), item(2)]
    now, pauses = LATER, []
    for _ in range(4):
        before = len(keeper.asked)
        assert read(now) == 1
        assert (len(keeper.asked) - before, journal().problem) == (4, "endless")
        pauses.append(journal().next_at - now)
        now = journal().next_at
    assert (kept(), journal().failures, journal().failing_since) == (2, 4, LATER)
    assert pauses[0] >= timedelta(seconds=30)
    assert pauses[3] > pauses[0]
    list_sources()
    written = " ".join(capsys.readouterr().out.split())
    assert "endless: 4 failures since 2026-03-02 12:01 UTC" in written
    assert "Correct `next`, and where {page} stands." in written
    assert f"It is tried again at {journal().next_at:%Y-%m-%d %H:%M:%S} UTC." in written
    found = of_the_store.journals(near())
    assert (found.mark, found.what) == ("bad", "not read: crm endless")
    assert "leadflow sources list" in found.mend


def test_empty_pages_without_end_are_left(keeper: Endless) -> None:
    read(LATER)
    assert (len(keeper.asked), journal().problem) == (50, "endless")


def test_a_page_that_repeats_the_one_before_it_once_is_read_past(keeper: Endless) -> None:
    keeper.items = lambda number: [item(number // 2)]
    read(LATER)
    assert (journal().problem, kept()) == (None, PAGES_A_TURN // 2 + 1)


def test_however_long_a_journal_is_it_is_left_alone_between_some_pages(keeper: Endless) -> None:
    keeper.items = lambda number: [item(number)]
    read(LATER)
    assert (len(keeper.asked), kept()) == (PAGES_A_TURN, PAGES_A_TURN)
    assert (journal().problem, journal().next_at) == (None, LATER + PAUSE)
    assert read(LATER) == 0
    read(LATER + PAUSE)
    assert (kept(), journal().page) == (2 * PAGES_A_TURN, f"after {2 * PAGES_A_TURN}")


def test_failures_are_counted_from_when_it_has_its_secret(keeper: Endless) -> None:
    keeper.answers = [Answer(401)]
    read(LATER)
    assert (journal().problem, journal().failures) == ("secret_refused", 1)
    with unit_of_work() as session:
        service.set_secret(session, NAME, f"{SECRET}-2", "test", LATER)
    assert (journal().problem, journal().failures, journal().failing_since) == (None, 0, None)
    assert of_the_store.journals(near()).mark == "ok"

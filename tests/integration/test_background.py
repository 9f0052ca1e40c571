"""What runs beside the gateway: each loop by itself, and said how it is."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from leadflow.audit.entries import Entry
from leadflow.audit.queue import record_soon
from leadflow.background import records
from leadflow.background.loop import Loop, Runner
from leadflow.background.loops import loops
from leadflow.background.records import Record
from leadflow.background.tables import BackgroundLoop
from leadflow.database.engine import Use, engine_for, unit_of_work
from leadflow.outbox.acts import NotPerformed
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import get_settings
from models.rubric import Rubric

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Looked:
    """A loop whose work and clock a test decides."""

    def __init__(self) -> None:
        self.now, self.kept = START, list[Record]()
        self.results: list[int | Exception] = []
        loop = Loop("a loop", 2.0, self._work)
        self.runner = Runner(loop, "host:1", threading.Event(), lambda: self.now, self.kept.append)

    def step(self, result: int | Exception, later: int = 0) -> float:
        self.now += timedelta(seconds=later)
        self.results.append(result)
        return self.runner.step()

    def _work(self) -> int:
        result = self.results.pop()
        if isinstance(result, Exception):
            raise result
        return result


def test_a_loop_comes_back_at_once_while_there_is_more_and_else_at_its_pace() -> None:
    looked = Looked()
    assert looked.step(5) == 0
    assert looked.step(0) == 2.0
    assert looked.runner.record.worked_at == START


def test_a_loop_that_did_less_than_a_full_turn_says_so_and_keeps_its_pace() -> None:
    for full, pause in ((5, 2.0), (4, 0.0), (None, 2.0)):
        kept = list[Record]()
        loop = Loop("a loop", 2.0, lambda: 4, full)
        runner = Runner(loop, "host:1", threading.Event(), lambda: START, kept.append)
        assert runner.step() == pause
        assert kept[-1].worked_at == START


def test_every_loop_that_has_done_something_says_when(store: Engine) -> None:
    """The audit chain is put together a little at a time, far from a full turn."""
    with unit_of_work() as session:
        record_soon(session, [Entry("key:test", "lead.scored", "lead_1")])
    serving = ServingScorer(load=Rubric.load, version=lambda: None)
    all_loops = loops(get_settings(), serving, "host:1", threading.Event())
    (chain,) = (loop for loop in all_loops if loop.name == "audit chain")
    runner = Runner(chain, "host:1", threading.Event(), lambda: START, list[Record]().append)
    assert runner.step() == chain.pace
    assert runner.record.worked_at == START


def test_lost_runs_of_both_pools_are_watched() -> None:
    serving = ServingScorer(load=Rubric.load, version=lambda: None)
    names = {one.name for one in loops(get_settings(), serving, "host:1", threading.Event())}
    assert {"lost runs leadflow", "lost runs leadflow-warm"} <= names


def test_a_loop_that_fails_backs_off_keeps_its_error_and_says_when_it_is_well_again() -> None:
    looked = Looked()
    pauses = [looked.step(NotPerformed("no paper")) for _ in range(4)]
    assert all(2.0 * 2**n / 2 <= pause <= 2.0 * 2**n for n, pause in enumerate(pauses))
    assert looked.kept[-1].failures == 4
    said = str(looked.kept[-1].error)
    assert said.endswith("NotPerformed: no paper")
    assert "in _work" in said
    looked.step(0)
    assert (looked.kept[-1].failures, looked.kept[-1].failed_at) == (0, START)


def test_a_loop_that_cannot_say_how_it_is_goes_on() -> None:
    def lost(record: Record) -> None:
        raise NotPerformed

    loop = Loop("a loop", 2.0, lambda: 1)
    runner = Runner(loop, "host:1", threading.Event(), lambda: START, lost)
    assert runner.step() == 0


def test_foreign_errors_are_kept_without_their_words() -> None:
    looked = Looked()
    looked.step(ValueError("jane@example.com"))
    assert "jane" not in str(looked.kept[-1].error)


def test_health_says_what_each_loop_did_last(anonymous: TestClient, store: Engine) -> None:
    assert anonymous.get("/health").json()["parts"]["background"]["status"] == "down"
    now = datetime.now(UTC)
    with unit_of_work() as session:
        records.keep(session, Record("host:1", "audit chain", now, now, worked_at=now))
        silent = now - timedelta(hours=1)
        records.keep(session, Record("host:0", "audit chain", silent, silent))
    said = anonymous.get("/health").json()
    assert said["parts"]["background"]["status"] == "ok"
    assert [(one["process"], one["loop"]) for one in said["loops"]] == [("host:1", "audit chain")]
    with unit_of_work() as session:
        ill = Record("host:1", "audit chain", now, now, None, 3, "where\nNotPerformed: ink", now)
        records.keep(session, ill)
    said = anonymous.get("/health").json()
    assert said["parts"]["background"] == {
        "status": "down",
        "detail": "Failing: audit chain; see loops.",
    }
    assert said["loops"][0]["last_error"] == "NotPerformed: ink"
    assert said["status"] == "degraded"


def test_a_process_keeps_a_row_for_each_loop_and_takes_them_away_as_it_ends(store: Engine) -> None:
    from leadflow.background.process import running
    from leadflow.settings import get_settings

    with running(get_settings()) as runners:
        names = {runner.loop.name for runner in runners}
        for _ in range(300):
            with unit_of_work() as session:
                kept = set(session.scalars(select(BackgroundLoop.loop)))
            if kept == names:
                break
            threading.Event().wait(0.1)
        assert kept == names
    with unit_of_work() as session:
        assert session.scalars(select(BackgroundLoop.loop)).all() == []


@pytest.mark.parametrize("use", list(Use))
def test_connections_carry_the_timeouts_of_their_use(engine: Engine, use: Use) -> None:
    own = engine_for(engine.url, pool_size=1, use=use)
    with own.connect() as connection:
        assert _seconds(connection, "statement_timeout") == use.value.statement
        assert _seconds(connection, "lock_timeout") == use.value.lock
    own.dispose()


def test_a_unit_of_work_may_have_the_timeouts_of_another_use_and_only_that_one(
    engine: Engine,
) -> None:
    own = engine_for(engine.url, pool_size=1, use=Use.REQUEST)
    with unit_of_work(own, Use.BATCH) as session:
        assert _seconds(session, "statement_timeout") == Use.BATCH.value.statement
    with unit_of_work(own) as session:
        assert _seconds(session, "statement_timeout") == Use.REQUEST.value.statement
        session.execute(text("SET LOCAL statement_timeout = '50ms'"))
        with pytest.raises(DBAPIError, match="statement timeout"):
            session.execute(text("SELECT pg_sleep(20)"))
    own.dispose()


def _seconds(connection: Any, name: str) -> int:
    asked = text("SELECT setting::int / 1000 FROM pg_settings WHERE name = :name")
    return int(connection.execute(asked, {"name": name}).scalar_one())

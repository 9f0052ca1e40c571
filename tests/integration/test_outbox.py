"""Acts written in a transaction are performed after it; nobody performs one twice, none is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.outbox import acts, claims, settling
from leadflow.outbox.acts import (
    Done,
    End,
    InDatabase,
    NothingDone,
    NotPerformed,
    Order,
    Outside,
    ReceiverAway,
    Unknown,
    UnknownAct,
)
from leadflow.outbox.backoff import ATTEMPTS
from leadflow.outbox.consumer import Consumer
from leadflow.outbox.lanes import NOTICES
from leadflow.outbox.service import enqueue, enqueue_many
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings

NOW = datetime.now(UTC)
LEASE = timedelta(seconds=get_settings().outbox_lease_seconds)


class Note(BaseModel):
    """What the acts of these tests are given."""

    number: int = 0


class Receiver:
    """The world outside: notes what it is asked for, and does as a test says."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.answer: Callable[[], End] = Done
        self.knows: Callable[[], Done | Unknown] = Unknown

    def perform(self, order: Order, note: Note) -> End:
        self.got.append(note.number)
        return self.answer()

    def reconcile(self, order: Order, note: Note) -> Done | Unknown:
        return self.knows()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Acts that it is asked for: one that may be repeated, one that may not and can be looked up,
    and one within our own database."""
    receiver = Receiver()

    def in_database(session: Session, order: Order, note: Note) -> End:
        session.add(Lead(source="api", industry=f"{note.number}"))
        session.flush()
        return receiver.perform(order, note)

    for act in (
        Outside("again", NOTICES, Note, receiver.perform, repeatable=True),
        Outside(
            "once", NOTICES, Note, receiver.perform, repeatable=False, reconcile=receiver.reconcile
        ),
        InDatabase("ours", NOTICES, Note, in_database),
    ):
        monkeypatch.setitem(acts.ACTS, act.name, act)
    return receiver


@pytest.fixture
def consumer(store: Engine, receiver: Receiver) -> "Clocked":
    return Clocked(store)


class Clocked:
    """A consumer whose clock a test moves."""

    def __init__(self, engine: Engine) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=1)
        self.of = Consumer(engine, get_settings(), NOTICES, lambda: self.now, "host:1")

    def consume(self, later: timedelta = timedelta()) -> int:
        self.now += later
        return self.of.consume()

    def mend(self, later: timedelta = timedelta()) -> int:
        self.now += later
        return self.of.mend()


def put(act: str, *numbers: int) -> None:
    with unit_of_work() as session:
        enqueue_many(session, act, [(f"key {one}", {"number": one}) for one in numbers])


def row() -> OutboxRow:
    with unit_of_work() as session:
        return session.scalars(select(OutboxRow)).one()


def die() -> End:
    raise SystemExit


def break_off() -> End:
    raise ConnectionResetError("jane@example.com")


def absent() -> Done:
    raise NotPerformed("not there")


def test_many_consumers_perform_each_act_once_and_a_key_is_taken_once(
    store: Engine, receiver: Receiver
) -> None:
    put("again", *range(60))
    put("again", *range(60))
    consumers = [Clocked(store) for _ in range(4)]

    def consume(one: Clocked) -> int:
        taken = 0
        while batch := one.consume():
            taken += batch
        return taken

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(consume, consumers)) == 60
    assert sorted(receiver.got) == list(range(60))


def test_while_nobody_answers_one_act_is_tried_and_the_others_keep_their_attempts(
    receiver: Receiver, consumer: Clocked
) -> None:
    """A thousand mails that wait for a mail server must not each knock at its door."""

    def away() -> End:
        raise ReceiverAway("nobody answers")

    put("again", *range(5))
    receiver.answer = away
    for _ in range(2):
        with pytest.raises(ReceiverAway):
            consumer.consume()
    assert len(receiver.got) == 2
    with unit_of_work() as session:
        rows = session.scalars(select(OutboxRow)).all()
        assert {one.status for one in rows} == {"waiting"}
        assert sorted(one.attempts for one in rows) == [0, 0, 0, 1, 1]
    receiver.answer = Done
    assert consumer.consume(timedelta(minutes=10)) == 5


def test_only_declared_acts_with_a_fitting_payload_are_written(session: Session) -> None:
    with pytest.raises(UnknownAct, match="No room declares"):
        enqueue(session, "nothing of this kind", "key", {})
    with pytest.raises(ValidationError):
        enqueue(session, "start_flow_run", "key", {"deployment": "x"})


def test_what_did_not_happen_is_tried_again_later_and_given_up_with_its_error(
    consumer: Clocked, receiver: Receiver
) -> None:
    put("once", 1)

    def refuse() -> End:
        raise NotPerformed("no answer")

    receiver.answer = refuse
    assert consumer.consume() == 1
    assert consumer.consume() == 0, "it is not asked again at once"
    for _ in range(ATTEMPTS - 1):
        assert consumer.consume(timedelta(hours=1)) == 1
    ended = row()
    assert (ended.status, ended.attempts) == ("failed", ATTEMPTS)
    assert ended.error == "NotPerformed: no answer"


def test_nothing_to_do_is_not_done(consumer: Clocked, receiver: Receiver) -> None:
    put("again", 1)
    receiver.answer = lambda: NothingDone("nobody there")
    consumer.consume()
    assert (row().status, row().why) == ("nothing_done", "nobody there")


def test_a_broken_claim_of_a_repeatable_act_is_taken_up_when_its_lease_ends(
    consumer: Clocked, receiver: Receiver
) -> None:
    put("again", 1)
    receiver.answer = die
    with pytest.raises(SystemExit):
        consumer.consume()
    receiver.answer = Done
    assert consumer.mend() == 0, "the lease still holds"
    assert consumer.mend(LEASE * 2) == 1
    assert consumer.consume() == 1
    assert (row().status, receiver.got) == ("done", [1, 1])


def test_a_broken_claim_of_another_act_is_uncertain_and_never_silently_asked_again(
    consumer: Clocked, receiver: Receiver
) -> None:
    put("once", 1)
    receiver.answer = die
    with pytest.raises(SystemExit):
        consumer.consume()
    consumer.mend(LEASE * 2)
    for _ in range(10):
        consumer.mend(timedelta(minutes=10))
        consumer.consume()
    assert (row().status, receiver.got) == ("uncertain", [1])
    assert "host:1" in str(row().error)


def test_what_was_claimed_and_not_begun_is_anybodys_again(
    store: Engine, consumer: Clocked, receiver: Receiver
) -> None:
    put("once", 1, 2)
    receiver.answer = die
    with pytest.raises(SystemExit):
        consumer.consume()
    receiver.answer = Done
    consumer.mend(LEASE * 2)
    assert consumer.consume() == 1
    assert sorted(receiver.got) == [1, 2]


def test_an_act_that_breaks_off_is_uncertain_unless_it_surely_did_not_happen(
    consumer: Clocked, receiver: Receiver
) -> None:
    put("once", 1)
    receiver.answer = break_off
    consumer.consume()
    assert (row().status, row().error) == ("uncertain", "ConnectionResetError")


@pytest.mark.parametrize("happened", [True, False])
def test_a_reconciler_settles_what_is_uncertain(
    consumer: Clocked, receiver: Receiver, happened: bool
) -> None:
    put("once", 1)
    receiver.answer = break_off
    consumer.consume()
    receiver.answer, receiver.knows = Done, (lambda: Done({"seen": True})) if happened else absent
    assert consumer.mend(timedelta(seconds=1)) == 1
    assert (row().status, row().settled_by) == ("done" if happened else "waiting", "reconciler")
    consumer.consume(timedelta(seconds=2))
    assert (row().status, receiver.got) == ("done", [1] if happened else [1, 1])


def test_what_breaks_off_each_time_and_never_happened_is_given_up_in_the_end(
    consumer: Clocked, receiver: Receiver
) -> None:
    """Such as a notice whose salesperson cannot be read; it must not go round without a pause."""
    put("once", 1)
    receiver.answer, receiver.knows = break_off, absent
    consumer.consume()
    assert consumer.mend(timedelta(seconds=1)) == 1
    assert consumer.consume() == 0  # it has a pause
    for _ in range(2 * ATTEMPTS):
        consumer.consume(timedelta(minutes=10))
        consumer.mend(timedelta(seconds=1))
    assert (row().status, len(receiver.got)) == ("failed", ATTEMPTS)


def test_who_comes_back_after_the_lease_gives_back_nothing_of_others(
    consumer: Clocked, receiver: Receiver
) -> None:
    """Two consumers of one process have one name, and claim the same act one after the other."""
    put("again", 1)
    with unit_of_work() as session:
        old = claims.claim(session, NOTICES, "host:1", consumer.now, LEASE)
    consumer.mend(LEASE * 2)
    with unit_of_work() as session:
        new = claims.claim(session, NOTICES, "host:1", consumer.now, LEASE)
        claims.release(session, old)
    assert row().status == "claimed"
    with unit_of_work() as session:
        claims.release(session, new)
    assert row().status == "waiting"


def test_who_comes_back_after_the_lease_can_record_nothing(
    store: Engine, consumer: Clocked, receiver: Receiver
) -> None:
    put("again", 1)
    with unit_of_work() as session:
        (old,) = claims.claim(session, NOTICES, "host:2", consumer.now, LEASE)
    with unit_of_work() as session:
        assert claims.begin(session, old, consumer.now, LEASE) == 1
    consumer.mend(LEASE * 2)
    receiver.answer = lambda: Done({"by": "the second"})
    consumer.consume()
    with unit_of_work() as session:
        assert not claims.end(session, old, Done({"by": "the first"}), consumer.now)
        assert claims.begin(session, old, consumer.now, LEASE) is None
    assert row().result == {"by": "the second"}


def test_an_act_of_ours_and_its_end_are_one_transaction(
    consumer: Clocked, receiver: Receiver
) -> None:
    put("ours", 7)
    receiver.answer = die
    with pytest.raises(SystemExit):
        consumer.consume()
    with unit_of_work() as session:
        assert session.scalars(select(Lead)).all() == []
    receiver.answer = Done
    consumer.mend(LEASE * 2)
    consumer.consume()
    with unit_of_work() as session:
        assert session.scalars(select(Lead.industry)).all() == ["7"]
    assert row().status == "done"


def test_an_ending_consumer_begins_nothing_more_and_gives_back_the_rest(
    store: Engine, receiver: Receiver
) -> None:
    put("once", 1, 2, 3)
    ending = Consumer(
        store, get_settings(), NOTICES, lambda: NOW + timedelta(hours=1), "h:1", lambda: True
    )
    ending.consume()
    with unit_of_work() as session:
        assert set(session.scalars(select(OutboxRow.status))) == {"waiting"}
    assert receiver.got == []


def test_a_person_settles_or_retries_and_the_audit_log_says_who_and_why(
    consumer: Clocked, receiver: Receiver
) -> None:
    put("once", 1)

    def break_off() -> End:
        raise ConnectionResetError

    receiver.answer = break_off
    consumer.consume()
    with unit_of_work() as session:
        settling.retry(session, row().id, "person_1", "I asked: nothing came", NOW)
    receiver.answer = lambda: NothingDone("nobody there")
    consumer.consume(timedelta(hours=1))
    assert (row().status, row().settled_by) == ("nothing_done", "person_1")
    with unit_of_work() as session, pytest.raises(settling.ActElsewhere, match="nothing_done"):
        settling.settle(session, row().id, "done", "person_1", "no", NOW)
    with unit_of_work() as session:
        settling.retry(session, row().id, "person_1", "now there is somebody", NOW)
        settling.settle(session, row().id, "done", "person_1", "I rang them up", NOW)
    assert row().status == "done"
    with unit_of_work() as session:
        noted = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert noted == ["outbox.retried", "outbox.retried", "outbox.settled"]


def test_a_commit_rings_the_consumers(store: Engine, receiver: Receiver) -> None:
    import threading

    from leadflow.outbox.bell import listen

    bell, ended = threading.Event(), threading.Event()
    ear = threading.Thread(target=listen, args=(store, {"notices": [bell]}, ended.is_set))
    ear.start()
    try:
        assert bell.wait(30), "whoever begins to listen looks once"
        bell.clear()
        put("again", 1)
        assert bell.wait(30)
    finally:
        ended.set()
        ear.join(30)


def test_what_is_done_is_deleted_once_it_is_old_and_what_a_person_must_settle_stays(
    consumer: Clocked, receiver: Receiver
) -> None:
    put("again", 1)
    assert consumer.consume() == 1
    receiver.answer = die
    put("once", 2)
    with pytest.raises(SystemExit):
        consumer.consume()
    consumer.mend(LEASE + timedelta(seconds=1))
    put("again", 3)
    with unit_of_work() as session:
        later = consumer.now + timedelta(days=1)
        assert settling.forget_ended(session, consumer.now - timedelta(days=1)) == 0
        assert settling.forget_ended(session, later) == 1
        left = {row.status for row in session.scalars(select(OutboxRow))}
    assert left == {"uncertain", "waiting"}

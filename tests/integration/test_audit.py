"""The audit log in a real PostgreSQL: what is written is sound, what is tampered with is named."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from leadflow.audit import exported, exporting, verification
from leadflow.audit import service as audit
from leadflow.audit.context import acting_from
from leadflow.audit.entries import Entry
from leadflow.audit.exported import ExportedHead, HeadsUnreadable
from leadflow.audit.exporting import LogSetBack
from leadflow.audit.head import AuditLogBroken
from leadflow.audit.masking import masked
from leadflow.audit.queue import put_into_chain, record_soon
from leadflow.audit.reasons import FORGOTTEN, in_words
from leadflow.audit.resuming import NothingToResume, resume
from leadflow.audit.tables import AuditEntry, AuditHead
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings, get_settings
from tests.examples import examples
from tests.integration.audit_writers import write
from tests.processes import processes
from tests.unit.audit.test_tampering import chains

pytestmark = pytest.mark.uncounted

ROWS = 6
TWO = {"n": 1, "share": 0.25, "ids": ["b", "a"], "name": "Grüße"}


@pytest.fixture
def log(session: Session) -> Session:
    """A log of six entries, in a session that may do what only the owner may."""
    for number in range(ROWS - 2):
        before = {"score": float(number)}
        audit.record(session, "ana", "did", "thing/1", TWO, why="w", before=before, after=TWO)
    audit.record_many(session, [Entry("ben", "did", f"lead_{number}") for number in range(2)])
    assert broken(session) is None
    session.execute(text("SET LOCAL session_replication_role = replica"))
    return session


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings with a folder of exported heads of this test's own."""
    return get_settings().model_copy(update={"audit_folder": tmp_path})


def broken(session: Session, *exported: ExportedHead) -> int | None:
    report = verification.verify(session, exported)
    return None if report.broken is None else report.broken.number


CHANGES = [
    "at = at + interval '1 microsecond'",
    "at = 'infinity'",
    "actor = 'x'",
    "actor = ''",
    "action = 'x'",
    "subject = 'thing/2'",
    "why = NULL",
    "why = 'W'",
    "origin = ''",
    "request_id = 'x'",
    "detail = '{}'",
    "detail = detail || '{\"n\": 2}'",
    "detail = detail || '{\"n\": 1.0}'",
    "detail = detail || '{\"share\": 0.250}'",
    "detail = detail || '{\"share\": 1e100000}'",
    'detail = detail || \'{"ids": ["a", "b"]}\'',
    "detail = (repeat('[', 3000) || repeat(']', 3000))::jsonb",
    "before = NULL",
    "before = 'null'",
    "after = before, before = after",
    "after = after - 'n'",
    "previous_hash = upper(previous_hash) || 'é'",
    "previous_hash = 'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'",
    "entry_hash = md5('') || md5('')",
    "entry_hash = entry_hash || 'é'",
    "actor = 'ben', entry_hash = previous_hash || ' '",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_column_is_found_and_named(log: Session, change: str) -> None:
    log.connection().exec_driver_sql(f"UPDATE audit_log SET {change} WHERE number = 3")  # noqa: S608
    assert broken(log) == 3


TAMPERINGS = {
    "DELETE FROM audit_log WHERE number = 3": 3,
    "DELETE FROM audit_log WHERE number IN (2, 4)": 2,
    "DELETE FROM audit_log WHERE number = 6": 6,
    "DELETE FROM audit_log WHERE number > 4": 5,
    "DELETE FROM audit_log": 1,
    "DELETE FROM audit_head": 6,
    "UPDATE audit_log SET number = number + 100 WHERE number = 2": 2,
    "UPDATE audit_log SET number = 0 WHERE number = 2": 0,
    "UPDATE audit_log SET number = -5 WHERE number = 6": -5,
    "UPDATE audit_log SET number = CASE number WHEN 2 THEN -4 ELSE -2 END WHERE number IN (2, 4);"
    "UPDATE audit_log SET number = -number WHERE number < 0": 2,
    "INSERT INTO audit_log (number, at, actor, action, subject, detail, previous_hash, entry_hash)"
    " SELECT 7, at, actor, action, subject, detail, entry_hash, 'x' FROM audit_log "
    "WHERE number = 6": 7,
    "ALTER TABLE audit_log DROP CONSTRAINT uq_audit_log_entry_hash, DROP CONSTRAINT pk_audit_log;"
    "INSERT INTO audit_log SELECT * FROM audit_log WHERE number = 4": 4,
    "DELETE FROM audit_log WHERE number = 4;"
    "UPDATE audit_log SET number = -number WHERE number > 4;"
    "UPDATE audit_log SET number = -number - 1 WHERE number < 0": 4,
    "DELETE FROM audit_log WHERE number > 4;"
    "UPDATE audit_head SET number = 4, entry_hash = "
    "(SELECT entry_hash FROM audit_log WHERE number = 4)": 4,
    "UPDATE audit_head SET number = 7": 6,
    "UPDATE audit_head SET entry_hash = mac": 6,
}


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_rows_deleted_put_in_swapped_or_cut_off_are_found(log: Session, statement: str) -> None:
    for part in statement.split(";"):
        log.connection().exec_driver_sql(part)
    assert broken(log) == TAMPERINGS[statement]


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chains)
def test_what_postgresql_gives_back_is_what_was_hashed(
    session: Session, content: list[Entry]
) -> None:
    with session.begin_nested() as nested:
        first, *others = content
        values = {"why": first.why, "before": first.before, "after": first.after}
        audit.record(session, first.actor, first.action, first.subject, first.detail, **values)  # type: ignore[arg-type]
        assert audit.record_many(session, others) == len(others)
        report = verification.verify(session)
        assert (report.broken, report.rows) == (None, len(content))
        nested.rollback()


def test_many_processes_make_one_chain(store: Engine) -> None:
    writers, each = 8, 200
    with processes().Pool(writers) as pool:
        written = pool.map(write, [(number, each) for number in range(writers)], chunksize=1)
    assert written == [each] * writers
    with verification.snapshot() as session:
        report = verification.verify(session)
        found = session.scalar(select(func.count(AuditEntry.actor.distinct())))
    assert (report.broken, report.rows, found) == (None, writers * each, writers)


def test_the_log_is_verified_while_others_write(store: Engine) -> None:
    with unit_of_work() as session:
        audit.record_many(session, [Entry("ana", "did", f"thing/{n}") for n in range(10)])
    with verification.snapshot() as reader:
        assert audit.first_broken(reader) is None
        with unit_of_work() as session:
            audit.record(session, "ben", "did", "thing/1")
        assert verification.verify(reader).rows == 10
    with verification.snapshot() as reader:
        assert verification.verify(reader).rows == 11


def test_a_transaction_that_fails_leaves_no_trace(store: Engine) -> None:
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/1")
    for entries in (1, 3):
        with Session(store) as session:
            audit.record_many(session, [Entry("ben", "did", "thing/2")] * entries)
            session.rollback()
    with unit_of_work() as session:
        audit.record(session, "ana", "did", "thing/3")
        assert broken(session) is None
        numbers = select(AuditEntry.number).order_by(AuditEntry.number)
        assert session.scalars(numbers).all() == [1, 2]


def test_who_what_why_before_after_from_where_and_request_are_kept(session: Session) -> None:
    with acting_from("gateway address:5c0f", "req-7"):
        copy = audit.record(
            session,
            "ana",
            "lead.reassigned",
            "lead/lead_1",
            {"n": 1},
            why="holiday",
            before={"rep": "r1"},
            after={"rep": "r2"},
        )
    audit.record(session, "ben", "did", "lead_1")
    audit.record(session, "ben", "did", "lead_10")
    kept, later = audit.history(session, "lead_1", 10)
    for column in [column.key for column in AuditEntry.__table__.columns]:
        assert getattr(kept, column) == getattr(copy, column), column
    assert (kept.origin, kept.request_id, kept.why) == ("gateway address:5c0f", "req-7", "holiday")
    assert (kept.before, kept.after) == ({"rep": "r1"}, {"rep": "r2"})
    assert (later.before, later.after, later.detail, later.why) == (None, None, {}, None)
    assert [row.number for row in audit.history(session, "lead/lead_1", 10)] == [1, 2]
    assert [row.number for row in audit.history(session, "lead_1", 1)] == [2]


WORDS = "Mia asked, mia@example.com"


@pytest.fixture
def reasons(session: Session) -> Session:
    """Two reasons in the same words about two things, in a session of the owner."""
    for lead_id in ("lead_1", "lead/lead_2"):
        audit.record(session, "ana", "lead.reassigned", lead_id, said=WORDS)
    session.execute(text("SET LOCAL session_replication_role = replica"))
    return session


def kept_reasons(session: Session) -> list[str | None]:
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    session.expire_all()
    return list(in_words(session, entries).values())


def test_what_a_person_says_is_beside_the_log_with_addresses_masked(reasons: Session) -> None:
    rows = reasons.execute(text("SELECT audit_log::text FROM audit_log")).scalars().all()
    assert "Mia" not in str(rows)
    assert "mia@" not in str(rows)
    first, second = kept_reasons(reasons)
    assert first == second == masked(WORDS)
    assert str(first).startswith("Mia asked, email:")
    assert len({entry.why for entry in reasons.scalars(select(AuditEntry))}) == 2
    many = [Entry("ana", "did", f"lead_{n}", said="quite so") for n in (3, 4)]
    audit.record_many(reasons, many)
    assert kept_reasons(reasons)[2:] == ["quite so", "quite so"]
    assert broken(reasons) is None


def test_a_reason_can_be_forgotten_and_the_log_stays_sound(reasons: Session) -> None:
    assert audit.forget_reasons(reasons, "ben", ["lead_2"], "Mia asked for it") == 1
    assert kept_reasons(reasons) == [masked(WORDS), FORGOTTEN, "Mia asked for it"]
    assert broken(reasons) is None
    last = reasons.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert last is not None
    assert (last.actor, last.subject, last.detail) == ("ben", "lead/lead_2", {"reasons": 1})
    assert audit.forget_reasons(reasons, "ben", ["lead_3"], "nothing there") == 0
    again = audit.record(reasons, "ana", "lead.reassigned", "lead/lead_2", said=WORDS)
    assert kept_reasons(reasons)[-1] == masked(WORDS)
    reasons.execute(text("DELETE FROM audit_reasons WHERE id = :id"), {"id": again.why})
    assert broken(reasons) == again.number


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE audit_reasons SET words = 'x' WHERE subject = 'lead/lead_2'", 2),
        ("UPDATE audit_reasons SET subject = 'lead_1' WHERE subject = 'lead/lead_2'", 2),
        ("UPDATE audit_reasons SET id = 'said:0' WHERE subject = 'lead/lead_2'", 2),
        ("DELETE FROM audit_reasons WHERE subject = 'lead_1'", 1),
        ("DELETE FROM audit_reasons", 1),
        ("INSERT INTO audit_reasons VALUES ('said:0', 'lead_1', 'x')", 2),
    ],
)
def test_reasons_changed_deleted_or_put_in_are_found(
    reasons: Session, statement: str, row: int
) -> None:
    assert broken(reasons) is None
    reasons.execute(text(statement))
    assert broken(reasons) == row


def soon(number: int, **more: Any) -> Entry:
    return Entry("ana", "lead.scored", f"lead_{number}", TWO, after={"score": number}, **more)


def test_what_waits_gets_its_place_in_order_with_its_own_moment(store: Engine) -> None:
    with acting_from("gateway", "req-7"), unit_of_work() as session:
        for number in range(3):
            record_soon(session, [soon(number)])
    with unit_of_work() as session:
        audit.record(session, "ben", "did", "lead_1")
        assert put_into_chain(session, 2) == 2
        assert put_into_chain(session) == 1
        assert put_into_chain(session) == 0
    with unit_of_work() as session:
        assert broken(session) is None
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
        assert [entry.subject for entry in entries] == ["lead_1", "lead_0", "lead_1", "lead_2"]
        assert [entry.request_id for entry in entries] == [None, *["req-7"] * 3]
        assert entries[1].at < entries[0].at
        assert (entries[3].detail, entries[3].after) == (TWO, {"score": 2})
        # By when things were done, not by when they got their places.
        done = [entry.action for entry in audit.history(session, "lead_1", 10)]
        assert done == ["lead.scored", "did"]


def test_what_waits_is_gone_with_its_transaction_and_holds_no_words_of_people(
    store: Engine,
) -> None:
    def fail() -> None:
        with unit_of_work() as session:
            record_soon(session, [soon(1)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with unit_of_work() as session:
        assert put_into_chain(session) == 0
        with pytest.raises(ValueError, match="at once"):
            record_soon(session, [soon(1, said="I know them")])


@pytest.mark.parametrize(
    "change",
    ["actor = 'x'", "at = at - interval '1 day'", "after = '{}'", "mac = 'x'", "detail = '{'"],
)
def test_what_was_changed_while_it_waited_is_named_as_forged(session: Session, change: str) -> None:
    record_soon(session, [soon(1)])
    session.execute(text("UPDATE audit_waiting SET " + change))  # noqa: S608
    record_soon(session, [soon(2)])
    assert put_into_chain(session) == 2
    actions = session.scalars(select(AuditEntry.action)).all()
    assert sorted(actions) == ["audit.forged", "lead.scored"]
    assert broken(session) is None


def test_many_put_what_waits_into_the_chain_at_once(store: Engine) -> None:
    def work(number: int) -> int:
        with unit_of_work() as session:
            record_soon(session, [soon(number)])
        with unit_of_work() as session:
            return put_into_chain(session, 5)

    with ThreadPoolExecutor(8) as workers:
        put = sum(workers.map(work, range(80)))
    with unit_of_work() as session:
        put += put_into_chain(session)
        assert put == 80
        assert (broken(session), session.scalar(select(func.count(AuditEntry.number)))) == (
            None,
            80,
        )


def test_an_entry_has_one_reason(session: Session) -> None:
    with pytest.raises(ValueError, match="not both"):
        audit.record(session, "ana", "did", "lead_1", why="overdue", said="so")


def test_a_log_set_back_as_a_whole_is_found_by_an_exported_head(
    log: Session, own: Settings
) -> None:
    now = datetime.now(UTC)
    earlier = log.execute(select(AuditHead.number, AuditHead.entry_hash, AuditHead.mac)).one()
    assert exporting.export_head(log, own, now) is not None
    audit.record_many(log, [Entry("ana", "did", "thing/7")] * 3)
    exporting.export_head(log, own, now + timedelta(hours=1))
    heads = exported.read_heads(exported.heads_file(own))
    assert [head.number for head in heads] == [ROWS, ROWS + 3]
    assert verification.verify(log, heads).compared == 2
    log.execute(text("DELETE FROM audit_log WHERE number > :last"), {"last": ROWS})
    back = {"number": earlier.number, "hash": earlier.entry_hash, "mac": earlier.mac}
    log.execute(
        text("UPDATE audit_head SET number = :number, entry_hash = :hash, mac = :mac"), back
    )
    log.expire_all()
    assert broken(log) is None
    assert broken(log, *heads) == ROWS + 1
    audit.record_many(log, [Entry("ana", "did", "thing/8")] * 4)
    assert broken(log) is None
    assert broken(log, *heads) == ROWS + 3
    with pytest.raises(LogSetBack, match="row 9"):
        exporting.export_head(log, own, now)
    assert exported.read_heads(exported.heads_file(own)) == heads


def test_a_file_of_heads_that_was_changed_is_refused(log: Session, own: Settings) -> None:
    path = exported.heads_file(own)
    with pytest.raises(HeadsUnreadable, match="cannot be read"):
        exported.read_heads(path)
    made = exporting.export_head(log, own, datetime.now(UTC))
    assert path.stat().st_mode & 0o777 == 0o600
    good = path.read_text()
    path.write_text(good + '{"at": "2026')  # the disk was full, say
    assert exported.read_heads(path) == [made]
    exporting.export_head(log, own, datetime.now(UTC))
    assert len(exported.read_heads(path)) == 2
    for bad in (good.replace('"number": 6', '"number": 5'), "{}\n", "[]\n", "x\n", good + "\n"):
        path.write_text(bad)
        with pytest.raises(HeadsUnreadable, match="Line"):
            exported.read_heads(path)


@pytest.mark.parametrize(
    "forging", ["DELETE FROM audit_head", "UPDATE audit_head SET mac = entry_hash, number = 8"]
)
def test_nothing_is_written_after_a_forged_head_until_a_person_says_so(
    log: Session, own: Settings, forging: str
) -> None:
    with pytest.raises(NothingToResume):
        resume(log, own, "ana", "nothing happened")
    log.execute(text("DELETE FROM audit_log WHERE number = 6"))
    log.execute(text(forging))
    with pytest.raises(AuditLogBroken):
        audit.record(log, "ana", "did", "thing/1")
    with pytest.raises(AuditLogBroken):
        audit.record_many(log, [Entry("ana", "did", "thing/1")])
    if "UPDATE" in forging:
        with pytest.raises(AuditLogBroken):
            exporting.export_head(log, own, datetime.now(UTC))
    resumed = resume(log, own, "ana", "looked into it")
    audit.record(log, "ana", "did", "thing/1")
    assert broken(log) == 6
    assert audit.first_broken(log) == 6
    later = verification.verify(log, since=resumed.number)
    assert (later.broken, later.rows) == (None, 2)
    log.execute(text("UPDATE audit_log SET actor = 'x' WHERE number > :n"), {"n": resumed.number})
    found = verification.verify(log, since=resumed.number).broken
    assert found is not None
    assert found.number == resumed.number + 1


def test_an_empty_log_is_sound_and_has_no_head(session: Session, own: Settings) -> None:
    report = verification.verify(session)
    assert (report.rows, report.number, report.broken) == (0, 0, None)
    assert exporting.export_head(session, own, datetime.now(UTC)) is None
    with pytest.raises(NothingToResume):
        resume(session, own, "ana", "why not")
    assert audit.record_many(session, []) == 0


def test_ten_thousand_entries_at_once_are_one_chain(session: Session) -> None:
    made = [
        Entry("assign_leads", "lead.assigned", f"lead/lead_{n:012x}", TWO) for n in range(10_000)
    ]
    assert audit.record_many(session, made) == len(made)
    report = verification.verify(session)
    assert (report.rows, report.number, report.broken) == (len(made), len(made), None)

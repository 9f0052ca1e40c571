"""A database that was set back behind the heads that were exported: found, recorded by a person,
and seen for ever."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.audit import exporting, verification
from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.audit.exported import heads_file, read_heads
from leadflow.audit.exporting import LogSetBack
from leadflow.audit.head import AuditLogBroken
from leadflow.audit.resuming import NothingToResume, last_lost, record_restore, resume
from leadflow.settings import Settings, get_settings

AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    return get_settings().model_copy(update={"audit_folder": tmp_path})


def write(session: Session, number: int) -> None:
    audit.record_many(session, [Entry("ana", "did", f"thing/{n}") for n in range(number)])


@pytest.fixture
def back(session: Session, own: Settings) -> Session:
    """A log whose head was exported at row 9, and which ends at row 6 again."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    write(session, 6)
    session.execute(text("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM audit_head"))
    write(session, 3)
    exporting.export_head(session, own, AN_HOUR_AGO)
    set_back_to(session, 6)
    return session


def set_back_to(session: Session, number: int) -> None:
    session.execute(text("DELETE FROM audit_log WHERE number > :n"), {"n": number})
    session.execute(text("DELETE FROM audit_head"))
    session.execute(text("INSERT INTO audit_head SELECT * FROM kept"))
    session.expire_all()


def test_it_is_recorded_by_a_person_and_exports_go_on(back: Session, own: Settings) -> None:
    heads = read_heads(heads_file(own))
    with pytest.raises(LogSetBack, match="leadflow audit resume"):
        exporting.export_head(back, own, datetime.now(UTC))
    entry = resume(back, own, "ana", "the disk had died")
    assert (entry.number, entry.detail["exported_row"]) == (7, 9)
    for more in (1, 4):
        write(back, more)
        exported = exporting.export_head(back, own, datetime.now(UTC))
        assert exported is not None
    assert [head.number for head in read_heads(heads_file(own))] == [
        *[h.number for h in heads],
        8,
        12,
    ]
    with pytest.raises(NothingToResume):
        resume(back, own, "ana", "once more")


def test_the_break_is_seen_for_ever_and_the_rest_is_checked_from_it(
    back: Session, own: Settings
) -> None:
    entry = resume(back, own, "ana", "the disk had died")
    write(back, 5)
    exporting.export_head(back, own, datetime.now(UTC))
    heads = read_heads(heads_file(own))
    for exported in ((), heads):
        broken = verification.verify(back, exported).broken
        assert broken is not None
        assert (broken.number, "set back" in broken.what) == (entry.number, True)
    later = verification.verify(back, heads, since=entry.number)
    assert (later.broken, later.compared) == (None, 1)
    set_back_to(back, 6)
    assert verification.verify(back, heads, since=7).broken is not None


def test_what_was_written_before_anybody_noticed_does_not_hide_it(
    back: Session, own: Settings
) -> None:
    write(back, 5)
    heads = read_heads(heads_file(own))
    entry = resume(back, own, "ana", "a backup, the day before yesterday")
    broken = verification.verify(back, heads).broken
    assert broken is not None
    assert (broken.number, "exported" in broken.what) == (9, True)
    assert verification.verify(back, heads, since=entry.number).broken is None
    assert exporting.export_head(back, own, datetime.now(UTC)) is not None


def test_a_second_time_is_a_second_break(back: Session, own: Settings) -> None:
    first = resume(back, own, "ana", "the disk had died")
    write(back, 5)
    exporting.export_head(back, own, datetime.now(UTC))
    set_back_to(back, 6)
    with pytest.raises(LogSetBack, match="row 12"):
        exporting.export_head(back, own, datetime.now(UTC))
    write(back, 1)
    second = record_restore(back, own, "ben", "again", {"backup": "b"})
    assert (first.number, second.number, second.action) == (7, 8, "store.restored")
    heads = read_heads(heads_file(own))
    assert verification.verify(back, heads, since=8).broken is None
    assert exporting.export_head(back, own, datetime.now(UTC)) is not None


def test_nobody_without_the_key_records_it(back: Session, own: Settings) -> None:
    resume(back, own, "ana", "the disk had died")
    back.execute(text("UPDATE audit_log SET actor = 'eve' WHERE number = 7"))
    with pytest.raises(LogSetBack):
        exporting.export_head(back, own, datetime.now(UTC))


def test_a_restart_of_earlier_does_not_stand_for_a_later_one(back: Session, own: Settings) -> None:
    resume(back, own, "ana", "the disk had died")
    back.execute(text("DELETE FROM kept"))
    back.execute(text("INSERT INTO kept SELECT * FROM audit_head"))
    write(back, 5)
    exporting.export_head(back, own, datetime.now(UTC) + timedelta(seconds=2))
    set_back_to(back, 7)
    with pytest.raises(LogSetBack, match="row 12"):
        exporting.export_head(back, own, datetime.now(UTC))
    # However slow the clock of the machine that it is recorded on.
    resume(back, own, "ana", "set back once more")
    assert last_lost(back, own) is None


def test_a_store_begun_anew_goes_on_beside_the_old_heads(back: Session, own: Settings) -> None:
    back.execute(text("DELETE FROM audit_log"))
    back.execute(text("DELETE FROM audit_head"))
    with pytest.raises(LogSetBack):
        exporting.export_head(back, own, datetime.now(UTC))
    entry = resume(back, own, "ana", "begun anew")
    assert exporting.export_head(back, own, datetime.now(UTC)) is not None
    heads = read_heads(heads_file(own))
    assert verification.verify(back, heads, since=entry.number).broken is None
    broken = verification.verify(back, heads).broken
    assert broken is not None
    assert broken.number == entry.number


def test_a_head_that_was_forged_as_well_is_no_obstacle(back: Session, own: Settings) -> None:
    back.execute(text("UPDATE audit_head SET mac = entry_hash"))
    with pytest.raises(AuditLogBroken):
        exporting.export_head(back, own, datetime.now(UTC))
    resume(back, own, "ana", "both")
    assert exporting.export_head(back, own, datetime.now(UTC)) is not None

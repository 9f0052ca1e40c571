"""Entries written before the log had a head and a reason go on being verified."""

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from leadflow.audit import chain
from leadflow.audit import service as audit
from leadflow.audit.verification import verify
from tests.integration.earlier_store import earlier_store

pytestmark = pytest.mark.uncounted

DETAILS: tuple[dict[str, Any], ...] = ({}, {"b": 85.0, "a": 0.1, "ß": "é"}, {"n": [1, None, True]})
INSERT = "INSERT INTO audit_log VALUES (:number, :at, :actor, :action, :subject, :detail, :p, :h)"


@pytest.fixture(scope="module")
def brought_up_to_date(engine: Engine) -> Iterator[Session]:
    """A store with three entries of the first version of the log, brought up to date."""
    with earlier_store(engine, "0010", write_as_then) as session:
        yield session


@pytest.fixture
def earlier(brought_up_to_date: Session) -> Iterator[Session]:
    """It, for a test whose changes are taken back."""
    with brought_up_to_date.begin_nested() as changes:
        yield brought_up_to_date
        brought_up_to_date.expunge_all()
        changes.rollback()


def write_as_then(connection: Connection) -> None:
    previous = chain.FIRST
    for number, detail in enumerate(DETAILS, 1):
        at = datetime(2026, 1, number, 9, 30, 0, 123000 * (number - 1), tzinfo=UTC)
        content = [number, at.isoformat(), "ana", "did", "thing/1", detail, previous]
        message = json.dumps(content, sort_keys=True).encode()
        own = hmac.new(chain.chain_key(), message, sha256).hexdigest()
        row = {"number": number, "at": at, "actor": "ana", "action": "did", "subject": "thing/1"}
        row |= {"detail": json.dumps(detail), "p": previous, "h": own}
        connection.execute(text(INSERT), row)
        previous = own


def test_they_are_sound_and_the_log_goes_on_from_them(earlier: Session) -> None:
    assert verify(earlier).broken is None
    audit.record(earlier, "ben", "did", "thing/1", why="because")
    report = verify(earlier)
    assert (report.rows, report.broken) == (4, None)


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'x'",
        "at = at + interval '1 microsecond'",
        "detail = detail || '{\"a\": 0.10000000000000000001}'",
        "detail = detail || '{\"b\": 85}'",
        "why = 'x'",
        "before = '{}'",
        "after = 'null'",
        "origin = ''",
        "request_id = 'x'",
    ],
)
def test_a_change_of_one_is_found(earlier: Session, change: str) -> None:
    earlier.execute(text("SET LOCAL session_replication_role = replica"))
    earlier.connection().exec_driver_sql(f"UPDATE audit_log SET {change} WHERE number = 2")  # noqa: S608
    broken = verify(earlier).broken
    assert broken is not None
    assert broken.number == 2


def test_a_cut_tail_of_them_is_found(earlier: Session) -> None:
    earlier.execute(text("SET LOCAL session_replication_role = replica"))
    earlier.execute(text("DELETE FROM audit_log WHERE number = 3"))
    broken = verify(earlier).broken
    assert broken is not None
    assert broken.number == 3

"""A store of campaigns goes back to the schema before messages were kept by months, and on again,
with every row."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadflow.database import migrate
from tests.integration.earlier_store import earlier_store

BEFORE = "0055"
STATES = ("accepted", "planned", "bounced", "uncertain")
MESSAGE = (
    "INSERT INTO campaign_messages (id, enrolment_id, campaign, version, step, lead_id, status, "
    "why, purpose, due_at, planned_at, sent_at) SELECT "
    "'msg_' || lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || "
    "lpad(:number, 16, '0'), 'enr_' || :lead, 'fair', 1, :step, 'lead_' || :lead, :status, "
    "CASE WHEN :status IN ('bounced', 'uncertain') THEN 'policy' END, 'service', at, at, at "
    "FROM (SELECT CAST(:at AS timestamptz) AS at) AS moment"
)
ROWS = (
    "INSERT INTO leads (id, source) SELECT 'lead_' || n, 'test' FROM generate_series(1, 4) n",
    "INSERT INTO campaign_versions (campaign, version, content, content_hash, created_at, "
    "created_by) VALUES ('fair', 1, '{}', repeat('h', 64), now(), 'test')",
    "INSERT INTO campaigns (name, state, live_version, changed_at, changed_by) "
    "VALUES ('fair', 'live', 1, now(), 'test')",
    "INSERT INTO enrolments (id, campaign, version, lead_id, enrolled_by, began_at, entered_at, "
    "places, ended_at, ended_as) SELECT 'enr_' || n, 'fair', 1, 'lead_' || n, 'test', now(), "
    "now(), '{}', CASE WHEN n > 2 THEN now() END, CASE WHEN n > 2 THEN 'finished' END "
    "FROM generate_series(1, 4) n",
)
EVENTS = (
    "SELECT message_events_month(now())",
    "INSERT INTO message_events (noted_at, message_id, kind, happened_at, machine) "
    "SELECT now(), id, 'opened', now(), 'scanner' FROM campaign_messages WHERE sent_at IS NOT NULL",
)
KEPT = (
    "SELECT id, enrolment_id, campaign, version, step, lead_id, status, why, purpose, due_at, "
    "planned_at, sent_at FROM campaign_messages ORDER BY id",
    "SELECT id, message_id, kind, happened_at, machine FROM message_events ORDER BY id",
    "SELECT id, lead_id, began_at, ended_at, ended_as FROM enrolments ORDER BY id",
    "SELECT status, sum(messages) FROM message_counts GROUP BY status ORDER BY status",
    "SELECT ended_as, sum(enrolments) FROM enrolment_counts GROUP BY ended_as ORDER BY ended_as",
    "SELECT figure, messages FROM campaign_figures ORDER BY figure",
)


def write_as_then(connection: Connection) -> None:
    for row in ROWS:
        connection.execute(text(row))
    moments = (
        "2026-05-04T09:00Z",
        "2026-10-31T23:59:59Z",
        "2026-11-01T00:00Z",
        "2026-11-30T09:00Z",
    )
    for number, at in enumerate(moments):
        for step in ("hello", "again"):
            _write_message(connection, number + 1, step, at, STATES[number])
    for row in EVENTS:
        connection.execute(text(row))


def _write_message(
    connection: Connection | Session, lead: int, step: str, at: str, status: str
) -> None:
    said: dict[str, Any] = {"lead": str(lead), "step": step, "at": at, "status": status}
    connection.execute(text(MESSAGE), said | {"number": f"{lead}{step}"})


def kept(session: Session) -> list[list[Any]]:
    return [list(session.execute(text(query)).tuples()) for query in KEPT]


def go_to(session: Session, revision: str) -> None:
    config = migrate.alembic_config()
    config.attributes["connection"] = session.connection()
    way = command.downgrade if revision == BEFORE else command.upgrade
    way(config, revision)


def test_no_row_is_lost_on_the_way_back_nor_on_again(engine: Engine) -> None:
    with earlier_store(engine, BEFORE, write_as_then) as session:
        whole = kept(session)
        assert [len(rows) for rows in whole[:3]] == [8, 8, 4]
        go_to(session, BEFORE)
        assert kept(session) == whole
        # In one table again, a step still is there once.
        with pytest.raises(IntegrityError), session.begin_nested():
            _write_message(session, 1, "hello", "2026-11-29T09:00Z", "planned")
        _write_message(session, 2, "more", "2026-11-29T09:00Z", "planned")
        more = kept(session)
        assert len(more[0]) == 9
        go_to(session, "head")
        assert kept(session) == more
        for step in ("hello", "more"):
            with pytest.raises(IntegrityError), session.begin_nested():
                _write_message(session, 2, step, "2026-11-30T10:00Z", "planned")


def test_who_was_in_a_campaign_long_ago_is_not_forgotten_by_going_back(engine: Engine) -> None:
    with earlier_store(engine, BEFORE, write_as_then) as session:
        session.execute(text("INSERT INTO past_enrolments VALUES ('lead_3', 'fair', '', 1, now())"))
        whole = kept(session)
        with pytest.raises(RuntimeError, match=r"\(leads: 1\).*might come in again"):
            go_to(session, BEFORE)
        session.rollback()
        assert kept(session) == whole

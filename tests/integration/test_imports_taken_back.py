"""Imports are taken back in the background: all of one or nothing, whoever dies meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.accounts.keys import revoke_keys
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.intake import made_leads
from leadflow.leads.tables import Lead
from leadflow.uploads import undoing
from leadflow.uploads.tables import UNDOINGS, ImportUndoing
from tests.integration.imports_over_http import imported, look, now, small, undo, undoer

LATE = UNDOINGS.lease + timedelta(seconds=1)


def leads() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


def asked(client: TestClient, import_id: str) -> dict[str, Any]:
    answer = client.post(f"/imports/{import_id}/undo")
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def test_it_is_answered_before_anything_is_taken_back_and_done_once(
    client: TestClient, store: Engine
) -> None:
    import_id = imported(client, store, small())
    first = asked(client, import_id)
    assert (first["state"], first["undo"]["state"], leads()) == ("undoing", "queued", 12)
    assert asked(client, import_id) == first
    assert [undoer(store).work_next() for _ in range(2)] == [1, 0]
    done = look(client, import_id)
    assert (done["undo"]["leads"], done["undo"]["gone_through"], leads()) == (12, 12, 0)
    with unit_of_work() as session:
        made = select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.action.like("%und%"))
        noted = session.execute(made.order_by(AuditEntry.number)).tuples().all()
    assert noted == [("import.undo_asked", "key:test"), ("leads.import_undone", "key:test")]


def test_how_far_it_is_can_be_seen_before_any_of_it_is_done(
    client: TestClient, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = imported(client, store, small())
    monkeypatch.setattr(made_leads, "AT_A_TIME", 5)
    seen = []

    def looks() -> bool:
        there = look(client, import_id)
        seen.append((there["state"], there["undo"]["gone_through"], leads()))
        return False

    asked(client, import_id)
    undoer(store, ending=looks).work_next()
    assert seen[:3] == [("undoing", 0, 12), ("undoing", 5, 12), ("undoing", 10, 12)]
    assert look(client, import_id)["state"] == "undone"


def test_a_process_that_ends_leaves_nothing_half_done_and_gives_it_to_another(
    client: TestClient, store: Engine
) -> None:
    import_id = imported(client, store, small())
    asked(client, import_id)
    undoer(store, ending=lambda: True).work_next()
    there = look(client, import_id)
    assert (there["state"], there["undo"]["state"], leads()) == ("undoing", "queued", 12)
    undoer(store).work_next()
    assert (look(client, import_id)["state"], leads()) == ("undone", 0)


def test_one_whose_claim_was_taken_over_takes_nothing_back(
    client: TestClient, store: Engine
) -> None:
    import_id = imported(client, store, small())
    asked(client, import_id)

    def taken_over() -> bool:
        with unit_of_work() as session:
            assert UNDOINGS.claim(session, "quick", now() + LATE) is not None
        return False

    undoer(store, ending=taken_over).work_next()
    assert (look(client, import_id)["undo"]["state"], leads()) == ("running", 12)


def test_nothing_is_taken_back_for_somebody_who_may_not_any_more(
    client: TestClient, store: Engine
) -> None:
    import_id = imported(client, store, small())
    asked(client, import_id)
    with unit_of_work() as session:
        revoke_keys(session, "test", "admin")
    undoer(store).work_next()
    with unit_of_work() as session:
        row = session.scalars(select(ImportUndoing)).one()
    assert (row.state, "no account or key" in (row.error or ""), leads()) == ("failed", True, 12)


def test_one_that_kills_every_process_is_given_up_and_can_be_asked_for_anew(
    client: TestClient, store: Engine
) -> None:
    import_id = imported(client, store, small())
    asked(client, import_id)
    for attempt in range(UNDOINGS.most):
        with unit_of_work() as session:
            assert UNDOINGS.claim(session, "dies", now() + attempt * LATE) is not None
    with unit_of_work() as session:
        assert undoing.settle(session, now() + 9 * LATE) == 1
    failed = look(client, import_id)
    assert (failed["state"], failed["undo"]["error"]) == ("done", undoing.DIED)
    assert undo(client, store, import_id)["deleted"] == 12

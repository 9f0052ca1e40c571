"""Acts written in a transaction are carried out after it, once, by whoever is there."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, select

from leadflow.database import outbox
from leadflow.database.engine import unit_of_work
from leadflow.database.tables import OutboxRow


def test_an_act_is_carried_out_once_by_many_deliverers(store: Engine) -> None:
    done: list[dict[str, Any]] = []
    with unit_of_work() as session:
        for number in range(20):
            outbox.enqueue(session, "note", f"key {number}", {"number": number})
            outbox.enqueue(session, "note", f"key {number}", {"number": number})

    def note(payload: dict[str, Any]) -> dict[str, Any]:
        done.append(payload)
        return {}

    with ThreadPoolExecutor(4) as pool:
        ended = list(
            pool.map(lambda _: outbox.deliver(store, {"note": note}, lambda: later(1)), range(4))
        )
    assert sum(ended) == 20
    assert sorted(item["number"] for item in done) == list(range(20))


def test_a_failing_act_is_tried_again_later_and_given_up_with_its_error(store: Engine) -> None:
    with unit_of_work() as session:
        outbox.enqueue(session, "break", "key", {})

    def fail(payload: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("no answer")

    for attempt in range(outbox.ATTEMPTS):
        assert outbox.deliver(store, {"break": fail}, partial(later, attempt + 1)) == 0
    with unit_of_work() as session:
        row = session.scalars(select(OutboxRow)).one()
        assert (row.status, row.attempts) == ("failed", outbox.ATTEMPTS)
        assert row.error == "RuntimeError: no answer"


def test_an_act_whose_holder_died_is_taken_up_when_its_lease_ends(store: Engine) -> None:
    with unit_of_work() as session:
        outbox.enqueue(session, "note", "key", {})

    def die(payload: dict[str, Any]) -> dict[str, Any]:
        raise SystemExit

    with pytest.raises(SystemExit):
        outbox.deliver(store, {"note": die}, lambda: later(1))
    assert outbox.deliver(store, {"note": lambda payload: {}}, lambda: later(1)) == 0
    assert outbox.deliver(store, {"note": lambda payload: {}}, lambda: later(2)) == 1


def later(hours: int) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)

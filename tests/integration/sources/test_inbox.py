"""What people see of deliveries, and what they do with them: nothing is lost on the way."""

import json
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.cli.webhooks.deliveries import list_deliveries, show
from leadflow.cli.webhooks.sources import list_sources
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.sources import inbox
from leadflow.sources.inbox import CorrectionRefused
from leadflow.sources.processing import Processed
from leadflow.sources.tables import Delivery
from tests.integration.sources.arriving import NAME, arrive, process, shown, write_down
from tests.senders import source

ADA = {"id": "1", "email": "ada@example.com", "kind": "lead"}


def leads() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


def test_what_was_passed_over_says_why_and_is_taken_in_once_its_mapping_is_mended(
    store: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    write_down(source("token", only="kind == 'led'"))
    arrive([ADA, ADA | {"id": "2", "email": "bob@example.com"}])
    assert process() == Processed(1, 0)
    [one] = shown()
    assert (one.status, one.records, one.left_out) == ("processed", 0, 2)
    assert one.reasons == [{"field": "only", "rule": "lets none of 2 pass"}]
    with unit_of_work() as session:
        assert inbox.counts(session)[NAME, inbox.PASSED_OVER] == 1
    list_sources()
    list_deliveries(None, None, 50)
    written = " ".join(capsys.readouterr().out.split())
    assert "Passed over" in written
    assert "only lets none of 2 pass" in written
    assert "leadflow deliveries retry --source SOURCE --passed-over" in written
    write_down(source("token", only="kind == 'lead'"))
    with unit_of_work() as session:
        assert inbox.retry(session, None, NAME, "test", datetime.now(UTC)) == 0
        assert inbox.retry(session, None, "other", "test", datetime.now(UTC), True) == 0
        assert inbox.retry(session, None, NAME, "test", datetime.now(UTC), True) == 1
    assert process() == Processed(1, 0)
    assert (leads(), shown()[0].reasons) == (2, [])


def test_of_what_some_was_left_out_is_taken_in_again_too(client: TestClient) -> None:
    write_down(source("token", only="kind == 'lead'"))
    arrive([ADA, {"id": "2", "email": "bob@example.com", "kind": "contact"}])
    arrive(ADA | {"id": "3", "email": "eve@example.com"})
    process()
    assert (leads(), {(one.records, one.left_out) for one in shown()}) == (2, {(1, 1), (1, 0)})
    write_down(source("token"))
    asked = {"source": NAME, "passed_over": True}
    assert client.post("/deliveries/retry", json=asked).json() == {"deliveries": 1}
    process()
    assert leads() == 3
    assert {one["left_out"] for one in client.get("/deliveries").json()["items"]} == {0}


def test_what_came_is_kept_beside_its_correction_and_is_still_known(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    write_down(source("token"))
    wrong = ADA | {"email": "no address"}
    arrive(wrong)
    process()
    [one] = shown()
    mended = client.put(f"/deliveries/{one.id}/body", json={"body": json.dumps(ADA)})
    assert mended.status_code == 200, mended.text
    assert process() == Processed(1, 0)
    assert leads() == 1
    said = client.get(f"/deliveries/{one.id}").json()
    assert (json.loads(said["body"]), json.loads(said["correction"])) == (wrong, ADA)
    show(one.id)
    written = capsys.readouterr().out
    assert written.index("no address") < written.index("Corrected, and taken in as:")
    assert arrive(wrong).became == "known"
    with unit_of_work() as session:
        assert inbox.retry(session, [one.id], None, "test", datetime.now(UTC)) == 1
    assert process() == Processed(1, 0)


def test_a_delivery_that_was_taken_in_has_no_reasons_and_one_that_was_not_has_its_own(
    store: Engine,
) -> None:
    write_down(source("token"))
    for place, email in enumerate(["ada@example.com", "no address", "bob@example.com"]):
        arrive(ADA | {"id": str(place), "email": email})
    assert process() == Processed(3, 1)
    with unit_of_work() as session:
        ends = session.execute(
            select(
                Delivery.status,
                Delivery.reasons.is_(None),
                Delivery.kinds,
                Delivery.records,
                Delivery.left_out,
                Delivery.version,
            ).order_by(Delivery.id)
        )
        assert [tuple(one) for one in ends] == [
            ("processed", True, None, 1, 0, 1),
            ("dead", False, None, 1, 0, 1),
            ("processed", True, None, 1, 0, 1),
        ]
    assert shown()[1].reasons == [
        {"record": 0, "field": "email", "rule": "is not an e-mail address"}
    ]
    assert {one.processed_at is None for one in shown()} == {False}


@pytest.mark.parametrize(
    ("body", "said"), [(b"", "is empty"), (b" \n", "is empty"), (b'{"id": ', "line 1")]
)
def test_a_correction_that_is_none_is_refused_and_nothing_is_stored(
    store: Engine, body: bytes, said: str
) -> None:
    write_down(source("token"))
    arrive(ADA | {"email": "no address"})
    process()
    [one] = shown()
    with pytest.raises(CorrectionRefused, match=said), unit_of_work() as session:
        inbox.correct(session, one.id, body, "test", datetime.now(UTC))
    with unit_of_work() as session:
        after, bodies = inbox.read_delivery(session, one.id)
    assert (after, bodies.correction) == (one, None)

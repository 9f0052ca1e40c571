"""What the database ends is a problem of its own: the request may be sent again."""

import threading
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from leadflow.database.engine import Timeouts, Use, get_engine, unit_of_work, work_for

LEAD = {"email": "ada@example.com", "company_size": 100}


@pytest.fixture
def impatient(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A request's statement takes two seconds at most, its wait for a lock one."""
    monkeypatch.setattr(Use.REQUEST, "_value_", Timeouts(statement=2, lock=1))
    work_for(Use.REQUEST)
    yield
    get_engine().dispose()
    work_for(Use.BATCH)


def test_a_lead_that_others_hold_is_said_to_be_locked_and_can_be_sent_again(
    impatient: None, client: TestClient, store: Engine
) -> None:
    assert client.post("/leads", json=LEAD).status_code == 201
    with store.begin() as connection:
        connection.execute(text("SELECT 1 FROM leads FOR UPDATE"))
        said = client.post("/leads", json=LEAD | {"company_size": 200})
    assert (said.status_code, said.json()["type"]) == (503, "/problems/locked-by-others")
    assert client.post("/leads", json=LEAD | {"company_size": 200}).status_code == 200


def test_a_statement_that_takes_too_long_is_ended_and_said_so(
    impatient: None, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadflow.gateway.api.team import team

    def slow(*_: object) -> None:
        with unit_of_work() as session:
            session.execute(text("SELECT pg_sleep(20)"))

    monkeypatch.setattr(team, "read_stored", slow)
    said = client.get("/team")
    assert (said.status_code, said.json()["type"]) == (503, "/problems/took-too-long")


def test_people_who_sign_in_keep_no_lead_waiting(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadflow.accounts import signing_in

    begun, go_on = threading.Semaphore(0), threading.Event()

    def slow(*_: object, **__: object) -> tuple[None, str]:
        begun.release()
        assert go_on.wait(60)
        return None, "wrong"

    monkeypatch.setattr(signing_in, "sign_in", slow)
    answers: list[int] = []

    def sign_in() -> None:
        body = {"username": "nobody", "password": "wrong horse"}
        answers.append(client.post("/session", json=body).status_code)

    people = [threading.Thread(target=sign_in) for _ in range(8)]
    for person in people:
        person.start()
    try:
        assert begun.acquire(timeout=30)
        assert client.post("/leads", json=LEAD).status_code == 201
        assert answers == []
    finally:
        go_on.set()
        for person in people:
            person.join()
    assert answers == [401] * 8


@pytest.mark.parametrize(
    "path", ["/leads/%00", "/leads/a%00b/score", "/reps?rep=%00", "/team?a=%00"]
)
def test_an_address_with_a_nul_is_refused(client: TestClient, path: str) -> None:
    said = client.get(path)
    assert (said.status_code, said.json()["type"]) == (422, "/problems/invalid-input")


def test_a_currency_that_is_not_said_stays(client: TestClient) -> None:
    euros = LEAD | {"budget": 100, "currency": "EUR"}
    path = f"/leads/{client.post('/leads', json=euros).json()['lead']['id']}"
    said = client.post("/leads", json=LEAD | {"budget": 300}).json()["lead"]
    assert (said["budget"], said["currency"]) == (300, "EUR")
    outcome = {"outcome": "converted", "value": 5, "currency": "EUR"}
    assert client.post(f"{path}/outcomes", json=outcome).status_code == 201
    again = client.post(f"{path}/outcomes", json={"outcome": "converted", "value": 7}).json()
    assert "EUR" in str(again)
    assert "USD" not in str(again)


def test_an_event_that_is_refused_is_named_by_its_place_in_the_list(client: TestClient) -> None:
    path = f"/leads/{client.post('/leads', json=LEAD).json()['lead']['id']}/events"
    said = client.post(path, json=[{"type": "meeting"}, {"type": "shoe_bought"}]).json()
    assert "Event 1 of the list" in said["detail"]
    payload = [{"type": "meeting"}, {"type": "meeting", "payload": {"a": "x\0"}}]
    said = client.post(path, json=payload).json()
    assert "see character 55" in said["detail"]

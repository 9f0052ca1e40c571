"""What a policy asks about is submitted by every door, shown side by side to whoever decides, and
opened again where it was turned down."""

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.service import waiting
from leadflow.database.engine import unit_of_work
from leadflow.outbox.consumer import drain
from leadflow.settings import get_settings
from tests.integration.configuration.test_drafts import ASKS, counts
from tests.integration.configuration.test_editor_pages import LIST, SEGMENT, send, shown
from tests.integration.test_forms import PASSWORD, Browser


@pytest.fixture
def people(client: TestClient) -> Any:
    """Marketing, and the manager whom the policy asks."""
    with unit_of_work() as session:
        for name, role in (("mark", "marketing_manager"), ("mary", "sales_manager")):
            add_person(session, name, name.title(), [role], "test", password=PASSWORD)
        store_policies(session, parse_policies({"policies": [ASKS]}), "test", None)
    yield lambda name: Browser(client, name)
    client.cookies.clear()


def in_force() -> dict[str, Any]:
    with unit_of_work() as session:
        return counts(session)


def test_a_page_submits_and_whoever_decides_sees_what_differs(people: Any, store: Engine) -> None:
    mark = people("mark")
    assert "counts once sales manager" in mark.get(f"{LIST}/segments?name=%2B").text
    made = send(mark, "segments", SEGMENT, "+")
    assert "/console/configuration/drafts/draft_" in made.headers["location"]
    page = mark.get(made.headers["location"]).text
    assert "waits until it is approved by sales manager" in page
    assert "<ins>+   shops:</ins>" in page
    assert in_force() == {}
    things = mark.get(f"{LIST}/segments").text
    assert "1 change waits for approval" in things
    with unit_of_work() as session:
        [approval] = waiting(session)
    mary = people("mary")
    decision = mary.get(f"/console/approvals/{approval.id}").text
    assert "Apply this change: segment shops (new," in decision
    assert "<ins>+   shops:</ins>" in decision
    assert "Mark" in decision
    said = {"decision": "approve", "reason": "Good.", "content_hash": approval.content_hash}
    assert mary.post(f"/console/approvals/{approval.id}", **said).status_code == 303
    drain(store, get_settings(), lambda: datetime.now(UTC))
    assert in_force() == {"shops": "retail"}


def test_what_is_turned_down_is_opened_again(people: Any, store: Engine) -> None:
    mark = people("mark")
    draft = send(mark, "segments", SEGMENT, "+").headers["location"].partition("#")[0]
    with unit_of_work() as session:
        [approval] = waiting(session)
    mary = people("mary")
    said = {"decision": "reject", "reason": "Too wide.", "content_hash": approval.content_hash}
    mary.post(f"/console/approvals/{approval.id}", **said)
    mark = people("mark")
    page = mark.get(draft).text
    assert "It was turned down" in page
    assert "Too wide." in page
    again = re.search(r'href="([^"]*draft=[^"]*)">Open', page)
    assert again is not None
    text, as_shown = shown(mark.get(unescape(again[1])).text)
    assert "value: retail" in text
    narrower = text.replace("retail", "finance")
    assert send(mark, "segments", narrower, "shops", as_shown).status_code == 303
    with unit_of_work() as session:
        [approval] = waiting(session)
    assert "finance" in approval.description
    assert mark.get(f"{LIST}/drafts/draft_0").status_code == 404


SEGMENTS = {"segments": {"shops": {"conditions": {"industry": {"operator": "exists"}}}}}
RULES = {"rules": [], "default": {"assign_lead": True}}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/configuration", {"configuration": {"segments": SEGMENTS}}),
        ("PUT", "/segments", SEGMENTS),
        ("PUT", "/rules/assignment", RULES),
        ("PUT", "/policies", {"policies": []}),
        (
            "PUT",
            "/event-types",
            {"event_types": {"booth": {"label": "Booth", "counts_as": "meeting"}}},
        ),
        (
            "PUT",
            "/sources",
            {
                "sources": {
                    "fair": {"scheme": "token", "mapping": {"key": "id", "fields": {"email": "m"}}}
                }
            },
        ),
    ],
)
def test_every_address_submits(
    client: TestClient, people: Any, method: str, path: str, body: dict[str, Any]
) -> None:
    before = client.get("/configuration").json()
    answer = client.request(method, path, json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["waits_for"] == ["sales_manager"]
    assert client.get("/configuration").json() == before
    asked = client.get(f"/approvals/{answer.json()['approval_id']}").json()
    assert asked["kind"] == "configuration_change"
    again = client.request(method, path, json=body).json()
    assert again["approval_id"] == answer.json()["approval_id"]


def test_taking_out_over_the_api_waits_too(client: TestClient, people: Any) -> None:
    with unit_of_work() as session:
        store_policies(session, parse_policies({"policies": []}), "test", None)
    assert client.put("/segments", json=SEGMENTS).status_code == 200
    with unit_of_work() as session:
        store_policies(session, parse_policies({"policies": [ASKS]}), "test", None)
    assert client.delete("/segments/shops").status_code == 202
    assert client.get("/segments/shops").status_code == 200


def test_whoever_wrote_it_withdraws_it_and_may_submit_it_again(people: Any) -> None:
    mark = people("mark")
    draft = send(mark, "segments", SEGMENT, "+").headers["location"].partition("#")[0]
    assert "Withdraw it" not in people("mary").get(draft).text
    assert people("mary").post(f"{draft}/withdraw").status_code == 403
    mark = people("mark")
    assert "Withdraw it" in mark.get(draft).text
    done = mark.post(f"{draft}/withdraw")
    assert done.status_code == 303
    page = mark.get(done.headers["location"]).text
    assert "It is withdrawn" in page
    assert "Withdraw it" not in page
    assert re.search(r'href="[^"]*draft=[^"]*">Open', page) is not None
    assert "It waits no longer" in mark.get(mark.post(f"{draft}/withdraw").headers["location"]).text
    with unit_of_work() as session:
        assert waiting(session) == []


def test_a_change_sent_over_the_api_is_taken_back_over_it(client: TestClient, people: Any) -> None:
    asked = client.put("/segments", json=SEGMENTS).json()["approval_id"]
    answer = client.post(f"/approvals/{asked}/withdrawal")
    assert (answer.status_code, answer.json()["status"]) == (200, "void"), answer.text
    again = client.post(f"/approvals/{asked}/withdrawal")
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "draft-decided")

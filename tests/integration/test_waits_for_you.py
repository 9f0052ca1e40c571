"""What waits for the reader is what is counted for them, and refusals are in their words."""

from datetime import UTC, datetime
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.service import Proposal, propose, waiting
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.review.to_do import ToDo
from leadflow.gateway.console.home.pages import _made_up_of
from tests.deciders import somebody
from tests.integration.configuration.test_competing_drafts import two
from tests.integration.configuration.test_draft_pages import people
from tests.integration.configuration.test_drafts import ASKS
from tests.integration.test_forms import PASSWORD

__all__ = ["people"]


def test_what_waits_for_others_is_not_counted(
    client: TestClient, people: Any, store: Engine
) -> None:
    with unit_of_work() as session:
        science = {"policy": "models", "decision": "model_promotion"}
        levels = {"levels": [{"roles": ["data_scientist"]}]}
        store_policies(
            session, parse_policies({"policies": [ASKS, science | levels]}), "test", None
        )
        somebody(session, "dora", "data_scientist")
        asks = somebody(session, "olga", "admin").id
        served = {"version": "9", "sha256": "x"}
        model = Proposal("model_promotion", "made-up/9", "promote_model", served, "# Better", asks)
        propose(session, model, datetime.now(UTC))
    two(people("mark"), besides=1)
    with unit_of_work() as session:
        assert len(waiting(session)) == 3
    assert "Waits for you (2)" in people("mary").get("/console").text
    page = people("mark").get("/console").text
    assert "Waits for you (" not in page
    assert "Nothing waits for you." in page


def test_the_number_says_what_it_is_made_of_where_that_is_several_things() -> None:
    now = datetime.now(UTC)
    kinds = ["approval", "approval", "quality_review", "task"]
    items = [ToDo(kind, "x", "x", "/x", "x", "x", now, None) for kind in kinds]
    assert _made_up_of(items, 3) == "2 decisions, 1 review, 1 task, 3 leads of yours due today"
    assert _made_up_of(items[:2], 0) == ""


def test_whoever_may_not_see_something_reads_in_plain_words_whom_to_ask(people: Any) -> None:
    with unit_of_work() as session:
        add_person(session, "dan", "Dan", ["data_scientist"], "test", password=PASSWORD)
    page = people("dan").get("/console/configuration")
    assert page.status_code == 403
    assert "rules.read" not in page.text
    assert "may see rules and what is set up. Ask one of them." in page.text


def test_a_program_reads_the_permission_in_a_field_of_its_own(client: TestClient) -> None:
    with unit_of_work() as session:
        key = create_key(session, "narrow", ["lead.create"])
    answer = client.get("/segments", headers={"X-API-Key": key})
    assert answer.status_code == 403
    assert answer.json()["permission"] == "rules.read"
    assert "This key may not see rules and what is set up" in answer.json()["detail"]


def test_whoever_has_no_account_is_sent_to_an_administrator_first(client: TestClient) -> None:
    page = client.get("/console/sign-in").text
    assert page.index("Ask an administrator") < page.index("leadflow people add")

"""What changes while somebody waits is shown to them, and nothing else moves."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from leadflow.accounts.keys import create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.accounts.tables import Person
from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work
from tests import console_world
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser]


def test_whoever_looks_at_a_decision_is_told_that_somebody_else_has_taken_it(
    page: Any, console: str, people: dict[str, str]
) -> None:
    with unit_of_work() as session:
        headers = {"X-API-Key": create_key(session, "test", SCOPES)}
    with httpx.Client(base_url=console, headers=headers, timeout=120) as program:
        lead = console_world.made_over_http(program)
    [asked] = [one for one in console_world.addresses(lead) if "approvals" in one]
    sign_in(page, console, "mary")
    with page.expect_response(lambda answer: "/console/live" in answer.url):
        page.goto(f"{console}{asked}")
    meanwhile = page.get_by_text("Somebody has decided meanwhile.")
    page.wait_for_timeout(2_500)
    assert not meanwhile.is_visible()
    with unit_of_work() as session:
        mike, now = session.get_one(Person, people["mike"]), datetime.now(UTC)
        approvals.decide(session, asked.rpartition("/")[2], "reject", mike, "no", now, "api")
    meanwhile.wait_for()
    page.get_by_role("link", name="Show it").click()
    page.locator("#status").filter(has_text="rejected").wait_for()
    assert not meanwhile.is_visible()

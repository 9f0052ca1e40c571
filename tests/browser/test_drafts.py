"""A change that a policy asks about is written, seen side by side and approved by keys alone."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import Engine

from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.database.engine import unit_of_work
from tests.browser.conftest import sign_in

pytestmark = [pytest.mark.browser]
ASKS = {
    "policy": "what_is_set_up",
    "decision": "configuration_change",
    "levels": [{"roles": ["sales_manager"]}],
}
GRAVE = {"serious", "critical"}


def looked_at(page: Any, name: str) -> None:
    """Axe finds nothing grave, light on a desk and dark on a phone."""
    for scheme, width in (("light", 1300), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 850})
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in GRAVE] == [], name
    page.set_viewport_size({"width": 1300, "height": 850})


def test_a_change_is_submitted_and_approved(
    page: Any, console: str, people: dict[str, str], store: Engine
) -> None:
    with unit_of_work() as session:
        store_policies(session, parse_policies({"policies": [ASKS]}), "test", None)
    sign_in(page, console, "mark")
    page.goto(f"{console}/console/configuration/segments?name=%2B")
    looked_at(page, "editor")
    page.get_by_label("Why, for whoever decides").focus()
    page.keyboard.type("For the fair.")
    page.get_by_role("button", name="Submit it for approval").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/configuration/drafts/**")
    looked_at(page, "draft")
    draft = page.url
    page.get_by_role("link", name="The decision, and who decides").wait_for()
    page.goto(f"{console}/console/configuration/segments")
    looked_at(page, "things")
    page.context.clear_cookies()
    sign_in(page, console, "mary")
    page.goto(draft)
    page.get_by_role("link", name="The decision, and who decides").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/approvals/**")
    page.get_by_role("heading", name="What would change").wait_for()
    looked_at(page, "decision")
    page.get_by_label("Why, for those who read it later").focus()
    page.keyboard.type("Good.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Approved.").wait_for()
    page.goto(draft)
    page.get_by_role("heading", name="It was approved").wait_for()

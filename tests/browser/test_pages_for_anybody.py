"""Pages that are seen without signing in, and those that say what went wrong, can be used by those
who do not see them, or hardly: axe finds nothing serious."""

from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import Engine

from leadflow.accounts.keys import create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.consent.links import preferences_url, unsubscribe_url
from leadflow.database.engine import unit_of_work
from tests import console_world
from tests.browser.conftest import sign_in
from tests.browser.test_every_page import GRAVE, LOOKS
from tests.examples import LONG

pytestmark = [pytest.mark.browser]


def _looked_at(page: Any, at: str) -> list[str]:
    """What axe finds that is grave, on the page as it is now."""
    wrong = []
    for scheme, size in LOOKS if LONG else LOOKS[:2]:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        for found in Axe().run(page).response["violations"]:
            if found["impact"] in GRAVE:
                where = found["nodes"][0]["html"][:200]
                wrong.append(f"{at} {scheme} {size['width']} {found['id']} {where}")
    return wrong


def test_pages_for_anybody_and_of_what_went_wrong_can_be_used_without_seeing_them(
    page: Any, console: str, store: Engine, people: dict[str, str]
) -> None:
    with unit_of_work() as session:
        headers = {"X-API-Key": create_key(session, "test", SCOPES)}
    with httpx.Client(base_url=console, headers=headers, timeout=120) as program:
        lead = console_world.made_over_http(program)
    no_more = unsubscribe_url(console, lead, "marketing", "welcome/hello", language="de")
    choose = preferences_url(console, lead, "marketing", "welcome/hello", language="pl")
    wrong: list[str] = []
    for at in (
        "/console/sign-in",
        f"{console}/unsubscribe/nonsense",
        f"{console}/console/enter/nonsense",
        choose,
        no_more,
    ):
        page.goto(at if at.startswith("http") else console + at)
        wrong += _looked_at(page, at.replace(console, ""))
    page.locator("main button").first.click()
    page.wait_for_load_state("load")
    wrong += _looked_at(page, "it is done")
    page.goto(f"{console}/console/sign-in")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    page.locator(".note.bad").wait_for()
    wrong += _looked_at(page, "a wrong password")
    sign_in(page, console, "root")
    for at in ("/console/leads/lead_nobody", "/console/nowhere", "/console/leads?cursor=broken"):
        page.goto(console + at)
        assert page.locator("h1").count() == 1, at
        wrong += _looked_at(page, at)
    page.goto(f"{console}/console")
    group = page.locator("details.pages").first
    group.locator("summary").click()
    wrong += _looked_at(page, "a group of pages is open")
    assert wrong == [], "\n".join(wrong)

"""Every page of the console can be used by those who do not see it, or hardly: axe finds nothing
serious, in light and dark, on a phone and on a desk."""

from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import Engine

from leadflow.accounts.keys import create_key
from leadflow.accounts.permissions import SCOPES
from leadflow.database.engine import unit_of_work
from tests import console_world
from tests.browser.conftest import sign_in
from tests.examples import LONG
from tests.gateways import application
from tests.pages import found_pages, is_page, page_routes

pytestmark = [pytest.mark.browser]
DESK, PHONE = {"width": 1300, "height": 900}, {"width": 390, "height": 844}
# Each look of a page; the two that are furthest from each other in ``make test``.
LOOKS = (("light", DESK), ("dark", PHONE), ("dark", DESK), ("light", PHONE))
GRAVE = {"serious", "critical"}
# What is folded is not looked at.
UNFOLD = "document.querySelectorAll('main details').forEach(one => { one.open = true; })"
# Frames and parts of pages, pictures, and what scripts ask for.
PARTS = {
    "/console/campaigns/{name}/contents/{content}/{whom}",
    "/console/configuration/{kind}/schema",
    "/console/configuration/{kind}/{part}",
    "/console/imports/{import_id}/{part}",
    "/console/live",
    "/console/messages/{message_id}/mail",
    "/console/models/{name}.svg",
    "/console/system/flows/failed",
    "/console/team/conversion.svg",
    "/console/team/{rep_id}/back",
    "/console/team/{rep_id}/capacity",
    "/console/team/{rep_id}/days-off",
    "/console/team/{rep_id}/days-off/back",
}


@pytest.fixture
def begin(store: Engine, people: dict[str, str], console: str) -> list[str]:
    """Something of each kind to be seen; addresses from which the rest is reached."""
    with unit_of_work() as session:
        headers = {"X-API-Key": create_key(session, "test", SCOPES)}
    with httpx.Client(base_url=console, headers=headers, timeout=120) as program:
        rep = console_world.in_a_team()
        lead = console_world.made_over_http(program)
        file = console_world.file_sent(program)
        of_states = [
            *console_world.file_brought_in(program),
            *console_world.sold_by(program, people["root"], rep, lead),
            *console_world.set_up(program),
            *console_world.before_it_is_done(lead),
        ]
    console_world.in_campaign(lead)
    console_world.told_program()
    console_world.drawn_for_quality(store, lead)
    return [*console_world.addresses(lead), file, f"/console/team/{rep}/leaving", *of_states]


def test_axe_finds_nothing_serious_on_any_page_light_or_dark_on_a_phone_or_a_desk(
    page: Any, console: str, people: dict[str, str], begin: list[str]
) -> None:
    sign_in(page, console, "root")
    axe, wrong = Axe(), set[tuple[str, ...]]()

    def read(address: str) -> str | None:
        if address.endswith(".svg"):
            return None
        answer = page.context.request.get(f"{console}{address}", max_redirects=0)
        if answer.status != 200 or not is_page(answer.text()):
            return None
        page.goto(f"{console}{address}")
        page.evaluate(UNFOLD)
        for scheme, size in LOOKS if LONG else LOOKS[:2]:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            for found in axe.run(page).response["violations"]:
                if found["impact"] in GRAVE:
                    where = found["nodes"][0]["html"][:200]
                    wrong.add((address, scheme, str(size["width"]), found["id"], where))
        return str(answer.text())

    routes = page_routes(application())
    found = found_pages(routes, read, begin)
    # A page looks otherwise where there is something else to see.
    for address in {"/console/sign-in", *begin} - {*found.values()}:
        assert read(address) is not None, address
    # What waits for two people to judge it is no longer there once they have.
    dispute = console_world.seen_differently(people)
    assert read(dispute) is not None
    found["/console/quality/disputes/{item_id}"] = dispute
    assert wrong == set(), "\n".join(" ".join(one) for one in sorted(wrong))
    missed = {route.path for route in routes} - found.keys()
    left = sorted(missed - PARTS)
    assert left == [], f"No link of a page leads to these: {', '.join(left)}"

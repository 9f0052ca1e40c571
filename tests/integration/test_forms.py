"""Every form of the console is answered with a redirect, so that loading a page again repeats
nothing; what came of it is told once, and a refused form keeps what was typed."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.accounts import signing_in
from leadflow.accounts.people import add_person
from leadflow.accounts.tables import Delegation
from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console import notices
from leadflow.gateway.http.permissions import every_route
from leadflow.gateway.http.security import COOKIE
from leadflow.leads.tables import Outcome
from leadflow.settings import get_settings
from tests.integration.test_gateway import BODY

PASSWORD = "correct horse battery"
TEAM = """
reps:
  - {id: ann, name: Ann Able, capacity: 5, skills: {crm integration: 5}}
  - {id: bob, name: Bob Best, capacity: 5, skills: {crm integration: 1}}
"""
# Those need a day's decisions: ``test_quality_forms.py`` sends them.
OF_QUALITY = ("/console/quality/{item_id}", "/console/quality/disputes/{item_id}")
OF_CAMPAIGNS = (
    "/console/channels",
    "/console/campaigns/{name}/{act}",
    "/console/messages/{message_id}",
    "/console/leads/{lead_id}/campaigns",
    "/console/leads/{lead_id}/opt-out",
)
# Those need a file: ``test_import_pages.py`` sends them.
OF_IMPORTS = (
    "/console/imports",
    "/console/imports/{import_id}/columns",
    "/console/imports/{import_id}/text",
    "/console/imports/{import_id}/start",
    "/console/imports/{import_id}/undo",
    "/console/imports/{import_id}/let-go",
    "/console/quarantine/{row_id}",
    "/console/quarantine/{row_id}/give-up",
)
# Those are sent by ``configuration/test_editor_pages.py``.
OF_CONFIGURATION = (
    "/console/configuration/{kind}",
    "/console/configuration/{kind}/check",
    "/console/configuration/{kind}/try",
    "/console/configuration/{kind}/take-out",
    "/console/configuration/drafts/{draft_id}/withdraw",
)
# ``test_one_lead.py``, ``test_first_page.py`` and ``test_managers_page.py`` send them.
OF_PAGES = (
    *(f"/console/leads/{{lead_id}}/{act}" for act in ("edit", "merge", "split")),
    *("/console/work/{lead_id}", "/console/decisions"),
)
# ``test_team_pages.py`` sends them.
OF_TEAM = (
    "/console/team/territories",
    *(
        f"/console/team/{{rep_id}}/{act}"
        for act in ("capacity", "days-off", "days-off/back", "leaving", "hand-on", "back")
    ),
)
# Those are of many leads: ``lead_lists`` sends them.
OF_LISTS = (
    "/console/find/quick",
    "/console/leads",
    "/console/leads/views",
    "/console/leads/bulk",
    "/console/leads/bulk/do",
    "/console/leads/board",
    "/console/leads/{lead_id}/move/{to}",
)
# Those of whoever runs it: ``test_system_pages.py`` and ``test_tour.py`` send them.
OF_SYSTEM = ("/console/system/", "/console/sign-ins", "/console/enter/")
ELSEWHERE = {
    *OF_QUALITY,
    *OF_CAMPAIGNS,
    *OF_IMPORTS,
    *OF_CONFIGURATION,
    *OF_PAGES,
    *OF_TEAM,
    *OF_LISTS,
}
TOLD = re.compile(r'<p class="note (good|bad)" id="told"[^>]*>(.*?)</p>')


class Browser:
    """Somebody who has signed in, and what they see."""

    def __init__(self, client: TestClient, username: str) -> None:
        self.client = client
        client.cookies.clear()
        client.headers.pop("X-API-Key", None)
        with unit_of_work() as session:
            now = datetime.now(UTC)
            token, why = signing_in.sign_in(session, username, PASSWORD, now, 1, username)
        assert token is not None, why
        client.cookies.set(COOKIE, token)
        self.token = token

    def get(self, address: str) -> Any:
        return self.client.get(address.partition("#")[0], follow_redirects=False)

    def post(self, address: str, **said: Any) -> Any:
        form = {"form_token": signing_in.form_token(self.token), **said}
        return self.client.post(address, data=form, follow_redirects=False)

    def told(self, answer: Any) -> tuple[str, str]:
        found = TOLD.search(answer.text)
        assert found is not None, answer.text[:3000]
        return found[1], found[2]


@pytest.fixture
def lead_id(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A hot lead that Ann has; Ann, Bob, a manager and an admin can sign in."""
    monkeypatch.setattr(get_settings(), "assignment_wait_ms", 60_000)
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        for name in ("ann", "bob"):
            rep = session.scalars(select(Rep.id).where(Rep.external_id == name)).one()
            add_person(session, name, name, ["sales_rep"], "test", rep_id=rep, password=PASSWORD)
        for name, role in (("mary", "sales_manager"), ("root", "admin")):
            add_person(session, name, name, [role], "test", password=PASSWORD)
    for attempt in range(100):
        answer = client.post("/leads", json=BODY | {"email": f"jo{attempt}@example.com"}).json()
        if answer["owner"] is not None:
            break
        # The first lead of a gateway may come before it can score.
        time.sleep(0.2)
    assert answer["owner"]["name"] == "Ann Able"
    return str(answer["lead"]["id"])


@pytest.fixture
def ann(client: TestClient, lead_id: str) -> Iterator[Browser]:
    yield Browser(client, "ann")
    client.cookies.clear()


def has_it(lead_id: str) -> str:
    with unit_of_work() as session:
        open_one = (Assignment.lead_id == lead_id) & Assignment.ended_at.is_(None)
        return session.scalars(select(Assignment.rep_id).where(open_one)).one()


def approval_of(session: Any, kind: str) -> Approval:
    return session.scalars(select(Approval).where(Approval.kind == kind)).one()  # type: ignore[no-any-return]


def test_success_of_every_form_is_a_redirect_to_a_page_that_tells_it_once(
    ann: Browser, lead_id: str, store: Engine
) -> None:
    tried: set[str] = set()
    lead = f"/console/leads/{lead_id}"

    def sent(browser: Browser, route: str, address: str, said: str, **form: Any) -> None:
        tried.add(route)
        answer = browser.post(address, **form)
        assert answer.status_code == 303, (address, answer.text[-2000:])
        page = browser.get(answer.headers["location"])
        assert page.status_code == 200, address
        # The form's own address, loaded again.
        assert browser.get(address).status_code in (200, 303), address
        if said:
            assert answer.headers["location"].endswith("#told")
            assert said in browser.told(page)[1], address
            assert TOLD.search(browser.get(answer.headers["location"]).text) is None, address

    held = {"has_it": has_it(lead_id)}
    of_lead = "/console/leads/{lead_id}"
    touch = held | {"action": "touch", "kind": "call"}
    sent(ann, of_lead + "/work", f"{lead}/work", "the clock has stopped", **touch)
    give = held | {"rep": "bob", "why": "Knows them"}
    sent(ann, of_lead + "/reassign", f"{lead}/reassign", "It waits until", **give)
    sent(ann, "/console/find", "/console/find", "", lead="nobody at all")
    override = {"new_score": "95", "reason": "Met them at the fair"}
    sent(ann, of_lead + "/override", f"{lead}/override", "It", **override)
    root = Browser(ann.client, "root")
    with unit_of_work() as session:
        waiting = approval_of(session, "assignment_override")
        asked, content = waiting.id, waiting.content_hash
    approval, of_approval = f"/console/approvals/{asked}", "/console/approvals/{approval_id}"
    sent(root, of_approval + "/code", f"{approval}/code", "one-time code is made")
    stand_in = {"to": "mary", "days": "7"}
    sent(root, of_approval + "/delegate", f"{approval}/delegate", "in your place", **stand_in)
    vote = {"decision": "approve", "reason": "Fine"}
    sent(root, of_approval, approval, "", content_hash=content, **vote)
    sent(root, "/console/sign-in", "/console/sign-in", "", username="mary", password=PASSWORD)
    password = {"present": PASSWORD, "wanted": "another horse battery"}
    mary = Browser(ann.client, "mary")
    sent(mary, "/console/password", "/console/password", "password is changed", **password)
    root = Browser(ann.client, "root")
    sent(root, of_lead + "/notes", f"{lead}/notes", "Kept", text="Calls back")
    sent(root, of_lead + "/tasks", f"{lead}/tasks", "Added", what="Send the offer")
    sent(root, of_lead + "/tags", f"{lead}/tags", "Tagged", names="vip, fair")
    sent(root, of_lead + "/outcome", f"{lead}/outcome", "It is lost", outcome="lost")
    again = {"outcome": "reopened", "on": "", "value": ""}
    sent(root, of_lead + "/outcome", f"{lead}/outcome", "It is open again", **again)
    refused = root.post(f"{lead}/outcome", outcome="converted", value="much")
    assert (refused.status_code, "much" in refused.text) == (422, True)
    sent(root, "/console/sign-out", "/console/sign-out", "")
    forms = {
        route.path
        for route in every_route(ann.client.app)  # type: ignore[arg-type]
        if route.path.startswith("/console") and "POST" in (route.methods or ())
    }
    assert tried == {path for path in forms if not path.startswith(OF_SYSTEM)} - ELSEWHERE


def test_nobody_says_that_a_lead_is_won_without_having_chosen_it(
    ann: Browser, lead_id: str, store: Engine
) -> None:
    root, lead = Browser(ann.client, "root"), f"/console/leads/{lead_id}"
    (choices,) = re.findall(r'id="ended-how".*?</select>', root.get(lead).text)
    assert re.findall(r'value="([^"]*)" selected', choices) == [""]
    assert " required" in choices
    nothing = root.post(f"{lead}/outcome", outcome="", value="1200")
    assert nothing.status_code == 422
    assert "Choose first how it ended" in nothing.text
    assert 'value="1200"' in nothing.text
    with unit_of_work() as session:
        assert session.scalars(select(Outcome)).all() == []


def test_a_page_loaded_again_does_not_repeat_the_act(ann: Browser, lead_id: str) -> None:
    lead = f"/console/leads/{lead_id}"
    form = {"has_it": has_it(lead_id), "action": "touch", "kind": "call"}
    there = ann.post(f"{lead}/work", **form).headers["location"]
    pages = [ann.get(there) for _ in range(3)]
    assert [page.status_code for page in pages] == [200, 200, 200]
    assert pages[-1].text.count("got in touch (call)") == 1


def test_a_refused_form_comes_again_with_what_was_typed(ann: Browser, lead_id: str) -> None:
    lead = f"/console/leads/{lead_id}"
    held = {"has_it": has_it(lead_id)}
    for number in ("abc", "101", "-1", "nan", "", "1e2"):
        answer = ann.post(f"{lead}/override", new_score=number, reason="Met <b>them</b>")
        assert answer.status_code == 422, number
        assert ann.told(answer) == ("bad", "Correct and send again: new score.")
        assert 'value="Met &lt;b&gt;them&lt;/b&gt;"' in answer.text
        assert f'value="{number}"' in answer.text
    answer = ann.post(f"{lead}/reassign", **held, rep="bob", why=" ")
    assert (answer.status_code, ann.told(answer)[0]) == (422, "bad")
    with unit_of_work() as session:
        bob = session.scalars(select(Rep.id).where(Rep.external_id == "bob")).one()
    answer = ann.post(f"{lead}/work", action="decline", reason="Too far away", has_it=bob)
    assert answer.status_code == 409
    assert 'value="Too far away"' in answer.text
    for form in ("override", "work", "reassign"):
        assert ann.get(f"{lead}/{form}").headers["location"] == lead
    ann_gives = approvals_of(ann, lead_id)
    root = Browser(ann.client, "root")
    for said in ({"to": "nobody", "days": "7"}, {"to": "mary", "days": "many"}):
        answer = root.post(f"/console/approvals/{ann_gives}/delegate", **said)
        assert answer.status_code == 422
        assert all(f'value="{value}"' in answer.text for value in said.values())
    answer = root.post(f"/console/approvals/{ann_gives}", decision="approve", reason="")
    assert answer.status_code == 422
    with unit_of_work() as session:
        assert session.scalars(select(Delegation)).all() == []
        assert approvals.get(session, ann_gives).status == "waiting"


def approvals_of(ann: Browser, lead_id: str) -> str:
    """The question whether Bob may have the lead, asked by Ann."""
    ann = Browser(ann.client, "ann")
    form = {"has_it": has_it(lead_id), "rep": "bob", "why": "Knows them"}
    assert ann.post(f"/console/leads/{lead_id}/reassign", **form).status_code == 303
    with unit_of_work() as session:
        return approval_of(session, "assignment_override").id


def test_what_is_told_is_of_this_page_and_this_sign_in_and_ends(
    ann: Browser, lead_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = f"/console/leads/{lead_id}"
    form = {"has_it": has_it(lead_id), "action": "touch", "kind": "call"}
    answer = ann.post(f"{lead}/work", **form)
    cookie = ann.client.cookies[notices.NOTICE]
    assert "clock" not in cookie
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert TOLD.search(ann.get("/console").text) is None
    root = Browser(ann.client, "root")
    root.client.cookies.set(notices.NOTICE, cookie)
    page = root.get(lead)
    assert (page.status_code, TOLD.search(page.text)) == (200, None)
    for forged in (cookie[:-8] + "AAAAAAA=", "x", "", "%00"):
        ann.client.cookies.set(COOKIE, ann.token)
        both = {"Cookie": f"{COOKIE}={ann.token}; {notices.NOTICE}={forged}"}
        page = ann.client.get(lead, headers=both)
        assert (page.status_code, TOLD.search(page.text)) == (200, None)
    ann = Browser(ann.client, "ann")
    monkeypatch.setattr(notices, "SECONDS", -1)
    override = ann.post(f"{lead}/override", new_score="60", reason="Met them")
    assert override.status_code == 303
    assert TOLD.search(ann.get(lead).text) is None

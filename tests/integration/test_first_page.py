"""The first page of a salesperson: each lead with what decides, and acts that leave the list where
it is, with scripts and without."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.tables import LeadNote, LeadTask
from tests.integration import test_forms
from tests.integration.test_forms import Browser, has_it

pytestmark = pytest.mark.uncounted
lead_id = test_forms.lead_id
ann = test_forms.ann
IN_PLACE = {"HX-Request": "true"}


def line(page: str, lead_id: str) -> str:
    found = re.search(rf'<li id="line-{lead_id}".*?</li>', page, re.DOTALL)
    assert found is not None, page[:3000]
    return re.sub(r"\s+", " ", found[0])


def test_a_line_says_how_good_why_what_now_and_by_when(ann: Browser, lead_id: str) -> None:
    page = ann.get("/console").text
    shown = line(page, lead_id)
    assert "TechCorp" in shown
    assert 'class="level hot"' in shown
    assert "Get in touch for the first time" in shown
    assert re.search(r">due (in|tomorrow|today|\w+day) ", shown)
    assert re.search(r"[\d,]+ USD</strong>.*\d+ % of [\d,]+", shown)
    assert "Waits for you (1)" in page
    assert ann.get("/console?tab=waiting").text.count("<li id=") == 0
    assert ann.get("/console?tab=closed").status_code == 200
    assert ann.get("/console?tab=nonsense").status_code == 422


def test_with_scripts_only_the_line_is_answered_and_says_what_came_of_it(
    ann: Browser, lead_id: str
) -> None:
    address = f"/console/work/{lead_id}"
    ann.client.headers.update(IN_PLACE)
    opened = ann.get(f"{address}?do=touch").text
    assert opened.startswith("<li")
    assert "<html" not in opened
    form = {"has_it": has_it(lead_id), "do": "touch", "kind": "call"}
    refused = ann.post(address, **form, result="whatever", text="Tried twice")
    assert (refused.status_code, 'value="Tried twice"' in refused.text) == (422, True)
    done = ann.post(address, **form, result="no answer", text="Tried twice")
    ann.client.headers.pop("HX-Request")
    assert done.status_code == 200
    assert "your note is kept" in line(done.text, lead_id)
    assert "Waiting for their answer" in done.text
    with unit_of_work() as session:
        step = session.scalars(select(AssignmentStep).where(AssignmentStep.kind == "touched")).one()
        assert step.detail == {"kind": "call", "result": "no answer"}
        assert session.scalars(select(LeadNote)).one().words == "Tried twice"
    assert "got in touch (call, no answer)" in ann.get(f"/console/leads/{lead_id}").text


def test_without_scripts_each_act_is_a_page_of_its_own_and_leads_back(
    ann: Browser, lead_id: str
) -> None:
    address, held = f"/console/work/{lead_id}", {"has_it": has_it(lead_id)}
    for do in ("touch", "remind", "pass_on", "let_go"):
        page = ann.get(f"{address}?do={do}").text
        assert "<h1>" in page
        assert f'name="do" value="{do}"' in page
    answer = ann.post(address, **held, do="remind", text="Send the offer", choice="in a week")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console#told")
    assert ann.told(ann.get("/console"))[1].startswith("You are reminded on ")
    with unit_of_work() as session:
        task = session.scalars(select(LeadTask)).one()
        assert (task.what, task.rep_id) == ("Send the offer", has_it(lead_id))
    for wrong in (
        {"text": "x" * 1001},
        {"text": "x", "choice": "whenever"},
        {"text": "x", "on": "soon"},
        {"text": "x", "on": "2020-02-03"},
    ):
        assert ann.post(address, **held, do="remind", **wrong).status_code == 422
    assert (
        "Monday, 03 February 2020 at"
        in ann.post(address, **held, do="remind", text="x", on="2020-02-03").text
    )
    # What is too long is not cut.
    assert "1,001 characters" in ann.post(address, **held, do="let_go", text="y" * 1001).text
    assert ann.post(address, **held, do="let_go").status_code == 422
    assert ann.post(address, **held, do="pass_on", rep="bob", text=" ").status_code == 422
    gone = ann.post(address, **held, do="let_go", text="On the other side of the country")
    assert gone.status_code == 303
    with unit_of_work() as session:
        assert session.scalars(select(Assignment)).one().end_reason == "returned"
    assert "<li id=" not in ann.get("/console").text


def test_who_acts_on_an_old_list_is_told_and_nothing_happens(
    client: TestClient, lead_id: str
) -> None:
    ann = Browser(client, "ann")
    held = {"has_it": has_it(lead_id)}
    root = Browser(client, "root")
    give = held | {"rep": "bob", "why": "Knows them"}
    assert root.post(f"/console/leads/{lead_id}/reassign", **give).status_code == 303
    bob = has_it(lead_id)
    ann = Browser(client, "ann")
    refused = ann.post(f"/console/work/{lead_id}", **held, do="accept")
    assert refused.status_code == 403
    bob_sees = Browser(client, "bob")
    late = bob_sees.post(f"/console/work/{lead_id}", **held, do="accept")
    assert late.status_code == 409
    assert "Somebody else has this lead by now" in late.text
    with unit_of_work() as session:
        open_one = session.scalars(select(Assignment).where(Assignment.ended_at.is_(None))).one()
        assert (open_one.rep_id, open_one.accepted_at) == (bob, None)

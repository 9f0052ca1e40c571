"""A lead's page: whose it is and why not mine, its company, editing in place, merging."""

import re
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from tests.integration import test_forms
from tests.integration.test_forms import Browser, has_it
from tests.integration.test_gateway import BODY
from tests.statements import counted

pytestmark = pytest.mark.uncounted
lead_id = test_forms.lead_id
ann = test_forms.ann


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'id="field-\w+" name="(\w+)" value="([^"]*)"', page))


def version(page: str) -> str:
    found = re.search(r'name="version" value="(\w+)"', page)
    assert found is not None
    return found[1]


def test_the_first_screen_says_how_good_why_what_now_and_who(ann: Browser, lead_id: str) -> None:
    page = ann.get(f"/console/leads/{lead_id}").text
    first = page[page.index('class="first"') : page.index("What happened")]
    for words in ("What would raise it", "What lowers it", "of 100 such leads buy", "Won or lost?"):
        assert words in first, words
    assert "<strong>You</strong> have it since" in first
    assert "Why not you?" not in first
    # No name of ours for what counts.
    assert not re.search(r"<li>[a-z]+_[a-z_]+", first)


def test_who_did_not_get_it_reads_why(client: TestClient, lead_id: str) -> None:
    root = Browser(client, "root")
    admin = root.get(f"/console/leads/{lead_id}").text
    assert "<strong>Ann Able</strong> has it since" in admin
    assert "Why not you?" not in admin
    ann_lets_go = {"has_it": has_it(lead_id), "action": "decline", "reason": "Too far away"}
    assert root.post(f"/console/leads/{lead_id}/work", **ann_lets_go).status_code == 303
    page = Browser(client, "bob").get(f"/console/leads/{lead_id}").text
    assert "Who has it: <strong>Nobody.</strong>" in page
    why = page[page.index("Why not you?") :]
    assert "Could have had it: number 2 of 2" in why


def test_a_leads_page_and_the_board_ask_a_few_dozen_statements(ann: Browser, lead_id: str) -> None:
    for address, most in ((f"/console/leads/{lead_id}", 56), ("/console/leads/board", 36)):
        ann.get(address)
        with counted() as asked:
            assert ann.get(address).status_code == 200
        assert len(asked) <= most, (address, len(asked))


def test_consent_for_every_purpose_is_one_statement(ann: Browser, lead_id: str) -> None:
    with counted() as asked:
        ann.get(f"/console/leads/{lead_id}")
    assert sum("suppressions" in one and "consent_events" in one for one in asked) == 1


def test_a_field_is_edited_where_nobody_changed_the_lead_meanwhile(
    ann: Browser, lead_id: str
) -> None:
    address = f"/console/leads/{lead_id}"
    page = ann.get(address).text
    shown, seen = fields(page), version(page)
    assert (shown["company_name"], shown["budget"]) == (BODY["company_name"], "25000")
    edited = shown | {"budget": "40000", "job_title": ""}
    answer = ann.post(f"{address}/edit", version=seen, **edited)
    assert answer.status_code == 303, answer.text[:2000]
    assert ann.told(ann.get(address)) == ("good", "Stored. The lead is scored anew.")
    with unit_of_work() as session:
        lead = session.get_one(Lead, lead_id)
        assert (lead.budget_minor, lead.job_title, lead.company_size) == (4_000_000, None, 150)
    late = ann.post(f"{address}/edit", version=seen, **edited | {"industry": "mining"})
    assert (late.status_code, ann.told(late)[0]) == (409, "bad")
    assert fields(late.text)["industry"] == "mining"
    now = ann.get(address).text
    wrong = ann.post(f"{address}/edit", version=version(now), **fields(now) | {"email": "no"})
    assert (wrong.status_code, ann.told(wrong)) == (422, ("bad", "Correct and send again: E-mail."))
    # A point before three digits is of a fraction to some, of thousands to others.
    either = ann.post(f"{address}/edit", version=version(now), **fields(now) | {"budget": "20.000"})
    assert (either.status_code, "such as 20000" in ann.told(either)[1]) == (422, True)
    same = ann.post(f"{address}/edit", version=version(now), **fields(now))
    assert ann.told(ann.get(same.headers["location"]))[1] == "You have changed nothing."
    assert ann.get(f"{address}/edit").headers["location"] == address


def test_others_at_the_company_are_listed_and_merged_and_split_again(
    client: TestClient, lead_id: str
) -> None:
    with unit_of_work() as session:
        held = {"company_name": BODY["company_name"].upper(), "known_from": datetime.now(UTC)}
        other = Lead(source="test", first_name="Twin", **held)
        session.add_all([other, Lead(source="test", first_name="No", company_name="TechCorpX")])
        session.flush()
        twin = other.id
    root, address = Browser(client, "root"), f"/console/leads/{lead_id}"
    listed = root.get(address).text
    assert "Twin, " in listed[listed.index('id="company"') :]
    assert "TechCorpX" not in listed
    assert root.post(f"{address}/merge", other=twin).status_code == 422
    for wrong in ("lead_none", lead_id):
        assert root.post(f"{address}/merge", other=wrong, reason="x").status_code == 409
    done = root.post(f"{address}/merge", other=twin, reason="The same phone")
    page = root.get(done.headers["location"])
    assert root.told(page)[0] == "good"
    assert root.get(f"/console/leads/{twin}").headers["location"] == address
    [merge] = re.findall(r'name="merge_id" value="([^"]+)"', page.text)
    assert root.post(f"/console/leads/{twin}/split", merge_id=merge).status_code in (409, 410)
    split = root.post(f"{address}/split", merge_id=merge)
    assert root.told(root.get(split.headers["location"])) == ("good", "They are two again.")
    assert root.get(f"/console/leads/{twin}").status_code == 200


def test_own_attributes_are_edited_each_as_what_it_is(client: TestClient, lead_id: str) -> None:
    own = {"seats": 1.234, "trial": True, "since": "2026-03-01", "plan": "pro", "said": "a\nb"}
    said = {"attributes": own | {"said": f"{'word ' * 9}\nand more"}}
    assert client.patch(f"/leads/{lead_id}", json=said).status_code == 200
    other = {"email": "no@example.com", "attributes": {"region_code": "north"}}
    client.post("/leads", json=other)
    address, root = f"/console/leads/{lead_id}", Browser(client, "root")
    page = root.get(address).text
    assert "<dt>Trial</dt><dd>yes</dd>" in page
    assert 'name="attributes.seats" value="1.2340" maxlength="5000" inputmode="decimal"' in page
    assert 'name="attributes.since" value="2026-03-01" maxlength="5000" type="date"' in page
    assert "<option selected>yes</option>" in page
    assert "and more</textarea>" in page
    assert "What else can be known of it: Region code" in page

    def typed(**changed: str) -> dict[str, str]:
        shown = {"seats": "1.2340", "trial": "yes", "since": "2026-03-01", "plan": "pro"}
        lines = {"said": f"{'word ' * 9}\r\nand more"}
        return {f"attributes.{name}": value for name, value in (shown | lines | changed).items()}

    edited = {**fields(page), "version": version(page)}
    same = root.post(f"{address}/edit", **edited | typed())
    assert root.told(root.get(same.headers["location"]))[1] == "You have changed nothing."
    wrong = root.post(f"{address}/edit", **edited | typed(seats="1.500", since="soon"))
    assert wrong.status_code == 422
    assert "Seats (a number, such as 1250 or 12.5), Since (a day" in root.told(wrong)[1]
    assert 'value="1.500"' in wrong.text
    new = typed(seats="2,000", trial="no", plan="", region_code="south")
    assert root.post(f"{address}/edit", **edited | new).status_code == 303
    with unit_of_work() as session:
        now = session.get_one(Lead, lead_id).attributes
    assert (now["seats"], now["trial"], now["since"]) == (2000, False, "2026-03-01")
    assert (now["region_code"], "plan" in now) == ("south", False)
    late = root.post(f"{address}/edit", **edited | typed(seats="7"))
    assert (late.status_code, 'value="7"' in late.text) == (409, True)
    assert "now: 2000" in late.text

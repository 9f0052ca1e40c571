"""What is set up is edited on pages: checked as it is typed, tried, sent, looked back at and
restored, by those who may."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import in_force
from leadflow.configuration.words import KINDS as WORDS
from leadflow.database.engine import unit_of_work
from tests.integration.imports_over_http import now
from tests.integration.test_forms import PASSWORD, Browser
from tests.integration.workflow.acting import take

LIST = "/console/configuration"
SEGMENT = """segments:
  shops:
    description: Shops
    conditions:
      industry: {operator: equals, value: retail}
"""
RULES = """rules:
  - rule_id: shops
    name: Shops
    conditions:
      industry: {operator: equals, value: retail}
    actions: {assign_lead: true}
default: {assign_lead: true}
"""
ACTS = """rules:
  - rule_id: shops
    name: Shops
    'on': [lead.created]
    conditions:
      industry: {operator: equals, value: retail}
    actions: {escalate: {}}
"""
TEAM = """reps:
  - {id: ann, name: Ann Able, capacity: 5}
  - {id: bob, name: Bob Best, capacity: 5}
"""
IN_SEGMENT = "segments: {operator: contains, value: shops}"
PEOPLE = {"mark": "marketing_manager", "mary": "sales_manager", "ann": "sales_rep"}


@pytest.fixture
def mark(client: TestClient) -> Any:
    with unit_of_work() as session:
        for name, role in (*PEOPLE.items(), ("root", "admin")):
            add_person(session, name, name.title(), [role], "test", password=PASSWORD)
    yield Browser(client, "mark")
    client.cookies.clear()


def shown(page: str) -> tuple[str, str]:
    """The text in an editor, and what it says it was made of."""
    text = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    as_shown = re.search(r'name="as_shown" value="([^"]*)"', page)
    assert text is not None, page
    assert as_shown is not None
    return unescape(text[1]), as_shown[1]


def send(browser: Browser, kind: str, text: str, name: str = "", as_shown: str = "") -> Any:
    at = f"{LIST}/{kind}" + (f"?name={name.replace('+', '%2B')}" if name else "")
    version = as_shown or shown(browser.get(at).text)[1]
    return browser.post(f"{LIST}/{kind}", text=text, name=name, as_shown=version)


def segments() -> Any:
    with unit_of_work() as session:
        return in_force(session, None, now()).get("segments", {}).get("segments", {})


def test_a_text_is_checked_as_it_is_typed_and_nothing_is_stored(
    mark: Browser, store: Engine
) -> None:
    address = f"{LIST}/segments/check"
    mark.client.headers["HX-Request"] = "true"
    try:
        right = mark.post(address, text=SEGMENT, name="+").text
        wrong = mark.post(address, text=SEGMENT.replace("industry", "industri"), name="+").text
        broken = mark.post(address, text=SEGMENT + "   x", name="+").text
        misplaced = mark.post(address, text="shops: {}", name="+").text
    finally:
        del mark.client.headers["HX-Request"]
    assert "would change this" in right
    assert "<ins>+   shops:</ins>" in right
    assert "<html" not in right
    assert 'data-line="5">Line 5</a>' in wrong
    assert "Did you mean industry?" in wrong
    assert 'data-line="6"' in broken
    assert "all stands under" in misplaced
    assert "<html" in mark.post(address, text=SEGMENT, name="+").text
    assert segments() == {}


def test_what_is_sent_counts_and_is_looked_back_at_and_restored(
    mark: Browser, store: Engine
) -> None:
    made = send(mark, "segments", SEGMENT, "+")
    assert made.headers["location"] == f"{LIST}/segments#told"
    assert "New: shops." in mark.told(mark.get(made.headers["location"]))[1]
    changed = SEGMENT.replace("retail", "finance")
    assert send(mark, "segments", changed, "shops").status_code == 303
    history = mark.get(f"{LIST}/segments/history?name=shops").text
    changes = [unescape(one) for one in re.findall(r'href="([^"]*/change[^"]*)"', history)]
    assert len(changes) == 2
    assert history.count('data-label="By">Mark<') == 2
    newest = mark.get(changes[0]).text
    assert "<del>-         value: retail</del>" in newest
    assert "<ins>+         value: finance</ins>" in newest
    back = re.search(r'href="([^"]*[?;]at=[^"]*)">Go back to this', mark.get(changes[1]).text)
    assert back is not None
    page = mark.get(unescape(back[1])).text
    text, as_shown = shown(page)
    assert "retail" in text
    assert segments()["shops"]["conditions"]["industry"]["value"] == "finance"
    assert send(mark, "segments", text, "shops", as_shown).status_code == 303
    assert segments()["shops"]["conditions"]["industry"]["value"] == "retail"
    overview = mark.get(LIST).text
    assert "?name=shops" in overview


def test_a_text_of_what_has_changed_meanwhile_is_refused_and_kept(
    mark: Browser, store: Engine
) -> None:
    send(mark, "segments", SEGMENT, "+")
    seen = shown(mark.get(f"{LIST}/segments?name=shops").text)[1]
    send(mark, "segments", SEGMENT.replace("retail", "finance"), "shops", seen)
    mine = SEGMENT.replace("retail", "energy")
    stale = send(mark, "segments", mine, "shops", seen)
    assert (stale.status_code, mark.told(stale)[0]) == (409, "bad")
    assert "energy" in shown(stale.text)[0]
    again = send(mark, "segments", SEGMENT, "+")
    assert (again.status_code, "There is shops already" in mark.told(again)[1]) == (409, True)
    wrong = send(mark, "segments", SEGMENT.replace("industry", "industri"), "shops")
    assert (wrong.status_code, "industri" in shown(wrong.text)[0]) == (422, True)
    assert segments()["shops"]["conditions"]["industry"]["value"] == "finance"


def test_rules_and_policies_are_tried_beside_what_counts_today(
    mark: Browser, store: Engine, tmp_path: Path
) -> None:
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    take(email="anna@shop.example", industry="retail", last_name="Ander")
    root = Browser(mark.client, "root")
    today = "rules: []\ndefault: {reps: [ann], strategy: round_robin}\n"
    assert send(root, "rules.assignment", today).status_code == 303
    other = today.replace("ann", "bob")
    tried = root.post(f"{LIST}/rules.assignment/try", text=other).text
    assert "1 of 1 lead would go to somebody else" in tried
    assert "Ander" in tried
    assert re.search(r"Ann Able</td>\s*<td[^>]*>Bob Best", tried) is not None
    tried = root.post(f"{LIST}/rules.workflow/try", text=ACTS).text
    assert "They would have acted 1 time;" in tried
    assert ">Shops</td>" in tried
    policies = shown(root.get(f"{LIST}/policies").text)[0]
    assert "by another policy" in root.post(f"{LIST}/policies/try", text=policies).text
    wrong = root.post(f"{LIST}/rules.assignment/try", text=RULES.replace("industry", "industri"))
    assert "Did you mean industry?" in wrong.text
    assert shown(root.get(f"{LIST}/rules.assignment").text)[0].count("bob") == 0


def test_each_kind_is_read_and_changed_by_those_who_may(mark: Browser, store: Engine) -> None:
    policies = mark.get(f"{LIST}/policies")
    assert (policies.status_code, "<textarea" in policies.text) == (200, False)
    root = Browser(mark.client, "root")
    text, as_shown = shown(root.get(f"{LIST}/policies").text)
    changed = text.replace("hours: 72", "hours: 71")
    assert changed != text
    mary = Browser(mark.client, "mary")
    assert mary.get(f"{LIST}/sources").status_code == 403
    assert "/sources" not in mary.get(LIST).text
    assert send(mary, "policies", changed, as_shown=as_shown).status_code == 403
    assert send(mary, "segments", SEGMENT, "+").status_code == 303
    assert Browser(mark.client, "ann").get(LIST).status_code == 403
    assert send(Browser(mark.client, "root"), "policies", changed).status_code == 303


def test_every_kind_has_words_and_one_that_is_not_there_is_said(
    mark: Browser, store: Engine
) -> None:
    assert KINDS.keys() == WORDS.keys()
    root = Browser(mark.client, "root")
    for name, kind in KINDS.items():
        there = f"{LIST}/{name.replace('/', '.')}"
        assert root.get(there).status_code == 200, name
        assert root.get(f"{there}/history").status_code == 200, name
        if kind.section:
            begins = shown(root.get(f"{there}?name=%2B").text)[0]
            checked = root.post(f"{there}/check", text=begins, name="+").text
            # Territories are a sales team's, of which there is none here.
            assert ("would change this" in checked) is (name != "territories"), checked
            assert root.get(f"{there}?name=nothing").status_code == 404
    assert root.get(f"{LIST}/nothing").status_code == 404
    assert root.get(f"{LIST}/segments/change?at=2020-01-01T00:00:00Z").status_code == 404


def test_every_kind_has_a_schema_by_which_its_keys_are_completed(
    mark: Browser, store: Engine
) -> None:
    root = Browser(mark.client, "root")
    for name, kind in KINDS.items():
        schema = root.get(f"{LIST}/{name.replace('/', '.')}/schema").json()
        section = kind.section or ("policies" if name == "policies" else "rules")
        assert section in schema["properties"], name
    fields = root.get(f"{LIST}/segments/schema").json()["properties"]["segments"]
    assert "industry" in fields["additionalProperties"]["properties"]["conditions"]["properties"]
    assert Browser(mark.client, "mary").get(f"{LIST}/sources/schema").status_code == 403


def test_what_nothing_names_is_taken_out_once_that_is_meant(mark: Browser, store: Engine) -> None:
    send(mark, "segments", SEGMENT, "+")
    page = mark.get(f"{LIST}/segments/take-out?name=shops").text
    as_shown = re.search(r'name="as_shown" value="([^"]*)"', page)
    assert as_shown is not None
    assert segments() != {}
    named = RULES.replace("industry: {operator: equals, value: retail}", IN_SEGMENT)
    assert send(mark, "rules.assignment", named).status_code == 303
    form = {"name": "shops", "as_shown": as_shown[1]}
    held = mark.post(f"{LIST}/segments/take-out", **form)
    assert held.status_code == 409
    assert "is named by" in mark.told(held)[1]
    assert send(mark, "rules.assignment", RULES).status_code == 303
    assert mark.post(f"{LIST}/segments/take-out", **form | {"as_shown": "x"}).status_code == 409
    assert mark.post(f"{LIST}/segments/take-out", **form).status_code == 303
    assert segments() == {}
    history = mark.get(f"{LIST}/segments/history?name=shops").text
    changes = [unescape(one) for one in re.findall(r'href="([^"]*/change[^"]*)"', history)]
    assert "It was taken out" in mark.get(changes[0]).text
    text, as_it_is = shown(mark.get(changes[1].replace("/change?", "?")).text)
    assert send(mark, "segments", text, "shops", as_it_is).status_code == 303
    assert list(segments()) == ["shops"]
    assert mark.get(f"{LIST}/policies/take-out?name=x").status_code == 404


def test_an_example_is_called_one_and_what_it_would_replace_is_said(mark: Browser) -> None:
    root = Browser(mark.client, "root")
    assert "What stands below is an example" in root.get(f"{LIST}/rules.assignment").text
    mark = Browser(mark.client, "mark")
    assert 'id="example"' not in mark.get(f"{LIST}/segments").text

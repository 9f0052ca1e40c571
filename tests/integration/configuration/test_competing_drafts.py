"""Of several changes of the same thing that wait, the first that is approved counts; the others are
void from that moment on, everybody concerned is told, and no door takes a decision about them."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from leadflow.accounts.people import add_person
from leadflow.approvals import service as approvals
from leadflow.approvals.codes import decide_with_code, issue_code
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.tables import Approval
from leadflow.cli.main import app
from leadflow.configuration import service
from leadflow.database.engine import unit_of_work
from leadflow.drafts.overtaking import overtaken
from leadflow.drafts.service import Author
from leadflow.drafts.showing import drafts_of
from leadflow.outbox.tables import OutboxRow
from tests.deciders import settle, somebody
from tests.integration.configuration.made_up import NOW
from tests.integration.configuration.test_draft_pages import people
from tests.integration.configuration.test_drafts import (
    ASKS,
    ann,
    asks,
    only,
    perform,
    question,
    send,
    shops,
)
from tests.integration.configuration.test_editor_pages import LIST
from tests.integration.test_forms import PASSWORD, Browser
from tests.terminal import sign_in

__all__ = ["ann", "asks", "people"]


def told(session: Session, approval: Approval) -> set[tuple[str, str]]:
    """Who is told what of an approval."""
    rows = session.scalars(select(OutboxRow).where(OutboxRow.act == "notify_person"))
    sent = [row.payload for row in rows if row.payload["approval_id"] == approval.id]
    return {(one["what"], one["person_id"]) for one in sent}


def test_once_one_is_approved_the_others_are_void_and_all_concerned_are_told(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS)
    first, other = question(send(session, ann, shops())), question(send(session, ann, shops("bio")))
    apart = question(send(session, ann, shops("retail", banks="finance")))
    elsewhere = question(send(session, ann, {"segments": shops(fairs="fairs")["segments"]}))
    settle(session, first.id, NOW)
    assert (other.status, apart.status) == ("void", "void")
    assert "segment shops" in str(other.reason)
    assert "submits it again" in str(other.reason)
    asked = somebody(session, "the_sales_manager").id
    assert {("approval_decided", ann.id), ("approval_void", asked)} <= told(session, other)
    perform(session, first)
    assert elsewhere.status == "void"


def test_what_changes_without_anybody_asked_voids_what_waits_on_the_old(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(only("segments", when={"requester_roles": {"operator": "contains", "value": "analyst"}}))
    analyst = somebody(session, "paul", "analyst")
    paul = Author(analyst.id, lambda _permission: None, frozenset({"analyst"}))
    waits = question(send(session, paul, shops()))
    beside = question(send(session, paul, {"segments": {"segments": {"banks": BANKS}}}))
    assert send(session, ann, shops("bio")).approval is None
    assert (waits.status, beside.status) == ("void", "waiting")
    assert "Meanwhile another change of the same counts" in str(waits.reason)


BANKS = {"conditions": {"industry": {"operator": "equals", "value": "banks"}}}


def test_what_was_changed_by_any_other_way_is_found_by_the_watch_over_decisions(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS)
    waits = question(send(session, ann, shops()))
    service.apply(session, shops("bio"), ann, NOW)
    assert overtaken(session, ["policies"], NOW) == []
    assert overtaken(session, ["segments"], NOW) == [waits.id]


def test_all_that_waits_is_shown_however_much_came_after(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS)
    oldest = question(send(session, ann, shops()))
    for number in range(12):
        later = question(send(session, ann, shops(f"kind {number}")))
        settle(session, later.id, NOW, "reject", "No.")
    assert oldest.subject_id in [one.id for one in drafts_of(session, "segments", "shops")]


def test_changes_of_the_same_are_told_apart_by_what_they_change(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    service.apply(session, shops(), ann, NOW)
    asks(ASKS)
    first, other = (
        question(send(session, ann, shops("bio"))),
        question(send(session, ann, {}, take_out={"segments": ["shops"]})),
    )
    assert first.about == "segment shops (value: retail becomes value: bio)"
    assert other.about == "segment shops (taken out)"
    assert "bio" in first.asks


SHOPS = {"conditions": {"industry": {"operator": "exists"}}}


def text_of(industry: str) -> str:
    """The segment of shops as somebody writes it."""
    condition = f"{{operator: equals, value: {industry}}}"
    return f"segments: {{shops: {{conditions: {{industry: {condition}}}}}}}"


def two(mark: Browser, besides: int = 0) -> tuple[str, str]:
    """Two changes of the same segment that wait; the ids of their approvals."""
    for value in ("retail", "bio"):
        made = mark.post(f"{LIST}/segments", text=text_of(value), name="+", as_shown=as_shown(mark))
        assert made.status_code == 303, made.text
    with unit_of_work() as session:
        first, other = approvals.waiting(session)[besides:]
        return first.id, other.id


def as_shown(mark: Browser) -> str:
    found = re.search(
        r'name="as_shown" value="([^"]*)"', mark.get(f"{LIST}/segments?name=%2B").text
    )
    assert found is not None
    return found[1]


def test_no_door_decides_about_what_is_void_and_each_says_what_to_do(
    client: TestClient, people: Any
) -> None:
    first, other = two(people("mark"))
    with unit_of_work() as session:
        mary = somebody(session, "mary")
        now = approvals.get(session, other).requested_at
        code = issue_code(session, approvals.get(session, other), mary, now, 60)
        seen = approvals.get(session, other).content_hash
    browser = people("mary")
    before = browser.get(f"/console/approvals/{other}").text
    assert "1 other change of the same waits, too" in before
    assert f'href="/console/approvals/{first}"' in before
    with unit_of_work() as session:
        hashed = approvals.get(session, first).content_hash
    said = {"decision": "approve", "reason": "Good.", "content_hash": hashed}
    assert browser.post(f"/console/approvals/{first}", **said).status_code == 303
    page = browser.get(f"/console/approvals/{other}").text
    assert 'value="approve"' not in page
    assert "void, no longer asked" in page
    assert "Another change of the same was approved first: segment shops" in page
    what_to_do = "submits it again as it should be now"
    assert what_to_do in page
    assert other not in browser.get("/console").text
    late = browser.post(f"/console/approvals/{other}", **said | {"content_hash": seen})
    assert late.status_code == 409
    assert what_to_do in unescape(late.text)
    with unit_of_work() as session:
        taken = decide_with_code(session, other, "approve", "mary", code, "Good.", now)
        assert (taken.counted, taken.problem) == (False, "already-void")
        assert what_to_do in taken.words
    sign_in("olga", "admin")
    here = CliRunner().invoke(app, ["approvals", "decide", other, "approve", "--reason", "Good."])
    assert what_to_do in str(here.exception)
    shown = CliRunner().invoke(app, ["approvals", "show", other]).output
    assert what_to_do in " ".join(shown.split())
    client.cookies.clear()
    signed_in = client.post("/session", json={"username": "mary", "password": PASSWORD}).json()
    client.cookies.clear()
    answer = client.post(
        f"/approvals/{other}/decision",
        json={"decision": "approve", "reason": "Good.", "content_hash": seen},
        headers={"Authorization": f"Bearer {signed_in['token']}"},
    )
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "already-void")
    assert what_to_do in answer.json()["detail"]
    draft = people("mark").get("/console").text
    assert "void, no longer asked" in draft


def test_the_editor_and_the_draft_say_which_others_wait(people: Any) -> None:
    with unit_of_work() as session:
        store_policies(session, parse_policies({"policies": []}), "test", None)
        service.apply(session, shops(), Author("test", lambda _permission: None), NOW)
        store_policies(session, parse_policies({"policies": [ASKS]}), "test", None)
        add_person(session, "moni", "Moni", ["marketing_manager"], "test", password=PASSWORD)
    mark = people("mark")
    editor = mark.get(f"{LIST}/segments?name=shops").text
    assert 'id="others"' not in editor
    shown = re.search(r'name="as_shown" value="([^"]*)"', editor)
    assert shown is not None
    for value in ("bio", "finance"):
        made = mark.post(f"{LIST}/segments", text=text_of(value), name="shops", as_shown=shown[1])
    draft = mark.get(made.headers["location"]).text
    assert "1 other change of the same waits, too" in draft
    assert "value: retail becomes value: bio" in draft
    editor = people("moni").get(f"{LIST}/segments?name=shops").text
    assert "2 other changes of this wait for approval" in editor
    links = re.findall(r'<a href="(/console/configuration/drafts/[^"]*)">([^<]*)</a>', editor)
    assert {words for _, words in links} >= {
        "segment shops (value: retail becomes value: bio), Mark",
        "segment shops (value: retail becomes value: finance), Mark",
    }


def test_whoever_submits_over_the_api_reads_which_others_wait(
    client: TestClient, people: Any
) -> None:
    first, other = (
        client.put("/segments", json={"segments": {"shops": one}}).json() for one in (SHOPS, BANKS)
    )
    assert (first["also_wait"], other["also_wait"]) == ([], [first["approval_id"]])

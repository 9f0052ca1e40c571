"""Whoever runs Leadflow sees what is stuck, sets it going again, and looks after accounts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, text

from leadflow.accounts.keys import verify_key
from leadflow.accounts.people import add_person, find_person
from leadflow.accounts.tables import PersonSession
from leadflow.audit.service import record
from leadflow.database.engine import unit_of_work
from leadflow.outbox.service import enqueue
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from leadflow.sources.tables import Delivery
from tests.console_world import told_program
from tests.integration.test_forms import PASSWORD, Browser

SYSTEM = "/console/system"
SECRET = re.compile(r'<p class="code"[^>]*>([^<]+)</p>')


@pytest.fixture
def root(client: TestClient) -> Iterator[Browser]:
    """An admin; Oli operates, Mark is of marketing."""
    with unit_of_work() as session:
        for name, role in (("root", "admin"), ("oli", "operator"), ("mark", "marketing_manager")):
            add_person(session, name, name.title(), [role], "test", password=PASSWORD)
    yield Browser(client, "root")
    client.cookies.clear()


def stuck_act(status: str = "uncertain") -> str:
    """An act that is in this state."""
    with unit_of_work() as session:
        enqueue(session, "paint", "wall:1", {"colour": "red"})
        session.flush()
        row = session.scalars(select(OutboxRow).where(OutboxRow.key == "wall:1")).one()
        row.status, row.ended_at, row.error = status, datetime.now(UTC), "It broke off."
        return row.id


def dead_delivery(own: str) -> str:
    with unit_of_work() as session:
        reasons = [{"record": "1", "why": "No such date: <b>soon</b>"}]
        row = Delivery(source="crm", delivery_id=own, body_hash=own, body=b"{}", status="dead")
        row.reasons = reasons
        session.add(row)
        session.flush()
        return row.id


def sent(browser: Browser, address: str, said: str, **form: object) -> str:
    """The page after a form, which says this."""
    answer = browser.post(address, **form)
    assert answer.status_code == 303, (address, answer.text[-1500:])
    page = browser.get(answer.headers["location"])
    assert (page.status_code, said in browser.told(page)[1]) == (200, True), browser.told(page)
    return str(page.text)


def test_what_is_stuck_is_said_first_and_set_going_again(root: Browser, store: Engine) -> None:
    act, first, second = stuck_act(), dead_delivery("1"), dead_delivery("2")
    page = root.get(SYSTEM).text
    assert "act of which nobody knows whether it happened" in page
    assert "2 deliveries that cannot be taken in" in page
    assert "&lt;b&gt;soon" in root.get(f"{SYSTEM}/deliveries").text
    assert "It broke off." in root.get(f"{SYSTEM}/acts").text
    unsaid = root.post(f"{SYSTEM}/acts/{act}", became="done")
    assert unsaid.status_code == 422
    sent(root, f"{SYSTEM}/acts/{act}", "it happened", became="done", reason="It is red")
    twice = root.post(f"{SYSTEM}/acts/{act}", became="done", reason="It is red")
    assert (twice.status_code, "another state" in root.told(twice)[1]) == (409, True)
    sent(root, f"{SYSTEM}/deliveries/{first}", "let go", act="discard")
    sent(root, f"{SYSTEM}/deliveries/{second}", "within a minute", act="retry")
    sent(root, f"{SYSTEM}/deliveries", "0 deliveries")
    for form in (f"acts/{act}", f"deliveries/{first}"):
        assert root.get(f"{SYSTEM}/{form}").status_code == 303
    assert "deliveries that cannot" not in root.get(SYSTEM).text


def test_an_act_that_failed_is_tried_once_more(root: Browser, store: Engine) -> None:
    act = stuck_act("failed")
    oli = Browser(root.client, "oli")
    sent(oli, f"{SYSTEM}/acts/{act}", "once more", became="again", reason="Paint is there")
    with unit_of_work() as session:
        assert session.get_one(OutboxRow, act).status == "waiting"


def test_a_program_that_is_told_is_switched_off_and_on(root: Browser, store: Engine) -> None:
    told_program()
    assert "takes what it is told" in root.get(f"{SYSTEM}/endpoints").text
    one = f"{SYSTEM}/endpoints/crm"
    sent(root, one, "not told anything", act="disable")
    assert "somebody switched it off" in root.get(one).text
    sent(root, one, "told again", act="enable")
    gone = root.post(one, act="again", message="msg_none")
    assert gone.status_code == 404


def test_a_key_is_shown_once_works_is_renewed_and_revoked(root: Browser, store: Engine) -> None:
    keys = f"{SYSTEM}/keys"
    form: dict[str, object] = {"do": "make", "name": "shop", "scopes": ["lead.create"]}
    page = sent(root, keys, "A key of shop", **form)
    [key] = SECRET.findall(page)
    with unit_of_work() as session:
        found = verify_key(session, key, datetime.now(UTC))
    assert found is not None
    assert found.scopes == {"lead.create"}
    assert SECRET.findall(root.get(keys).text) == []
    late: dict[str, object] = {"ends": "2020-01-01"}
    wrongs: list[dict[str, object]] = [{"name": "shop"}, {"scopes": []}, {"ends": "soon"}, late]
    for wrong in wrongs:
        refused = root.post(keys, **form | {"name": "other"} | wrong)
        assert refused.status_code in (409, 422), wrong
        assert SECRET.findall(refused.text) == []
    [renewed] = SECRET.findall(sent(root, keys, "works for a day more", do="rotate", name="shop"))
    sent(root, keys, "2 keys revoked", do="revoke", name="shop")
    with unit_of_work() as session:
        assert verify_key(session, renewed, datetime.now(UTC)) is None


def test_somebody_is_added_gets_a_password_and_is_signed_out_as_they_leave(
    root: Browser, store: Engine
) -> None:
    people = f"{SYSTEM}/people"
    refused = root.post(people, username="Not A Name", roles=["analyst"])
    assert (refused.status_code, 'value="Not A Name"' in refused.text) == (422, True)
    page = sent(root, people, "can sign in now", username="eva", name="Eva", roles=["analyst"])
    assert len(SECRET.findall(page)) == 1
    assert SECRET.findall(root.get(people).text) == []
    with unit_of_work() as session:
        eva, mark = find_person(session, "eva").id, find_person(session, "mark").id
    assert len(SECRET.findall(sent(root, f"{people}/{eva}/password", "new password"))) == 1
    assert root.get(f"{people}/{eva}/password").status_code == 303
    Browser(root.client, "mark")
    root = Browser(root.client, "root")
    sent(root, f"{people}/{mark}", "signed out everywhere", roles=["marketing_manager"])
    with unit_of_work() as session:
        open_ones = select(PersonSession).where(PersonSession.person_id == mark)
        assert all(one.ended_at for one in session.scalars(open_ones))
        me = find_person(session, "root").id
    last = root.post(f"{people}/{me}", roles=["admin"])
    assert (last.status_code, "admin" in root.told(last)[1]) == (409, True)


def test_sign_ins_are_seen_and_ended_ones_own_by_anybody(root: Browser, store: Engine) -> None:
    Browser(root.client, "oli")
    oli = Browser(root.client, "oli")
    with unit_of_work() as session:
        who = find_person(session, "oli").id
        first, second = session.scalars(
            select(PersonSession.token_hash)
            .where(PersonSession.person_id == who)
            .order_by(PersonSession.created_at)
        )
        admin = find_person(session, "root").id
        of_root = select(PersonSession.token_hash).where(PersonSession.person_id == admin)
        others = session.scalars(of_root).first()
    assert "You are signed in at 2 places" in oli.get("/console/sign-ins").text
    assert oli.post("/console/sign-ins", sign_in=others).status_code == 404
    sent(oli, "/console/sign-ins", "has ended", sign_in=first)
    root = Browser(root.client, "root")
    assert "Oli" in root.get(f"{SYSTEM}/sign-ins").text
    sent(root, f"{SYSTEM}/sign-ins", "has ended", sign_in=second)


def test_the_audit_log_is_checked_and_a_changed_row_is_named(
    root: Browser, store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Heads that other tests have exported are of other logs.
    monkeypatch.setattr(get_settings(), "audit_folder", tmp_path)
    audit = f"{SYSTEM}/audit"
    assert "Nobody has checked" in root.get(audit).text
    sent(root, audit, "as it was written")
    page = root.get(audit).text
    assert "was as it was written" in page
    assert "by Root" in page
    with unit_of_work() as session:
        number = record(session, "ana", "did", "thing/1").number
    with store.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        change = text("UPDATE audit_log SET actor = 'bob' WHERE number = :number")
        connection.execute(change, {"number": number})
    answer = root.post(audit)
    told = root.told(root.get(answer.headers["location"]))
    assert told[0] == "bad"
    assert f"Row {number}" in told[1]
    assert f"Row {number} of the audit log is broken" in root.get(audit).text


def test_configuration_is_shown_as_it_is_and_as_it_was(root: Browser, store: Engine) -> None:
    configuration = f"{SYSTEM}/configuration"
    assert "What is set up now" in root.get(configuration).text
    then = root.get(f"{configuration}?on=2020-01-01").text
    assert "What was set up at the end of 2020-01-01" in then
    assert root.get(f"{configuration}?on=soon").status_code == 422


def test_prefect_being_away_is_a_state_of_the_page(root: Browser, store: Engine) -> None:
    page = root.get(f"{SYSTEM}/flows")
    assert page.status_code == 200
    assert "Prefect is away" in page.text


def test_each_sees_the_parts_that_are_theirs(root: Browser, store: Engine) -> None:
    stuck_act()
    mark = Browser(root.client, "mark")
    page = mark.get(SYSTEM).text
    assert "act of which" not in page
    assert f'href="{SYSTEM}/deliveries"' in page
    for part in ("acts", "flows", "keys", "people", "audit"):
        assert f'href="{SYSTEM}/{part}"' not in page
        assert mark.get(f"{SYSTEM}/{part}").status_code == 403

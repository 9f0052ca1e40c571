"""Leads come into campaigns once, go on, and are out as soon as something takes them out."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.campaigns.enrolling.entries import NotEnrolled
from leadflow.campaigns.leaving import take_out
from leadflow.campaigns.previewing import preview
from leadflow.campaigns.store import service
from leadflow.campaigns.store.programs import programs
from leadflow.consent.log import Told, write
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.changes import OF_IMPORT, Cause, say_cause
from leadflow.leads.tables import Lead
from leadflow.outbox.consumer import drain
from leadflow.settings import get_settings
from tests.integration.campaigns.running import (
    NAME,
    STEPS,
    began_earlier,
    enrol,
    enrolments,
    hand_over,
    launch,
    planned,
    sweep,
)
from tests.integration.workflow import acting

DAYS = timedelta(days=1)
BOUGHT: dict[str, Any] = {"exit": [{"name": "bought", "on": ["lead.converted"]}]}


def tell(client: TestClient, lead_id: str, kind: str) -> None:
    """Something that the lead did just now."""
    event = {"type": kind, "occurred_at": datetime.now(UTC).isoformat(), "source": "test"}
    assert client.post(f"/leads/{lead_id}/events", json=event).status_code == 201


def test_a_lead_gets_each_message_of_its_campaign_once(store: Engine) -> None:
    launch()
    enrol(acting.take(email="ada@example.com"))
    assert [sweep().planned, sweep().planned, sweep(1 * DAYS).planned] == [1, 0, 0]
    hand_over()
    assert [sweep(2 * DAYS).planned, sweep(9 * DAYS).planned] == [1, 0]
    assert planned() == [("hello", "accepted"), ("again", "planned")]
    assert [one.ended_as for one in enrolments()] == ["finished"]


def test_where_a_lead_is_is_known_from_what_is_known_of_it(store: Engine) -> None:
    launch()
    enrol(acting.take(email="a@example.com", country="DE"))
    enrol(acting.take(email="b@example.com", country="US", location="New York"))
    enrol(acting.take(email="c@example.com"))
    german, american, unknown = (one.places for one in enrolments())
    assert german == ["DE  Europe/Berlin"]
    assert american[0].endswith("America/New_York")
    assert unknown == ["  Europe/Berlin"]


def say(lead: str, given: bool, evidence: str) -> None:
    """The lead says yes or no to marketing, just now."""
    basis = {"basis": "consent"} if given else {}
    told = Told(lead, given, evidence, datetime.now(UTC), "test", **basis)  # type: ignore[arg-type]
    with unit_of_work() as session:
        write(session, [told], datetime.now(UTC))


def test_whoever_opts_out_is_out_at_once_and_gets_nothing_that_was_planned(
    store: Engine, client: TestClient
) -> None:
    launch(purpose="marketing")
    lead = acting.take(email="ada@example.com")
    say(lead, True, "form")
    enrol(lead)
    sweep()
    assert planned() == [("hello", "planned")]
    tell(client, lead, "unsubscribe")
    sweep()
    assert [one.ended_as for one in enrolments()] == ["opted_out"]
    assert planned() == [("hello", "cancelled")]


def test_nothing_is_planned_for_whoever_said_no_or_never_said_yes(store: Engine) -> None:
    launch(purpose="marketing")
    unheard, refusing = acting.take(email="a@example.com"), acting.take(email="b@example.com")
    say(refusing, True, "form")
    say(refusing, False, "unsubscribe_link")
    enrol(unheard)
    enrol(refusing)
    assert sweep().planned == 0
    assert planned() == [("hello", "withheld")] * 2
    assert [one.ended_as for one in enrolments()] == [None, "opted_out_elsewhere"]


def test_an_exit_counts_when_it_happens_and_not_when_the_pause_is_over(
    store: Engine, client: TestClient
) -> None:
    launch(**BOUGHT)
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    won = {"outcome": "converted", "occurred_at": datetime.now(UTC).isoformat()}
    assert client.post(f"/leads/{lead}/outcomes", json=won).status_code in (200, 201)
    assert sweep().ended == Counter(bought=1)


def test_nobody_is_in_a_campaign_twice_nor_comes_again_where_it_lets_nobody(
    store: Engine,
) -> None:
    launch()
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    with pytest.raises(NotEnrolled, match="is in it already"):
        enrol(lead)
    sweep()
    hand_over()
    sweep(3 * DAYS)
    with pytest.raises(NotEnrolled, match="lets nobody in twice"):
        enrol(lead)


@pytest.mark.parametrize(
    ("reentry", "again"),
    [
        ({"allow": "after_exit"}, "in"),
        ({"allow": "after_exit", "gap": "P30D"}, "too short a time ago"),
        ({"allow": "after_exit", "most": 1}, "as often as"),
    ],
)
def test_whoever_has_left_comes_again_as_the_campaign_says(
    store: Engine, reentry: dict[str, Any], again: str
) -> None:
    launch(reentry=reentry)
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    with unit_of_work() as session:
        assert take_out(session, NAME, [lead], "test", datetime.now(UTC))
    if again == "in":
        enrol(lead)
        assert len(enrolments()) == 2
    else:
        with pytest.raises(NotEnrolled, match=again):
            enrol(lead)


def test_a_series_about_orders_is_gone_through_once_for_each(store: Engine) -> None:
    launch(reentry={"allow": "per_key"})
    lead = acting.take(email="ada@example.com")
    enrol(lead, key="order 1")
    enrol(lead, key="order 2")
    with pytest.raises(NotEnrolled, match="is in it already"):
        enrol(lead, key="order 1")
    assert [one.key for one in enrolments()] == ["order 1", "order 2"]


def test_leads_come_in_by_what_happens_to_them_and_is_asked_for(
    store: Engine, client: TestClient
) -> None:
    size = {"company_size": {"operator": "greater_than", "value": 100}}
    launch(enter={"on": ["lead.did.meeting"], "when": size})
    small = acting.take(email="a@example.com", company_size=10)
    large = acting.take(email="b@example.com", company_size=500)
    other = acting.take(email="c@example.com", company_size=500)
    tell(client, small, "meeting")
    tell(client, large, "meeting")
    tell(client, other, "website_visit")
    assert (sweep().entered, sweep().entered) == (1, 0)
    assert [one.lead_id for one in enrolments()] == [large]


def test_what_comes_of_an_import_enrols_nobody(store: Engine) -> None:
    launch(enter={"on": ["lead.created"]})
    with unit_of_work() as session:
        say_cause(session, Cause(f"{OF_IMPORT}inbox_1", 0))
        session.add(Lead(id="lead_1", source="test", created_at=datetime.now(UTC)))
    assert sweep().entered == 0
    acting.take(email="ada@example.com")
    assert sweep().entered == 1


def test_leads_come_in_by_what_is_known_of_them_and_the_preview_adds_up(store: Engine) -> None:
    size = {"company_size": {"operator": "greater_than", "value": 100}}
    leads = [
        acting.take(email=f"{number}@example.com", company_size=50 * number)
        for number in range(1, 9)
    ]
    launch(enter={"when": size}, holdout=50)
    with unit_of_work() as session:
        program = programs(session, [(NAME, 1)])[NAME, 1]
        shown = preview(session, program, datetime.now(UTC))
    assert shown.audience == 6 == sum(shown.entries.values())
    assert sweep().entered == shown.entries.get("enrolled", 0)
    assert {one.lead_id for one in enrolments()} == set(leads[2:])
    ended = Counter(one.ended_as for one in enrolments())
    assert ended["held_out"] == shown.entries.get("held_out", 0)
    assert sweep().entered == 0


def test_a_paused_campaign_stands_still_and_one_that_is_stopped_ends(store: Engine) -> None:
    launch()
    enrol(acting.take(email="ada@example.com"))
    now = datetime.now(UTC)
    with unit_of_work() as session:
        service.pause(session, NAME, "test", now)
    assert sweep(9 * DAYS).looked_at == 0
    with unit_of_work() as session:
        service.resume(session, NAME, "test", now)
    assert sweep().planned == 1
    with unit_of_work() as session:
        assert service.stop(session, NAME, "test", now) == 1
    assert [one.ended_as for one in enrolments()] == ["stopped"]
    assert planned() == [("hello", "cancelled")]


def test_whoever_is_in_it_stays_in_the_version_they_came_into(store: Engine) -> None:
    launch()
    enrol(acting.take(email="a@example.com"))
    sweep()
    hand_over()
    launch([STEPS[0]])
    enrol(acting.take(email="b@example.com"))
    sweep(3 * DAYS)
    assert [one.version for one in enrolments()] == [1, 2]
    assert planned() == [("hello", "accepted"), ("again", "planned"), ("hello", "planned")]


def test_what_a_step_does_is_done_by_the_outbox_once(store: Engine, client: TestClient) -> None:
    launch([{"step": "mark", "do": {"tag": ["nurtured"]}}, {"step": "rest", "wait": "P1D"}])
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    drain(get_engine(), get_settings(), acting.now)
    tags = client.get(f"/leads/{lead}/tags").json()["tags"]
    assert [tag if isinstance(tag, str) else tag["name"] for tag in tags] == ["nurtured"]


def test_a_lead_that_was_merged_into_another_leaves(store: Engine, client: TestClient) -> None:
    launch()
    one, other = acting.take(email="a@example.com"), acting.take(email="b@example.com")
    enrol(other)
    sweep()
    same = {"other": other, "reason": "the same"}
    assert client.post(f"/leads/{one}/merge", json=same).status_code == 200
    began_earlier(3 * DAYS)
    sweep(3 * DAYS)
    assert [row.ended_as for row in enrolments()] == ["merged"]
    assert planned() == [("hello", "cancelled")]


def test_a_workflow_rule_enrols_and_takes_out(store: Engine) -> None:
    launch()
    known = {"source": {"operator": "exists"}}
    acting.store(acting.rule("in", ["lead.created"], known, {"enroll": {"campaign": NAME}}))
    acting.take(email="ada@example.com")
    acting.act()
    assert [(row.enrolled_by, row.ended_as) for row in enrolments()] == [("rule:in", None)]


def test_a_lead_is_enrolled_over_the_api_and_asked_for(store: Engine, client: TestClient) -> None:
    launch()
    lead = acting.take(email="ada@example.com")
    data = {"priority": "high", "personalization_context": "enterprise_focus"}
    asked = {"campaign_id": NAME, "enrollment_data": data}
    made = client.post(f"/leads/{lead}/enroll-campaign", json=asked)
    assert made.status_code == 201, made.text
    assert (made.json()["step"], made.json()["version"]) == ("hello", 1)
    again = client.post(f"/leads/{lead}/enroll-campaign", json=asked)
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "not-enrolled")
    sweep()
    [campaign] = client.get("/campaigns").json()["items"]
    assert (campaign["in_it"], campaign["state"]) == (1, "live")
    ways = client.get(f"/campaigns/{NAME}").json()["ways"]
    assert [way["passed"] for way in ways if way["step"] == "hello"] == [1]
    [of_lead] = client.get(f"/leads/{lead}/enrollments").json()["items"]
    assert of_lead["step"] == "pause"
    assert client.get(f"/campaigns/{NAME}/enrollments").json()["items"] == [of_lead]
    missing = client.post(f"/leads/{lead}/enroll-campaign", json={"campaign_id": "serie"})
    assert missing.status_code == 404
    assert "series" in missing.json()["detail"]


def test_a_lead_that_is_held_out_is_kept_so_by_name_too(store: Engine, client: TestClient) -> None:
    launch(holdout=50)
    made = {}
    for number in range(12):
        lead = acting.take(email=f"n{number}@example.com")
        answer = client.post(f"/leads/{lead}/enroll-campaign", json={"campaign_id": NAME})
        assert answer.status_code == 201
        made[lead] = answer.json()["ended_as"]
    assert set(made.values()) == {None, "held_out"}
    assert {row.lead_id: row.ended_as for row in enrolments()} == made


def test_whoever_said_no_is_told_so_and_not_that_it_is_too_soon(store: Engine) -> None:
    launch(purpose="marketing", reentry={"allow": "after_exit", "gap": "P90D"})
    lead, other = acting.take(email="ada@example.com"), acting.take(email="bo@example.com")
    for one in (lead, other):
        enrol(one)
    with unit_of_work() as session:
        take_out(session, NAME, [lead, other], "test", datetime.now(UTC))
    say(lead, False, "unsubscribe_link")
    with pytest.raises(NotEnrolled, match="does not want mail of this kind"):
        enrol(lead)
    with pytest.raises(NotEnrolled, match="too short a time ago"):
        enrol(other)


def test_a_version_launched_while_paused_leaves_it_paused_since_when_it_was(store: Engine) -> None:
    launch()
    then = datetime.now(UTC) - 3 * DAYS
    with unit_of_work() as session:
        service.pause(session, NAME, "mark", then)
    launch(STEPS[:1])
    with unit_of_work() as session:
        found = service.read_campaign(session, NAME)
    assert (found.state, found.live_version) == ("paused", 2)
    assert (found.changed_at, found.changed_by) == (then, "mark")

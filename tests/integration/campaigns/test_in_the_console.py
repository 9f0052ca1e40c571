"""Campaigns in the console: what is shown is so, what is done was said before, and each role sees
and does what it may."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import Role
from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.circuits.tables import ChannelCircuit
from leadflow.campaigns.moving import Wanted, move
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage, CampaignState, Enrolment
from leadflow.channels.port import Uncertain
from leadflow.consent.log import Told, standings, write
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import NAME, STEPS, enrol, hand_over, launch, sweep
from tests.integration.campaigns.test_dispatch import Channel, dispatch
from tests.integration.test_forms import PASSWORD, Browser
from tests.integration.workflow import acting
from tests.statements import counted
from tests.unit.campaigns.written import BODY

ONE = f"/console/campaigns/{NAME}"
TEAM = {"reps": [{"id": one, "name": one.title(), "capacity": 9} for one in ("ann", "bob")]}
WORDS = re.compile(r"<[^>]+>")


@pytest.fixture
def mark(client: TestClient) -> Browser:
    """Somebody of marketing."""
    return somebody(client, Role.MARKETING_MANAGER)


def somebody(client: TestClient, role: str) -> Browser:
    with unit_of_work() as session:
        add_person(session, role, role, [role], "test", password=PASSWORD)
    return Browser(client, role)


def words_of(answer: Any, part: str = "main") -> str:
    """What a reader sees of a part of a page, by its id."""
    inside = answer.text.partition(f'id="{part}"')[2].partition("</section>")[0]
    return " ".join(WORDS.sub(" ", inside).split())


def status_of(lead: str) -> Sequence[str]:
    with unit_of_work() as session:
        these = select(CampaignMessage.status).where(CampaignMessage.lead_id == lead)
        return session.scalars(these.order_by(CampaignMessage.id)).all()


def message_to(lead: str) -> str:
    with unit_of_work() as session:
        these = select(CampaignMessage.id).where(CampaignMessage.lead_id == lead)
        return session.scalars(these.order_by(CampaignMessage.id)).all()[0]


def as_shown(browser: Browser, act: str) -> str:
    found = re.search(r'name="as_shown" value="([^"]+)"', browser.get(f"{ONE}/{act}").text)
    assert found is not None
    return found[1]


def test_where_there_are_none_the_list_and_the_first_page_say_what_to_do(mark: Browser) -> None:
    for address in ("/console/campaigns", "/console"):
        assert (
            "leadflow campaigns apply examples/campaigns/educational.yaml" in mark.get(address).text
        )


def test_the_list_and_the_page_say_the_numbers_that_are_kept(mark: Browser) -> None:
    launch(goal={"on": ["lead.updated"]})
    leads = [acting.take(email=f"n{number}@example.com") for number in range(4)]
    for lead in leads:
        enrol(lead)
    sweep()
    dispatch(Channel())
    acting.edit(leads[0], company_name="Acme")
    sweep()
    row = words_of(mark.get("/console/campaigns"), "campaigns")
    assert "A series series live version 1" in row
    assert re.search(r" 4 3 4 1 \(25%\) ", row), row
    page = mark.get(ONE)
    assert "4 came in 3 in it now 4 mails sent 1 reached the goal (25%)" in words_of(
        page, "numbers"
    )
    assert "hello: 4" not in page.text, "a way with no other has no name"
    assert "goal: 1" in words_of(page, "picture")


def test_why_messages_are_withheld_is_said_in_words(mark: Browser) -> None:
    launch(STEPS[:1], purpose="marketing")
    enrol(acting.take(email="ada@example.com"))
    sweep()
    page = mark.get(ONE)
    assert "1 : Nothing that says" not in page.text
    assert "1 : Nothing says that the person may be sent marketing" in words_of(page, "numbers")
    first = words_of(mark.get("/console"), "morning")
    assert "1 withheld: no consent is known" in first


def test_pause_resume_and_stop_say_what_will_happen_and_do_it_once(mark: Browser) -> None:
    launch(STEPS)
    enrol(acting.take(email="ada@example.com"))
    sweep()
    assert "1 planned message wait until it goes on" in words_of(mark.get(f"{ONE}/pause"))
    shown = as_shown(mark, "pause")
    assert (
        mark.told(mark.get(mark.post(f"{ONE}/pause", as_shown=shown).headers["location"]))[0]
        == "good"
    )
    again = mark.post(f"{ONE}/pause", as_shown=shown)
    assert (again.status_code, mark.told(again)[0]) == (409, "bad")
    assert "has changed since the page was shown" in mark.told(again)[1]
    mark.post(f"{ONE}/resume", as_shown=as_shown(mark, "resume"))
    assert "It ends now for the 1 lead in it, and 1 planned message" in words_of(
        mark.get(f"{ONE}/stop")
    )
    stale = shown
    assert mark.post(f"{ONE}/stop", as_shown=stale).status_code == 409
    mark.post(f"{ONE}/stop", as_shown=as_shown(mark, "stop"))
    with unit_of_work() as session:
        assert session.get_one(CampaignState, NAME).state == "stopped"
        assert session.scalars(select(CampaignMessage.status)).all() == ["cancelled"]
    assert mark.get(f"{ONE}/pause").status_code == 409


def test_a_launch_shows_sums_that_add_up_and_is_asked_for_as_the_command_does(
    mark: Browser,
) -> None:
    when = {"level": {"operator": "exists", "value": True}}
    launch(STEPS[:1], enter={"when": when})
    for number in range(3):
        acting.take(email=f"n{number}@example.com")
    enrol(acting.take(email="ada@example.com"))
    launched = as_stored(STEPS[:2], enter={"when": when})
    assert launched == 2
    page = mark.get(f"{ONE}/launch")
    assert "3 would come in 1 is in it already 4 in all" in words_of(page, "audience")
    assert page.text.count('<details class="sample">') == 3
    done = mark.post(f"{ONE}/launch", as_shown=as_shown(mark, "launch"))
    with unit_of_work() as session:
        asked = session.scalars(select(Approval).where(Approval.kind == "campaign")).all()
        live = session.get_one(CampaignState, NAME).live_version
    words = mark.told(mark.get(done.headers["location"]))[1]
    assert (len(asked), live) in ((1, 1), (0, 2))
    assert words.startswith("It is asked for" if asked else "It is live")


def test_a_launch_shows_mails_of_leads_that_fit_to_whoever_may_see_these(
    client: TestClient, mark: Browser
) -> None:
    enter = {"on": ["lead.level_changed"]}
    launch(STEPS[:1], enter=enter)
    as_stored(STEPS[:2], enter=enter)
    assert "No mail is shown: no lead fits" in mark.get(f"{ONE}/launch").text
    acting.take(email="ada@example.com", last_name="Lovelace")
    assert "<summary>Lovelace, example.com: Hello</summary>" in mark.get(f"{ONE}/launch").text


def as_stored(steps: list[dict[str, Any]], **others: Any) -> int:
    """A further version, not launched; its number."""
    from leadflow.campaigns.definitions.reading import read_campaigns
    from leadflow.workflow.catalogue import ACTIONS, model_of
    from tests.unit.campaigns.written import campaign

    written = {"campaigns": {NAME: campaign(steps, **{"purpose": "service", **others})}}
    with unit_of_work() as session:
        given = read_campaigns(written, model_of(ACTIONS.values()))
        service.apply(session, given, "test", datetime.now(UTC))
        return service.read_campaign(session, NAME).version


def test_versions_say_what_each_changed(mark: Browser) -> None:
    launch(STEPS[:1])
    as_stored(STEPS[:2], holdout=5)
    assert "how many are held out; the step “pause” is new" in words_of(mark.get(ONE), "versions")


def test_contents_are_shown_in_a_frame_in_which_nothing_runs(mark: Browser) -> None:
    launch(STEPS[:1])
    assert f'<iframe sandbox="" loading="lazy" title="Hello: Everything is known" src="{ONE}' in (
        mark.get(ONE).text
    )
    mail = mark.get(f"{ONE}/contents/hello/known")
    assert "No more" in mail.text
    policy = mail.headers["content-security-policy"]
    assert "sandbox;" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert mark.get(f"{ONE}/contents/nothing/known").status_code == 404


def test_a_message_says_why_it_was_sent_and_what_allowed_it(mark: Browser) -> None:
    launch(STEPS, purpose="marketing")
    lead = acting.take(email="ada@example.com", first_name="Ada")
    now = datetime.now(UTC)
    with unit_of_work() as session:
        write(session, [Told(lead, True, "double_opt_in", now, lead, basis="consent")], now)
    enrol(lead)
    sweep()
    dispatch(Channel())
    page = mark.get(f"/console/messages/{message_to(lead)}")
    story = words_of(page, "story")
    assert "Came into A series, version 1 by test" in story
    assert "“Hello” was due (this message)" in story
    told = ("Came into", "was due", "Planned", "The mail server took it")
    assert sorted(told, key=story.index) == list(told)
    assert "Agreed" in story
    assert "evidence: double opt in" in story
    assert words_of(page, "stands").startswith("> It was sent") or "It was sent" in page.text


def test_what_came_to_be_known_after_a_mail_was_sent_did_not_count_as_it_was(mark: Browser) -> None:
    launch(STEPS, purpose="marketing")
    lead = acting.take(email="ada@example.com", first_name="Ada")
    now = datetime.now(UTC)
    with unit_of_work() as session:
        write(session, [Told(lead, True, "form", now, lead, basis="consent")], now)
    enrol(lead)
    sweep()
    dispatch(Channel())
    later = datetime.now(UTC)
    with unit_of_work() as session:
        said = Told(lead, False, "told_us", now + timedelta(microseconds=1), "test")
        write(session, [said], later)
    sweep(timedelta(seconds=1))
    as_sent, now_ = (
        words_of(mark.get(f"/console/messages/{message_to(lead)}"), "story")
        .split("As it was sent")[1]
        .split(" Now ")
    )
    assert "Agreed" in as_sent
    assert "Opted out" not in as_sent
    assert "Opted out" in now_


def test_a_message_of_a_lead_that_was_moved_tells_each_step_by_its_own_version(
    mark: Browser,
) -> None:
    launch([{"step": "hello", "send": "hello"}, *STEPS[1:]])
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    hand_over()
    again = {"step": "anew", "send": "again"}
    launch([{"step": "first", "send": "hello"}, {"step": "pause", "wait": "P1D"}, again])
    before, later = message_to(lead), datetime.now(UTC) + timedelta(hours=1)
    with unit_of_work() as session:
        assert move(session, Wanted(NAME, 1, 2, {}), "test", later) == {"moves": 1}
    sweep(timedelta(days=2))
    hand_over()
    with unit_of_work() as session:
        second = session.scalars(
            select(CampaignMessage.id).where(CampaignMessage.step == "anew")
        ).one()
    story = words_of(mark.get(f"/console/messages/{second}"), "story")
    assert "Came into A series, version 1" in story
    assert "“Hello” was due" in story
    assert "Went on in version 2, moved from 1" in story
    assert "Left the campaign" not in story
    # What came after a mail is not why it was sent.
    assert "moved" not in words_of(mark.get(f"/console/messages/{before}"), "story")


def test_a_message_that_is_withheld_says_when_its_lead_opted_out(mark: Browser) -> None:
    launch(STEPS, purpose="marketing")
    lead = acting.take(email="ada@example.com", first_name="Ada")
    now = datetime.now(UTC)
    with unit_of_work() as session:
        write(
            session, [Told(lead, True, "form", now - timedelta(days=1), lead, basis="consent")], now
        )
    enrol(lead)
    with unit_of_work() as session:
        write(session, [Told(lead, False, "told_us", now, "test")], now)
    sweep(timedelta(minutes=1))
    for address in (f"/console/messages/{message_to(lead)}", f"/console/leads/{lead}"):
        assert "The person does not want mail of this kind." in mark.get(address).text or (
            "The address" in mark.get(address).text
        )
    assert "Opted out" in words_of(mark.get(f"/console/messages/{message_to(lead)}"), "story")


def test_an_uncertain_message_is_settled_once_by_whoever_found_out(mark: Browser) -> None:
    launch(STEPS[:1])
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    dispatch(Channel(Uncertain("It broke off.")))
    address = f"/console/messages/{message_to(lead)}"
    assert "It is not sent again" not in mark.get(address).text
    assert "It arrived" in mark.get(address).text
    answer = mark.post(address, became="failed")
    assert mark.told(mark.get(answer.headers["location"])) == (
        "good",
        "Noted: it did not arrive. It is not sent again.",
    )
    assert status_of(lead) == ["failed"]
    late = mark.post(address, became="accepted")
    assert (late.status_code, mark.told(late)[0]) == (409, "bad")
    assert status_of(lead) == ["failed"]


def test_messages_are_found_by_campaign_state_and_step(mark: Browser) -> None:
    launch(STEPS[:1])
    launch(STEPS[:1], name="other")
    ada, bo = (acting.take(email=f"{one}@example.com", first_name=one) for one in ("Ada", "Bo"))
    enrol(ada)
    enrol(bo, "other")
    sweep()
    found = mark.get(f"/console/messages?campaign={NAME}&state=planned&step=hello").text
    assert message_to(ada) in found
    assert message_to(bo) not in found
    assert "no such messages" in mark.get("/console/messages?state=failed").text
    assert mark.get("/console/messages?state=lost").status_code == 422
    assert mark.get("/console/messages/msg_none").status_code == 404


def test_a_lead_is_enrolled_and_taken_out_on_its_page(mark: Browser) -> None:
    launch(STEPS)
    lead = acting.take(email="ada@example.com")
    page = f"/console/leads/{lead}"
    mark.post(f"{page}/campaigns", campaign=NAME, action="enrol")
    assert "A series series just now at hello within a minute" in words_of(
        mark.get(page), "campaigns"
    )
    twice = mark.post(f"{page}/campaigns", campaign=NAME, action="enrol")
    assert twice.status_code == 409
    assert "is in it already" in mark.told(twice)[1]
    mark.post(f"{page}/campaigns", campaign=NAME, action="take_out")
    with unit_of_work() as session:
        assert session.scalars(select(Enrolment.ended_as)).all() == ["taken_out"]
    answer = mark.post(f"{page}/campaigns", campaign=NAME, action="take_out")
    assert mark.told(mark.get(answer.headers["location"]))[1] == "The lead is not in it any more."


def test_an_opt_out_that_is_noted_counts_at_once_and_is_of_whoever_noted_it(mark: Browser) -> None:
    lead = acting.take(email="ada@example.com")
    page = f"/console/leads/{lead}"
    mark.post(f"{page}/opt-out", purpose="marketing")
    with unit_of_work() as session:
        says = standings(session, [lead], datetime.now(UTC))[lead]
    assert (says["marketing"].says, says["service"].says) == ("withdrawn", "unknown")
    shown = words_of(mark.get(page), "consent")
    assert "Its address is suppressed since" in shown
    assert "opted out" in shown
    assert mark.post(f"{page}/opt-out", purpose="legal").status_code == 422


# May: see campaigns; see what a message to a lead of somebody else's says; steer; and enrol it.
ROLES = {
    Role.SALES_REP: (200, 403, 403, 403),
    Role.SALES_MANAGER: (200, 403, 403, 403),
    Role.MARKETING_MANAGER: (200, 200, 200, 303),
    Role.DATA_SCIENTIST: (403, 403, 403, 403),
    Role.ANALYST: (200, 403, 403, 403),
    Role.OPERATOR: (200, 403, 403, 403),
    Role.ADMIN: (200, 200, 200, 303),
}


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_each_role_sees_and_does_what_it_may(client: TestClient, role: Role) -> None:
    launch(STEPS[:1])
    launch(STEPS[:1], name="other")
    lead = acting.take(email="ada@example.com", first_name="Ada", last_name="Secret")
    enrol(lead)
    sweep()
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        bob = session.scalars(select(Rep.id).where(Rep.external_id == "bob")).one()
        said = {"strategy": "x", "reason": "x", "source": "sweep", "assigned_by": "test"}
        session.add(Assignment(lead_id=lead, rep_id=bob, **said))
    browser = somebody(client, role)
    sees, reads, steers, enrols = ROLES[role]
    for address in ("/console/campaigns", ONE, "/console/messages"):
        answer = browser.get(address)
        assert answer.status_code == sees, address
        assert ("Secret" in answer.text) == (reads == 200 and address != "/console/campaigns")
    message = f"/console/messages/{message_to(lead)}"
    assert browser.get(message).status_code == reads
    assert browser.get(f"{message}/mail").status_code == (404 if reads == 200 else 403)
    assert browser.get(f"{ONE}/stop").status_code == steers
    assert browser.post(message, became="failed").status_code == (409 if steers == 200 else 403)
    page = f"/console/leads/{lead}"
    enrolled = browser.post(f"{page}/campaigns", campaign="other", action="enrol")
    assert enrolled.status_code == enrols
    assert browser.post(f"{page}/opt-out", purpose="service").status_code == enrols
    if steers == 403:
        assert browser.post(f"{ONE}/stop", as_shown="").status_code == 403
        assert "Stop for good" not in browser.get(ONE).text


def test_a_form_of_another_site_changes_nothing(mark: Browser) -> None:
    launch(STEPS[:1])
    shown = as_shown(mark, "stop")
    answer = mark.client.post(f"{ONE}/stop", data={"as_shown": shown}, follow_redirects=False)
    assert answer.status_code == 403
    with unit_of_work() as session:
        assert session.get_one(CampaignState, NAME).state == "live"


def test_pages_take_as_many_statements_for_many_leads_as_for_a_few(mark: Browser) -> None:
    launch(STEPS)
    addresses = ("/console", "/console/campaigns", ONE, "/console/messages")

    def asked() -> list[int]:
        found = []
        for address in addresses:
            mark.get(address)
            with counted() as statements:
                assert mark.get(address).status_code == 200
            found.append(len(statements))
        return found

    for number in range(2):
        enrol(acting.take(email=f"n{number}@example.com"))
    sweep()
    few = asked()
    for number in range(2, 12):
        enrol(acting.take(email=f"n{number}@example.com"))
    launch(STEPS, name="other")
    sweep()
    assert all(now <= then for now, then in zip(asked(), few, strict=True))


def test_a_message_says_since_when_it_waited_for_its_hour(mark: Browser) -> None:
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    start, end = (f"{now + timedelta(hours=by):%H:%M}" for by in (-1, 1))
    launch(STEPS, quiet_hours={"start": start, "end": end})
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    sweep(timedelta(hours=2))
    story = words_of(mark.get(f"/console/messages/{message_to(lead)}"), "story")
    assert f"waited for an hour in which it may go out : its quiet hours are {start} to {end}" in (
        story.replace("out:", "out :")
    )
    assert "where the lead is, Europe/Berlin" in story


def test_what_let_a_lead_in_is_named(mark: Browser) -> None:
    launch(STEPS, enter={"on": ["lead.updated"]})
    lead = acting.take(email="ada@example.com")
    acting.edit(lead, company_name="Acme")
    sweep()
    story = words_of(mark.get(f"/console/messages/{message_to(lead)}"), "story")
    assert "What let it in happened updated" in story
    assert "by what had happened to it" in story


@pytest.mark.parametrize("then", ["send", "skip", "ask"])
def test_the_form_to_resume_asks_for_late_messages_where_the_campaign_does(
    mark: Browser, then: str
) -> None:
    launch(STEPS, late={"after": "PT1H", "then": then})
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    now = datetime.now(UTC)
    with unit_of_work() as session:
        session.execute(update(CampaignMessage).values(due_at=now - timedelta(hours=2)))
        service.pause(session, NAME, "test", now)
    form = mark.get(f"{ONE}/resume").text
    radios = [f'name="late" value="{one}"' in form for one in ("send", "skip")]
    assert radios == [then == "ask"] * 2
    shown = as_shown(mark, "resume")
    if then == "ask":
        unsaid = mark.post(f"{ONE}/resume", as_shown=shown)
        assert (unsaid.status_code, mark.told(unsaid)[0]) == (409, "bad")
        assert status_of(lead) == ["planned"]
        mark.post(f"{ONE}/resume", as_shown=shown, late="skip")
    else:
        mark.post(f"{ONE}/resume", as_shown=shown)
    with unit_of_work() as session:
        assert session.get_one(CampaignState, NAME).state == "live"
    assert status_of(lead) == ["planned" if then == "send" else "cancelled"]


def test_the_first_page_says_why_a_channel_takes_nothing_and_has_it_send_again(
    mark: Browser,
) -> None:
    launch(STEPS)
    until = datetime.now(UTC) + timedelta(hours=1)
    with unit_of_work() as session:
        since = datetime.now(UTC)
        session.add(
            ChannelCircuit(channel="one", state="open", since=since, until=until, why="421")
        )
        session.add(ChannelCircuit(channel="other", since=since))
    with unit_of_work() as session:
        circuits.pause(session, "other", "mark", since)
    said = words_of(mark.get("/console"), "channels")
    assert f"by one: it is resting until {until:%Y-%m-%d %H:%M} UTC" in said
    assert "What was said last: 421" in said
    assert "by other: it is stopped by" in said
    answer = mark.post("/console/channels", channel="one")
    assert mark.get("/console/channels").status_code == 303
    assert mark.told(mark.get(answer.headers["location"])) == ("good", "one is sending again.")
    assert "by one:" not in words_of(mark.get("/console"), "channels")


def test_mails_stand_in_the_order_of_the_steps_that_send_them(mark: Browser) -> None:
    contents = {name: {"subject": name.title(), "body": BODY} for name in ("alpha", "zulu")}
    launch([{"step": "a", "send": "zulu"}, {"step": "b", "send": "alpha"}], contents=contents)
    said = words_of(mark.get(ONE), "contents")
    assert said.index("Zulu") < said.index("Alpha")


def test_a_message_says_since_when_its_campaign_is_paused_and_by_whom(mark: Browser) -> None:
    launch(STEPS)
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    page = f"/console/messages/{message_to(lead)}"
    assert "has been paused" not in mark.get(page).text
    mark.post(f"{ONE}/pause", as_shown=as_shown(mark, "pause"))
    said = words_of(mark.get(page), "stands")
    assert "Its campaign has been paused since" in said
    assert "marketing_manager: nothing of it is sent until it goes on" in said


def test_campaigns_of_one_name_are_told_apart_by_their_ids(mark: Browser) -> None:
    launch(STEPS)
    launch(STEPS, "other")
    lead = acting.take(email="ada@example.com")
    for name in (NAME, "other"):
        enrol(lead, name)
    sweep()
    for page in ("/console/campaigns", "/console/messages", f"/console/leads/{lead}"):
        shown = mark.get(page).text
        assert all(f'<code class="soft">{name}</code>' in shown for name in (NAME, "other")), page
    assert f"A series ({NAME})" in mark.get("/console/messages").text

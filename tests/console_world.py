"""Something of each kind for the pages of the console: what a test or a benchmark looks at."""

import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, select, text

from leadflow.accounts.tables import Person
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.tables import Approval
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.bulk.schemas import Asked, Export, Tag
from leadflow.channels.port import Uncertain
from leadflow.database.engine import unit_of_work
from leadflow.drafts.showing import drafts_of
from leadflow.endpoints import service as endpoints
from leadflow.endpoints.definitions import EndpointIn
from leadflow.gateway.console.leads.bulk import BulkState
from leadflow.gateway.console.leads.sealed import seal
from leadflow.gateway.console.leads.state import ListState
from leadflow.leads.tables import QuarantinedRow
from leadflow.quality import reviews
from leadflow.quality.service import draw_sample
from leadflow.quality.tables import QualityItem
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from tests.integration.campaigns import running
from tests.integration.campaigns.test_dispatch import Channel, dispatch

FILE = b"id,email,company_size\n1,ada@example.com,40\n2,not an address,50\n"
OTHER_FILE = FILE.replace(b"ada@", b"bea@")
SHOPS = {"shops": {"conditions": {"industry": {"operator": "equals", "value": "retail"}}}}
ASKS = {
    "policy": "segments",
    "decision": "configuration_change",
    "when": {"configuration": {"operator": "equals", "value": "segments"}},
    "levels": [{"roles": ["sales_manager"]}],
}
LEAD = {"email": "eve@example.com", "first_name": "Eve", "last_name": "Stone", "company_size": 400}


def made_over_http(program: Any) -> str:
    """A lead with a note, a task and a score that waits for a manager; its id. ``program``: a
    client of the gateway that may do everything."""
    lead = str(_sent(program, "/leads", LEAD)["lead"]["id"])
    _sent(program, f"/leads/{lead}/notes", {"text": "Calls back"})
    _sent(program, f"/leads/{lead}/tasks", {"what": "Send the offer"})
    override = {"new_score": 99, "reason": "Met them at the fair"}
    _sent(program, f"/leads/{lead}/score-override", override)
    return lead


def in_campaign(lead: str) -> None:
    """The lead is in a campaign, and a message to it is uncertain."""
    running.launch(goal={"on": ["lead.updated"]})
    running.enrol(lead)
    running.sweep()
    dispatch(Channel(Uncertain("It broke off.")))


def in_a_team() -> str:
    """There is a salesperson, who has a colleague; their id."""
    reps = [
        {"id": "sam", "name": "Sam Sell", "capacity": 5},
        {"id": "pat", "name": "Pat Pass", "capacity": 5},
    ]
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate({"reps": reps}))
        return find_rep(session, "sam").id


def file_sent(program: Any, name: str = "fair.csv", content: bytes = FILE) -> str:
    """A file that is looked at before it is brought in; the address of its page."""
    raw = {"Content-Type": "application/octet-stream"}
    answer = program.post("/imports", params={"name": name}, content=content, headers=raw)
    assert answer.status_code == 201, answer.text
    return f"/console/imports/{answer.json()['id']}"


def file_brought_in(program: Any) -> list[str]:
    """Another file is imported, a row of it set aside; addresses of its pages. The background must
    be at work."""
    page = file_sent(program, "expo.csv", OTHER_FILE)
    there = page.removeprefix("/console")
    _sent(program, f"{there}/start", {"anyway": True})
    deadline = time.monotonic() + 120
    while (state := program.get(there).json()["state"]) != "done":
        assert time.monotonic() < deadline, state
        time.sleep(0.1)
    with unit_of_work() as session:
        row = f"/console/quarantine/{session.scalars(select(QuarantinedRow.id)).one()}"
    return [page, f"{page}/rows", f"{page}/undo", row, f"{row}/give-up"]


def sold_by(program: Any, person: str, rep: str, lead: str) -> list[str]:
    """Who signs in as this person is a salesperson who has the lead; addresses of what they do
    with it."""
    with unit_of_work() as session:
        session.get_one(Person, person).rep_id = rep
    given = {"rep_id": rep, "reason": "They know them"}
    _sent(program, f"/leads/{lead}/assignment/reassign", given)
    acts = ("touch", "remind", "pass_on", "let_go")
    handed_on = f"/console/team/{rep}/hand-on?to=pat"
    return ["/console", handed_on, *(f"/console/work/{lead}?do={act}" for act in acts)]


def set_up(program: Any) -> list[str]:
    """A segment that nothing names, and one that waits for approval; addresses of a change of the
    first, and of taking it out."""
    answer = program.put("/segments", json={"segments": SHOPS})
    assert answer.status_code < 300, answer.text
    with unit_of_work() as session:
        store_policies(session, parse_policies({"policies": [ASKS]}), "test", None)
    answer = program.put("/segments", json={"segments": {**SHOPS, "more": SHOPS["shops"]}})
    assert answer.status_code == 202, answer.text
    with unit_of_work() as session:
        [draft] = drafts_of(session, "segments", "more")
    at = quote(datetime.now(UTC).isoformat())
    pages = "/console/configuration/segments"
    asked = f"/console/configuration/drafts/{draft.id}"
    return [asked, f"{pages}/change?at={at}&name=shops", f"{pages}/take-out?name=shops"]


def before_it_is_done(lead: str) -> list[str]:
    """Addresses of what would be done with several leads."""
    back = ListState()
    tagged = Asked(act=Tag(kind="tag", names=["fair"]), lead_ids=[lead])
    written = Asked(act=Export(kind="export", format="csv", columns=back.columns, why="A mailing"))
    states = [BulkState(asked=asked, back=back) for asked in (tagged, written)]
    return [f"/console/leads/bulk?q={seal(state)}" for state in states]


def seen_differently(people: dict[str, str]) -> str:
    """Two people judge what was drawn, and differ; where a third settles it."""
    with unit_of_work() as session:
        item = session.scalars(select(QualityItem)).one()
        item.second_review = True
        for name, level in (("mary", "hot"), ("mike", "cold")):
            reviews.judge(session, item.id, people[name], {"level": level}, "", datetime.now(UTC))
        return f"/console/quality/disputes/{item.id}"


def told_program() -> None:
    """Another program is told as leads change."""
    asked = {"name": "crm", "url": "https://example.com/told", "types": ["lead.scored"]}
    with unit_of_work() as session:
        given, now = EndpointIn.model_validate(asked), datetime.now(UTC)
        endpoints.add(session, given, "test", now, get_settings(), False)


def drawn_for_quality(store: Engine, lead: str) -> None:
    """The lead's score is one that somebody is to judge."""
    with unit_of_work(store) as session:
        # As if it had been yesterday: a day is drawn from once it is over.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table, moment, its in (
            ("leads", "known_from", "id"),
            ("lead_scores", "as_of", "lead_id"),
        ):
            earlier = f"UPDATE {table} SET {moment} = {moment} - interval '1 day'"  # noqa: S608
            session.execute(text(f"{earlier} WHERE {its} = :lead"), {"lead": lead})
        day = session.scalars(select(LeadScore.as_of).where(LeadScore.lead_id == lead)).first()
        assert day is not None
        draw_sample(session, day.date(), get_settings(), datetime.now(UTC))


def addresses(lead: str) -> list[str]:
    """From where the links of pages lead to everything else."""
    with unit_of_work() as session:
        asked = list(session.scalars(select(Approval.id)))
    confirmed = f"/console/campaigns/{running.NAME}/stop"
    of_approvals = [f"/console/approvals/{one}" for one in asked]
    moved = f"/console/leads/{lead}/move/lost"
    return [f"/console/leads/{lead}", moved, confirmed, *of_approvals]


def _sent(program: Any, address: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = program.post(address, json=body)
    assert answer.status_code < 300, (address, answer.text)
    return dict(answer.json())

"""Something of each kind for the pages of the console: what a test or a benchmark looks at."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select, text

from leadflow.approvals.tables import Approval
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.channels.port import Uncertain
from leadflow.database.engine import unit_of_work
from leadflow.endpoints import service as endpoints
from leadflow.endpoints.definitions import EndpointIn
from leadflow.quality.service import draw_sample
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from tests.integration.campaigns import running
from tests.integration.campaigns.test_dispatch import Channel, dispatch

FILE = b"id,email,company_size\n1,ada@example.com,40\n2,not an address,50\n"
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
    """There is a salesperson; their id."""
    with unit_of_work() as session:
        rep = {"id": "sam", "name": "Sam Sell", "capacity": 5}
        store_team(session, TeamIn.model_validate({"reps": [rep]}))
        return find_rep(session, "sam").id


def file_sent(program: Any) -> str:
    """A file that is looked at before it is brought in; the address of its page."""
    raw = {"Content-Type": "application/octet-stream"}
    name = {"name": "fair.csv"}
    answer = program.post("/imports", params=name, content=FILE, headers=raw)
    assert answer.status_code == 201, answer.text
    return f"/console/imports/{answer.json()['id']}"


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

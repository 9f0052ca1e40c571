"""A team at work, as those who sell, their manager and marketing find it when they sign in."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import SCOPES
from leadflow.assignment.tables import Rep
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.database.engine import unit_of_work
from leadflow.scoring.tables import ScoreOverride
from tests.browser.conftest import PASSWORD
from tests.integration.test_gateway import BODY

FILE = Path(__file__).parents[2] / "examples" / "leads.csv"
ROWS = 24
REPS: tuple[dict[str, Any], ...] = (
    {"id": "meg", "name": "Meg Manager", "capacity": 0, "active": False},
    {"id": "ann", "name": "Ann Able", "team": "EU", "capacity": 2},
    {"id": "bob", "name": "Bob Best", "team": "EU", "capacity": 5},
)
ROLES = {"meg": ["sales_manager"], "ann": ["sales_rep"], "bob": ["sales_rep"]}
BEST = "Jo Doe, VP of Marketing, TechCorp Inc"
OTHER = "Sue Small, VP of Marketing, Shop GmbH"
JO = {"first_name": "Jo", "last_name": "Doe", "phone": "+1 415 555 0100"}
SUE: dict[str, Any] = {"first_name": "Sue", "last_name": "Small", "email": "sue@shop.example"}
SUE |= {"company_name": "Shop GmbH", "budget": 9000}
WHY = "Met them at the fair"


@dataclass(frozen=True)
class World:
    """Ids of the leads of Ann, who has no room for more; a score of the better one waits for a
    manager."""

    best: str
    other: str


def made(console: str) -> World:
    """Ann, Bob, and Meg, who leads them, can sign in; Ann, who was alone when they came, has both
    leads."""
    _team(REPS[:2])
    with unit_of_work() as session:
        headers = {"X-API-Key": create_key(session, "test", SCOPES)}
    with httpx.Client(base_url=console, headers=headers, timeout=120) as program:
        best, other = (_given_to_ann(program, BODY | who) for who in (JO, SUE))
        override = {"new_score": 5, "reason": WHY}
        asked = program.post(f"/leads/{best}/score-override", json=override)
        assert asked.status_code < 300, asked.text
    _team(REPS)
    with unit_of_work() as session:
        for name, roles in ROLES.items():
            rep = session.scalars(select(Rep.id).where(Rep.external_id == name)).one()
            add_person(session, name, name, roles, "test", rep_id=rep, password=PASSWORD)
    return World(best, other)


def _team(reps: Sequence[dict[str, Any]]) -> None:
    teams = [{"name": "EU", "manager": "meg"}]
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate({"reps": reps, "teams": teams}))


def _given_to_ann(program: Any, body: dict[str, Any]) -> str:
    answer = program.post("/leads", json=body).json()
    assert answer["owner"]["name"] == "Ann Able"
    return str(answer["lead"]["id"])


def override_comes_into_force(lead_id: str) -> None:
    """Wait until the decision about the lead's score is carried out."""
    deadline = time.monotonic() + 60
    while True:
        with unit_of_work() as session:
            override = session.scalars(select(ScoreOverride)).one()
            if override.status == "active":
                break
        assert time.monotonic() < deadline, "nobody carried the decision out"
        time.sleep(0.1)
    assert override.lead_id == lead_id

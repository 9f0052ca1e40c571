"""A small market, and people who look at it: Ann and Bob in the team of Mary, Max in another."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.privacy.name_index import name_index
from tests.integration.test_forms import PASSWORD, Browser

NOW = datetime.now(UTC)
TEAM = {
    "fallback_owner": "max",
    "teams": [{"name": "North", "manager": "mary"}],
    "reps": [
        {"id": "mary", "name": "Mary Manager", "capacity": 9, "team": "North"},
        {"id": "ann", "name": "Ann Able", "capacity": 9, "team": "North"},
        {"id": "bob", "name": "Bob Best", "capacity": 3, "team": "North"},
        {"id": "max", "name": "Max Other"},
    ],
}
PEOPLE = {
    "mary": "sales_manager",
    "ann": "sales_rep",
    "bob": "sales_rep",
    "mark": "marketing_manager",
    "olga": "operator",
}
Made = Callable[..., str]


@pytest.fixture
def team(store: Engine) -> dict[str, str]:
    """Our ids of the salespeople, by the company's."""
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        found = {one["id"]: find_rep(session, str(one["id"])).id for one in TEAM["reps"]}  # type: ignore[index]
        for name, role in PEOPLE.items():
            add_person(
                session, name, name, [role], "test", rep_id=found.get(name), password=PASSWORD
            )
    return found


@pytest.fixture
def made(team: dict[str, str]) -> Made:
    """Makes a lead, which somebody has or nobody; returns its id."""
    count = iter(range(1000))

    def make(first: str = "Ada", last: str = "Stone", rep: str | None = None, **own: object) -> str:
        at = NOW - timedelta(hours=1) + timedelta(seconds=next(count))
        with unit_of_work() as session:
            lead = Lead(
                source="web", created_at=at, known_from=at, first_name=first, last_name=last
            )
            lead.first_name_index, lead.last_name_index = name_index(first), name_index(last)
            for name, value in own.items():
                setattr(lead, name, value)
            session.add(lead)
            session.flush()
            if rep is not None:
                given = {"strategy": "hybrid", "reason": "t", "source": "sweep", "assigned_by": "t"}
                session.add(Assignment(lead_id=lead.id, rep_id=team[rep], assigned_at=at, **given))
            return lead.id

    return make


@pytest.fixture
def seen_by(anonymous: TestClient, team: dict[str, str]) -> Iterator[Callable[[str], Browser]]:
    """Somebody who has signed in, by their username."""
    yield lambda username: Browser(anonymous, username)
    anonymous.cookies.clear()

"""Every route, every role, one's own and another team's object: as the API's description declares.

The expectation is read from ``x-permission`` and ``x-roles`` in the OpenAPI document; the test asks
each route for real and sees whether it lets the caller through to what it does.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import INTEGRATION, SCOPES, Role
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.assignment.work.handover import find_rep
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from tests.deciders import signed_in_already
from tests.examples import LONG

TEAM = {
    "teams": [
        {"name": "North", "manager": "north-boss"},
        {"name": "South", "manager": "south-boss"},
    ],
    "reps": [
        {"id": "north-boss", "name": "NB", "capacity": 9, "team": "North"},
        {"id": "north-one", "name": "N1", "capacity": 9, "team": "North"},
        {"id": "north-two", "name": "N2", "capacity": 9, "team": "North"},
        {"id": "south-boss", "name": "SB", "capacity": 9, "team": "South"},
    ],
}
# Whose lead or salesperson the address names, and who reaches it by which reach.
REACHED_BY = {
    "own": {"all", "team", "own"},
    "colleague": {"all", "team"},
    "stranger": {"all"},
    "nobody": {"all", "team", "own"},
}
# Those between them are asked by ``make test-long`` too.
FURTHEST = ("own", "stranger")
PROGRAMS: dict[str, Collection[str]] = {"integration": INTEGRATION, "program": SCOPES}
OWNERS = {"own": "north-one", "colleague": "north-two", "stranger": "south-boss", "nobody": None}


@pytest.fixture
def world(store: Engine) -> dict[str, dict[str, str]]:
    """A lead of each owner, and the salesperson's id."""
    found: dict[str, dict[str, str]] = {}
    with unit_of_work() as session:
        store_team(session, TeamIn.model_validate(TEAM))
        for whose, rep in OWNERS.items():
            lead = Lead(source="test", known_from=datetime.now(UTC))
            session.add(lead)
            session.flush()
            rep_id = "rep_none" if rep is None else find_rep(session, rep).id
            if rep is not None:
                session.add(
                    Assignment(
                        lead_id=lead.id,
                        rep_id=rep_id,
                        strategy="skill_based",
                        reason="test",
                        source="sweep",
                        assigned_by="test",
                    )
                )
            found[whose] = {"lead_id": lead.id, "rep_id": rep_id}
    return found


@pytest.fixture
def callers(store: Engine, world: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """The headers of somebody of each role, and of two programs."""
    headers = {}
    with unit_of_work() as session:
        for role in Role:
            rep = {"sales_rep": "own", "sales_manager": None}.get(role.value, "")
            rep_id = world["own"]["rep_id"] if rep == "own" else None
            if rep is None:
                rep_id = find_rep(session, "north-boss").id
            person = add_person(session, role.value, role.value, [role], "test", rep_id=rep_id)
            token = signed_in_already(session, person)
            headers[role.value] = {"Authorization": f"Bearer {token}"}
        for name, scopes in PROGRAMS.items():
            headers[name] = {"X-API-Key": create_key(session, name, sorted(scopes))}
    return headers


def routes(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Each method and path with its permission and how far each role reaches."""
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            if "x-permission" in said:
                yield method, path, said["x-permission"], said["x-roles"]


def address(path: str, objects: dict[str, str]) -> str:
    for name in ("lead_id", "rep_id"):
        path = path.replace(f"{{{name}}}", objects[name])
    while "{" in path:
        path = path[: path.index("{")] + "none" + path[path.index("}") + 1 :]
    return path


def refused(answer: Any) -> bool:
    """Whether the caller was kept out, by the permission or because it is somebody else's."""
    kinds = {"/problems/not-allowed", "/problems/not-yours", "/problems/sign-in-required"}
    return answer.status_code in (401, 403) and answer.json()["type"] in kinds


def test_every_route_lets_in_whom_it_declares_and_nobody_else(
    anonymous: TestClient, callers: dict[str, dict[str, str]], world: dict[str, dict[str, str]]
) -> None:
    asked, wrong = 0, []
    for method, path, permission, roles in routes(anonymous.get("/openapi.json").json()):
        named = "{lead_id}" in path or "{rep_id}" in path
        asked_of = OWNERS if LONG else FURTHEST
        for whose in asked_of if named else ("nobody",):
            if whose == "nobody" and "{rep_id}" in path:
                continue
            let_in = {
                caller: _let_in(caller, roles, permission, REACHED_BY[whose] if named else None)
                for caller in callers
            }
            for caller in let_in if LONG else _some(let_in, asked):
                headers, expected = callers[caller], let_in[caller]
                if method == "delete" and path == "/session":
                    continue
                # A body that nothing accepts, of another version than there is: whoever is let in
                # is told so, and changes nothing.
                answer = anonymous.request(
                    method,
                    address(path, world[whose]),
                    headers=headers | {"If-Match": '"another"'},
                    content=b"\xff",
                )
                asked += 1
                if refused(answer) is expected:
                    wrong.append((method, path, caller, whose, answer.status_code))
    assert wrong == []
    assert asked > (400 if LONG else 300)


def _let_in(
    caller: str, roles: dict[str, str], permission: str, reaching: Collection[str] | None
) -> bool:
    """Whether this caller may ask it, of an object that who has one of these reaches gets to."""
    reach = roles.get(caller)
    if caller in PROGRAMS:
        reach = "all" if permission in PROGRAMS[caller] else None
    return reach is not None and (reaching is None or reach in reaching)


def _some(let_in: dict[str, bool], number: int) -> list[str]:
    """One who is let in and one who is not, others each time."""
    able = [caller for caller, may in let_in.items() if may]
    unable = [caller for caller, may in let_in.items() if not may]
    return [those[number % len(those)] for those in (able, unable) if those]


def test_nobody_gets_in_without_a_key_or_a_sign_in(anonymous: TestClient) -> None:
    for method, path, _, _ in routes(anonymous.get("/openapi.json").json()):
        assert anonymous.request(method, path).status_code == 401, (method, path)


def test_pages_send_strangers_to_the_sign_in_and_declare_their_permission(
    anonymous: TestClient,
) -> None:
    from leadflow.gateway.http.permissions import PUBLIC, every_route, permission_of

    pages = [
        route
        for route in every_route(anonymous.app)  # type: ignore[arg-type]
        if route.path.startswith("/console") and route.path not in PUBLIC
    ]
    assert len(pages) >= 12
    for route in pages:
        assert permission_of(route) is not None
        for method in route.methods or ():
            path = route.path.replace("{subject:path}", "x").replace("{", "").replace("}", "")
            answer = anonymous.request(method, path, follow_redirects=False)
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/console/sign-in?next=")

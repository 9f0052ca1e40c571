"""Every page of the console and every form of it, as every role: as its route declares."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from leadflow.accounts.permissions import Role, reach
from leadflow.accounts.signing_in import form_token
from leadflow.gateway.http.permissions import PUBLIC, every_route, permission_of
from leadflow.gateway.http.security import COOKIE
from tests.examples import LONG
from tests.integration.test_permissions import (
    FURTHEST,
    OWNERS,
    PROGRAMS,
    REACHED_BY,
    address,
    callers,
    world,
)

__all__ = ["callers", "world"]
KEPT_OUT = ("You may not do this", "This is somebody else", "not of your sign-in")
# Each role and whom it lets in by the heading of the page; ``{subject}`` is of the audit log, which
# says itself whose it shows.
OWN_WORD = {"/console/audit/{subject:path}"}


def kept_out(answer: Any) -> bool:
    """Whether the page says that it is not for this caller."""
    return answer.status_code == 403 and any(words in answer.text for words in KEPT_OUT)


def test_every_page_and_form_lets_in_whom_its_route_declares_and_nobody_else(
    anonymous: TestClient, callers: dict[str, dict[str, str]], world: dict[str, dict[str, str]]
) -> None:
    asked, wrong = 0, []
    for route in every_route(anonymous.app):  # type: ignore[arg-type]
        permission = permission_of(route)
        leaves = route.path == "/console/sign-out"
        if not route.path.startswith("/console") or permission is None or leaves:
            continue
        named = "{lead_id}" in route.path or "{rep_id}" in route.path
        for whose in (OWNERS if LONG else FURTHEST) if named else ("nobody",):
            for role in Role:
                found = reach(permission, frozenset([role]))
                let_in = found is not None and (not named or found in REACHED_BY[whose])
                for method in route.methods or ():
                    token = callers[role]["Authorization"].removeprefix("Bearer ")
                    answer = _asked(anonymous, method, address(route.path, world[whose]), token)
                    asked += 1
                    if route.path not in OWN_WORD and kept_out(answer) is let_in:
                        wrong.append((method, route.path, role.value, whose, answer.status_code))
    assert wrong == []
    assert asked > 300


def _asked(client: TestClient, method: str, path: str, token: str) -> Any:
    """A page as it is; a form with nothing in it, which does nothing."""
    client.cookies.clear()
    sent = {"x-csrf-token": form_token(token)} if method == "POST" else {}
    headers = sent | {"Cookie": f"{COOKIE}={token}"}
    return client.request(method, path, headers=headers, follow_redirects=False)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_sees_no_page_that_only_people_may_see(
    anonymous: TestClient, callers: dict[str, dict[str, str]], program: str
) -> None:
    for route in every_route(anonymous.app):  # type: ignore[arg-type]
        permission = permission_of(route)
        if not route.path.startswith("/console") or permission is None or "{" in route.path:
            continue
        if route.path in PUBLIC or "GET" not in (route.methods or ()):
            continue
        headers = callers[program]
        answer = anonymous.get(route.path, headers=headers, follow_redirects=False)
        assert kept_out(answer) is (permission not in PROGRAMS[program]), route.path

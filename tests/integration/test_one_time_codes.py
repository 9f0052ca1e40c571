"""A one-time code is shown to the person it was sent to, and to nobody else, on no page."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from shutil import rmtree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from starlette.routing import Route

from leadflow.accounts import signing_in
from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import SCOPES, Role
from leadflow.accounts.tables import Person
from leadflow.approvals import service as approvals
from leadflow.approvals.codes import blanked
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.routers import ROUTERS
from leadflow.gateway.http.security import COOKIE
from leadflow.integrations.notifications.mailbox import folder_of, serve
from leadflow.settings import Settings, get_settings
from tests.deciders import signed_in_already
from tests.examples import LONG
from tests.integration.test_notifications import QUESTION, deliver, inbox
from tests.servers import free_port


@pytest.fixture
def mailing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The gateway's own local mail server, with nothing in it yet."""
    settings = get_settings()
    monkeypatch.setattr(settings, "smtp_port", free_port())
    rmtree(folder_of(settings), ignore_errors=True)
    server = serve(settings)
    yield settings
    server.stop()
    rmtree(folder_of(settings))


def signed_in_as(
    store: Engine, username: str, role: str, address: str | None = None
) -> tuple[str, str]:
    """An account of this role with an address; its id and the token of its session."""
    address = address or f"{username}@example.com"
    with unit_of_work() as session:
        person = add_person(session, username, username, [role], "test", address)
        return person.id, signed_in_already(session, person)


def looks(client: TestClient, approval_id: str) -> Iterator[str]:
    """Every page and every address that is only looked at."""
    pages = [
        route.path for router in ROUTERS for route in router.routes if isinstance(route, Route)
    ]
    described = client.get("/openapi.json").json()["paths"]
    for path in (*pages, *(path for path, said in described.items() if "get" in said)):
        yield re.sub(r"{[^}]*}", "none", path.replace("{approval_id}", approval_id))


def test_every_page_and_address_keeps_it_from_everybody_else(
    mailing: Settings, anonymous: TestClient, store: Engine
) -> None:
    now = datetime.now(UTC)
    signed_in_as(store, "dana", "data_scientist")
    with unit_of_work() as session:
        approval_id = approvals.propose(session, QUESTION, now).id
    deliver(store, mailing)
    [asked] = inbox(mailing, "dana")
    found = re.search(r"code: (\S+)", asked.text)
    assert found is not None
    code = found[1]
    others = [signed_in_as(store, f"other_{role.value}", role.value)[1] for role in Role]
    with unit_of_work() as session:
        program = create_key(session, "program", sorted(SCOPES))
    answered = 0
    callers = [*({"Cookie": f"{COOKIE}={other}"} for other in others), {"X-API-Key": program}]
    for number, path in enumerate(looks(anonymous, approval_id)):
        # What names the approval is asked for by all of them, everything else by one in turn, and
        # by all with `make test-long`.
        everybody = LONG or approval_id in path
        for headers in callers if everybody else (callers[number % len(callers)],):
            answer = anonymous.get(path, headers=headers)
            answered += answer.status_code == 200
            assert code not in answer.text, (path, headers)
            assert code.replace("-", "") not in answer.text, (path, headers)
    assert answered > (100 if LONG else 20)


def test_an_admin_who_took_over_an_address_reads_no_code_that_was_sent_to_it(
    mailing: Settings, anonymous: TestClient, store: Engine
) -> None:
    person_id, _ = signed_in_as(store, "dana", "data_scientist")
    with unit_of_work() as session:
        approvals.propose(session, QUESTION, datetime.now(UTC))
    deliver(store, mailing)
    with unit_of_work() as session:
        person = session.get_one(Person, person_id)
        person.email = person.email_index = None
    signed_in_as(store, "root", "admin", "dana@example.com")
    seen = anonymous.get("/console/mail", headers={"Cookie": f"{COOKIE}={signing_in.PREFIX}root"})
    assert "····-····" in seen.text


def test_only_what_looks_like_a_code_is_blanked() -> None:
    text = "The text-based code: K7QF-2M9P, LEAD-2026 for WELL-KNOWN ids: lead_01a2-b3c4."
    assert "K7QF" not in blanked(text)
    assert blanked(text).startswith("The text-based code: ····-····, LEAD-2026 for WELL-KNOWN")

"""No page says anything by a name of ours: of a module, a table, a column, a value of one, a role,
an act, a kind of decision. Configuration, which is written by such names, stands in a field of its
own or as code."""

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import CheckConstraint, Engine

import leadflow
from leadflow.accounts.people import add_person
from leadflow.accounts.permissions import Role
from leadflow.approvals.decision_kinds import KINDS
from leadflow.approvals.policy_store import current_policies
from leadflow.database.engine import unit_of_work
from leadflow.outbox.acts import ACTS
from leadflow.tables import metadata
from tests import console_world
from tests.deciders import signed_in_already
from tests.pages import found_pages, is_page, page_routes

pytestmark = pytest.mark.uncounted
# What is written by such names stands in these.
AS_WRITTEN = re.compile(r"<(script|style|code|pre|textarea|svg)\b.*?</\1>", re.DOTALL)
NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


def names_of_ours() -> set[str]:
    """Every name with an underscore by which the program calls something."""
    modules = Path(leadflow.__path__[0]).rglob("*.py")
    found = {module.stem for module in modules}
    for table in metadata.tables.values():
        found |= {table.name, *table.columns.keys()}
        checks = (one for one in table.constraints if isinstance(one, CheckConstraint))
        found |= {name for check in checks for name in NAME.findall(str(check.sqltext))}
    found |= {role.value for role in Role} | KINDS.keys() | ACTS.keys()
    with unit_of_work() as session:
        found |= {one.policy for one in current_policies(session)[1].policies}
    return {name for name in found if "_" in name}


@pytest.fixture
def addresses(store: Engine, client: TestClient) -> list[str]:
    """Something of each kind, and from where it is reached."""
    leaves = f"/console/team/{console_world.in_a_team()}/leaving"
    lead = console_world.made_over_http(client)
    file = console_world.file_sent(client)
    console_world.in_campaign(lead)
    console_world.told_program()
    console_world.drawn_for_quality(store, lead)
    return [*console_world.addresses(lead), file, leaves]


@pytest.fixture
def admin(client: TestClient) -> dict[str, str]:
    """The headers of somebody who sees everything."""
    with unit_of_work() as session:
        person = add_person(session, "root", "Ruth Root", ["admin"], "test")
        return {"Authorization": f"Bearer {signed_in_already(session, person)}"}


def test_no_page_says_a_name_of_ours(
    client: TestClient, addresses: list[str], admin: dict[str, str]
) -> None:
    client.headers.pop("X-API-Key")
    # What a file calls its columns is shown as it is.
    of_the_file = set(console_world.FILE.decode().partition("\n")[0].split(","))
    ours, said = names_of_ours() - of_the_file, dict[str, set[str]]()

    def read(address: str) -> str | None:
        answer = client.get(address, headers=admin, follow_redirects=False)
        if answer.status_code != 200 or not is_page(answer.text):
            return None
        shown = unescape(re.sub(r"<[^>]*>", " ", AS_WRITTEN.sub(" ", answer.text)))
        if named := set(NAME.findall(shown)) & ours:
            said[address] = named
        return answer.text

    found = found_pages(page_routes(client.app), read, addresses)  # type: ignore[arg-type]
    assert len(found) > 30
    assert said == {}

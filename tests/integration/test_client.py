"""The Python client, made anew from today's description of the API, calls a gateway."""

import asyncio
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Engine

from clients.python.generate import HERE, generate
from leadflow.accounts.keys import ANYBODY, create_key
from leadflow.accounts.permissions import INTEGRATION
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.services import gateway
from tests.gateways import application
from tests.servers import free_port, started

pytestmark = [pytest.mark.uncounted]
EXAMPLE = HERE / "examples" / "bring_leads.py"
MOST = 40  # requests a minute


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the client in it, from which it can be imported."""
    folder = tmp_path_factory.mktemp("client")
    generate(folder, application().openapi())
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def address(engine: Engine) -> Iterator[str]:
    """A gateway that takes few requests a minute, for the whole of this file."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LEADFLOW_REQUESTS_PER_KEY", str(MOST))
        settings = Settings(
            gateway_port=free_port(), prefect_port=free_port(), model_name="nothing-promoted"
        )
        running: Iterator[Child] = started(gateway(settings), settings)
        next(running)
    yield settings.gateway_url
    running.close()  # type: ignore[attr-defined]


@pytest.fixture
def key(store: Engine) -> str:
    with unit_of_work() as session:
        return create_key(session, f"website {uuid4()}", INTEGRATION, [ANYBODY])


def test_a_file_and_figures_are_answered_with_their_content(made: Path) -> None:
    from leadflow_client import AuthenticatedClient
    from leadflow_client.api.leads import read_file
    from leadflow_client.api.operation import metrics
    from leadflow_client.types import File

    for kind, content in (("text/csv; charset=utf-8", b"id\n1\n"), ("application/x", b"PAR1\xff")):
        answer = httpx.Response(200, content=content, headers={"Content-Type": kind})
        transport = httpx.MockTransport(lambda _, answer=answer: answer)
        client = AuthenticatedClient(
            base_url="http://gateway.test", token="x", httpx_args={"transport": transport}
        )
        file = read_file.sync(export_id="export_1", client=client)
        assert isinstance(file, File)
        assert file.payload.read() == content
    assert metrics.sync(client=client) == content.decode(errors="replace")


def test_a_lead_is_created_found_and_edited_and_what_is_refused_is_a_problem(
    made: Path, address: str, key: str
) -> None:
    from leadflow_client import AuthenticatedClient
    from leadflow_client.api.leads import change_lead, create_lead, read_lead, search_leads
    from leadflow_client.models import (
        LeadAnswer,
        LeadEdit,
        LeadIn,
        LeadSearch,
        LeadSearchWhereType0,
        LeadView,
        ProblemOut,
    )

    client = AuthenticatedClient(base_url=address, token=key)
    lead = LeadIn(email="ada@example.com", company_size=5000, source="fair")
    answer = create_lead.sync(client=client, body=lead, idempotency_key="1")
    assert isinstance(answer, LeadAnswer)
    assert answer.created
    again = create_lead.sync(client=client, body=lead, idempotency_key="1")
    assert isinstance(again, LeadAnswer)
    assert again.lead.id == answer.lead.id

    where = LeadSearchWhereType0.from_dict(
        {"company_size": {"operator": "greater_than", "value": 1000}}
    )
    found = search_leads.sync(client=client, body=LeadSearch(where=where, status="open"))
    assert [one.id for one in found.items] == [answer.lead.id]
    assert found.next_ is None

    read = read_lead.sync_detailed(answer.lead.id, client=client)
    edit = LeadEdit(budget=40_000.0, currency="EUR")
    tag = read.headers["ETag"]
    changed = change_lead.sync(answer.lead.id, client=client, body=edit, if_match=tag)
    assert isinstance(changed, LeadView)
    assert changed.lead.budget == 40_000.0
    # What the edit does not say has stayed.
    [listed] = search_leads.sync(client=client, body=LeadSearch(source=["fair"])).items
    assert listed.id == answer.lead.id

    late = change_lead.sync(answer.lead.id, client=client, body=edit, if_match=tag)
    assert isinstance(late, ProblemOut)
    assert (late.status, late.type_) == (412, "/problems/changed-meanwhile")
    other = LeadIn(email="grace@example.com")
    reused = create_lead.sync(client=client, body=other, idempotency_key="1")
    assert isinstance(reused, ProblemOut)
    assert (reused.status, reused.type_) == (409, "/problems/idempotency-key-reused")
    for _ in range(MOST):
        many = read_lead.sync_detailed(answer.lead.id, client=client)
        if many.status_code == 429:
            break
    assert isinstance(many.parsed, ProblemOut)
    assert many.parsed.type_ == "/problems/too-many-requests"
    assert int(many.headers["Retry-After"]) > 0


def test_many_are_called_at_once(made: Path, address: str, key: str) -> None:
    from leadflow_client import AuthenticatedClient
    from leadflow_client.api.leads import create_lead, list_leads
    from leadflow_client.models import LeadIn

    async def ask() -> tuple[set[str], set[str]]:
        async with AuthenticatedClient(base_url=address, token=key) as client:
            sent = (
                create_lead.asyncio(client=client, body=LeadIn(email=f"{name}@example.com"))
                for name in ("ada", "grace", "mary")
            )
            answers: Any = await asyncio.gather(*sent)
            page: Any = await list_leads.asyncio(client=client)
        return {one.lead.id for one in answers}, {one.id for one in page.items}

    created, listed = asyncio.run(ask())
    assert len(created) == 3
    assert created == listed


def test_nobody_without_a_key_is_answered(made: Path, address: str) -> None:
    from leadflow_client import AuthenticatedClient
    from leadflow_client.api.leads import list_leads
    from leadflow_client.models import ProblemOut

    answer = list_leads.sync(client=AuthenticatedClient(base_url=address, token="lf_none"))
    assert isinstance(answer, ProblemOut)
    assert answer.status == 401


def test_the_example_does_what_it_says(made: Path, address: str, key: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), address],
        env=os.environ | {"PYTHONPATH": str(made), "LEADFLOW_KEY": key},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "3 leads of the fair" in done.stdout
    assert "budget now 11000.00" in done.stdout


@pytest.mark.long
def test_the_example_is_typed(made: Path) -> None:
    # As installed: what is wrong in the package itself is not the business of who uses it.
    words = ("-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", str(EXAMPLE))
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"MYPYPATH": str(made)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_it_is_built_with_what_was_made(made: Path, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md"):
        (made / name).write_text((HERE / name).read_text())
    words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(made))
    subprocess.run([sys.executable, *words], check=True, timeout=300)
    [wheel] = tmp_path.glob("leadflow_client-*.whl")
    assert wheel.stat().st_size > 100_000


def test_it_has_the_version_of_the_api() -> None:
    ours, theirs = (
        tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
        for folder in (HERE, HERE.parents[1])
    )
    assert ours == theirs

"""After a launch every difference to its preview has a reason, lead by lead, and they add up."""

from datetime import UTC, datetime
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.people import actor_of
from leadflow.campaigns.auditing import audited, counted
from leadflow.campaigns.definitions.reading import read_campaigns
from leadflow.campaigns.enrolling.service import enrol_one
from leadflow.campaigns.launching import ask_to_launch, carry_out
from leadflow.campaigns.store import service
from leadflow.database.engine import unit_of_work
from leadflow.workflow.catalogue import ACTIONS, model_of
from tests.deciders import settle, somebody
from tests.integration.campaigns.running import NAME, STEPS, sweep
from tests.integration.workflow import acting
from tests.unit.campaigns.written import campaign

ENTER = {"when": {"industry": {"operator": "equals", "value": "retail"}}}


def asked_to_launch(**others: Any) -> str:
    """Store a campaign for retailers, and ask whether it may be launched."""
    now = datetime.now(UTC)
    said = campaign(STEPS, purpose="service", enter=ENTER, **others)
    given = read_campaigns({"campaigns": {NAME: said}}, model_of(ACTIONS.values()))
    with unit_of_work() as session:
        service.apply(session, given, "test", now)
        asker = actor_of(somebody(session, "mary", "marketing_manager"))
        asked = ask_to_launch(session, NAME, asker, now)
    assert asked is not None
    return asked


def launch(asked: str) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        settle(session, asked, now)
        carry_out(session, {"approval_id": asked, "campaign": NAME}, now)


def found() -> dict[str, tuple[str | None, str]]:
    with unit_of_work() as session:
        rows = audited(session, NAME, datetime.now(UTC))
        assert sum(count for *_, count in counted(rows)) == len(rows)
        return {one.lead_id: (one.previewed, one.became) for one in rows}


def test_each_difference_has_its_reason(store: Engine, client: TestClient) -> None:
    stays, gone, changes, merges, into = (
        acting.take(email=f"{name}@example.com", industry="retail")
        for name in ("stays", "gone", "changes", "merges", "into")
    )
    late = acting.take(email="late@example.com", industry="energy")
    named = acting.take(email="named@example.com", industry="energy")
    asked = asked_to_launch()
    assert client.delete(f"/leads/{gone}").status_code == 204
    acting.edit(changes, industry="energy")
    acting.edit(late, industry="retail")
    assert client.post(f"/leads/{into}/merge", json={"other": merges, "reason": "x"}).is_success
    launch(asked)
    assert found()[stays] == ("enrolled", "not_yet")
    with unit_of_work() as session:
        enrol_one(session, NAME, named, "test", datetime.now(UTC))
    sweep()
    assert found() == {
        stays: ("enrolled", "came_in"),
        into: ("enrolled", "came_in"),
        gone: ("enrolled", "deleted"),
        changes: ("enrolled", "fits_no_more"),
        merges: ("enrolled", "merged"),
        late: (None, "fits_since"),
        named: (None, "by_person"),
    }


def test_whoever_is_held_out_was_previewed_so(store: Engine) -> None:
    leads = [acting.take(email=f"n{n}@example.com", industry="retail") for n in range(12)]
    launch(asked_to_launch(holdout=50))
    sweep()
    told = set(found().values())
    assert told <= {("enrolled", "came_in"), ("held_out", "held_out")}
    assert len(found()) == len(leads)

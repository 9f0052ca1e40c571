"""The first page of those who look after campaigns, models and Leadflow itself: the answer, and no
block of what one may not see."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.people import add_person
from leadflow.analytics.coming_in import coming_in
from leadflow.consent.log import Told
from leadflow.consent.telling import tell
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.learning.tables import TrainingRun
from leadflow.scoring.monitoring.standing_now import model_standing
from leadflow.scoring.monitoring.tables import ModelCheck
from leadflow.settings import get_settings
from leadflow.sources.definitions import parse_sources
from leadflow.sources.service import apply
from leadflow.sources.tables import Delivery
from tests.deciders import signed_in_already

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
BLOCKS = ("strain", "week", "stuck", "model", "coming", "morning", "leads")
SEES = {
    "sales_rep": set(),
    "sales_manager": set(),
    "marketing_manager": {"coming"},
    "data_scientist": {"model"},
    "analyst": set(),
    "operator": {"stuck"},
    "admin": {"stuck", "model", "coming"},
}


@pytest.mark.parametrize(("role", "blocks"), SEES.items(), ids=SEES)
def test_a_role_sees_its_own_blocks_and_no_other(
    anonymous: TestClient, role: str, blocks: set[str]
) -> None:
    with unit_of_work() as session:
        token = signed_in_already(session, add_person(session, role, role, [role], "test"))
    headers = {"Authorization": f"Bearer {token}"}
    answer = anonymous.get("/console", headers=headers)
    assert answer.status_code == 200, answer.text[-2000:]
    assert {one for one in BLOCKS if f'<section id="{one}"' in answer.text} == blocks
    assert "Nothing waits for you." in answer.text
    counted = anonymous.get("/console/segments-now", headers=headers)
    assert counted.status_code == (403 if role in ("sales_rep", "data_scientist") else 200)
    if counted.status_code == 200:
        assert "0 segments</h1>" in counted.text
        part = anonymous.get("/console/segments-now", headers=headers | {"HX-Request": "true"})
        assert "<html" not in part.text
        assert 'id="counted"' in part.text


def test_the_model_stands_as_its_last_check_and_training_say(store: Engine) -> None:
    settings = get_settings()
    with unit_of_work() as session:
        assert model_standing(session, settings).words == "Nothing is to be done"
        served, other = "rubric 1", "model 7"
        for days, version, moved, reasons in (
            (3, served, ["Budget"], ["Too few convert."]),
            (2, served, ["Budget"], []),
            # Of what does not serve any more: it says nothing of what does.
            (1, other, [], ["Too few convert."]),
        ):
            session.add(
                ModelCheck(
                    checked_at=NOW - timedelta(days=days),
                    model_version=version,
                    findings={"moved": moved},
                    reasons=reasons,
                )
            )
        session.add(
            TrainingRun(
                model_name=settings.model_name,
                began_at=NOW,
                leads=500,
                ended_as="kept",
                version="8",
            )
        )
        session.flush()
        found = model_standing(session, settings)
        assert found.words == "Leads have moved; there is no more to learn from yet"
        assert (found.moved, found.serving, found.waits) == (["Budget"], None, None)
        assert [one.version for one in found.trainings] == ["8"]


def test_sources_with_trouble_come_first_and_opt_outs_are_of_a_week(store: Engine) -> None:
    with unit_of_work() as session:
        mapping = {"key": "id", "fields": {"email": "email"}}
        scheme = {"scheme": "standard_webhooks", "mapping": mapping}
        apply(session, parse_sources({"sources": {"shop": scheme, "fair": scheme}}), "test", NOW)
        for number, status in enumerate(("processed", "dead")):
            one = {"source": "shop", "delivery_id": str(number), "body_hash": "", "body": b"{}"}
            session.add(Delivery(status=status, received_at=NOW - timedelta(hours=number), **one))
        leads = [Lead(source="test", known_from=NOW) for _ in range(2)]
        session.add_all(leads)
        session.flush()
        for lead, days in zip(leads, (1, 9), strict=True):
            at = NOW - timedelta(days=days)
            tell(session, [Told(lead.id, False, "told_us", at, "test", "marketing")], at)
        # Last year's, brought in today.
        old = NOW - timedelta(days=300)
        tell(session, [Told(leads[1].id, False, "told_us", old, "test", "marketing")], NOW)
        found = coming_in(session, NOW)
        assert [(one.name, one.dead, one.last) for one in found.sources] == [
            ("shop", 1, NOW),
            ("fair", 0, None),
        ]
        assert (found.opted_out, found.set_aside, found.imports) == (1, 0, [])

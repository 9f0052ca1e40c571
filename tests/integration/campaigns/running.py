"""Campaigns at work in tests: stored, launched, taken on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from leadflow.campaigns.definitions.reading import read_campaigns
from leadflow.campaigns.enrolling.service import enrol_one
from leadflow.campaigns.planning.sweep import Swept, let_in, plan, versions_in_use
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.consent.log import Told, write
from leadflow.consent.telling import tell
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.secret import load_ring
from leadflow.settings import get_settings
from leadflow.workflow.catalogue import ACTIONS, model_of
from tests.servers import free_port
from tests.unit.campaigns.written import campaign

NAME = "series"
STEPS: list[dict[str, Any]] = [
    {"step": "hello", "send": "hello"},
    {"step": "pause", "wait": "P2D"},
    {"step": "again", "send": "again"},
]


def mails_into(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the local mail server of this test keep its mails here; the store and its keys, which are
    found by the home too, stay those that they are."""
    settings = get_settings()
    get_engine()
    monkeypatch.setattr(settings, "secret_key", SecretStr(load_ring(settings).text()))
    monkeypatch.setattr(settings, "home", folder)
    monkeypatch.setattr(settings, "smtp_port", free_port())


def launch(
    steps: list[dict[str, Any]] = STEPS, name: str = NAME, title: str = "A series", **others: Any
) -> None:
    """Store a campaign and let leads come in."""
    now = datetime.now(UTC)
    written: Mapping[str, Any] = {
        "campaigns": {name: campaign(steps, **{"purpose": "service", "name": title, **others})}
    }
    with unit_of_work() as session:
        service.apply(session, read_campaigns(written, model_of(ACTIONS.values())), "test", now)
        service.launch(session, name, "test", now)


def enrol(lead_id: str, name: str = NAME, key: str = "") -> str:
    """Let a lead come in now; its enrolment's id."""
    with unit_of_work() as session:
        return enrol_one(session, name, lead_id, "test", datetime.now(UTC), key)


def agree(leads: Sequence[str]) -> None:
    """These leads have agreed to marketing, long ago."""
    now = datetime.now(UTC)
    before = now - timedelta(days=10)
    with unit_of_work() as session:
        told = [Told(one, True, "form", before, one, basis="consent") for one in leads]
        write(session, told, before)


def say_no(lead: str, ago: timedelta = timedelta()) -> None:
    """A lead has told one of us that it wants no more marketing."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        tell(session, [Told(lead, False, "told_us", now - ago, "test")], now)


def sweep(later: timedelta = timedelta()) -> Swept:
    """What a run of ``plan_campaigns`` would do so much later."""
    done, now = Swept(), datetime.now(UTC) + later
    with unit_of_work() as session:
        service.want_what_counts(session)
        for name, version in versions_in_use(session):
            done += Swept(let_in(session, name, version, now))
            done += plan(session, name, version, now)
    return done


def hand_over(late: timedelta = timedelta()) -> None:
    """Have every message that is planned taken by the mail server, so long after it was due."""
    at = CampaignMessage.due_at + late
    these = update(CampaignMessage).where(CampaignMessage.status == "planned")
    with unit_of_work() as session:
        session.execute(these.values(status="accepted", handed_at=at, sent_at=at))


def planned() -> list[tuple[str, str]]:
    """The step and status of every message, as they were planned."""
    with unit_of_work() as session:
        rows = select(CampaignMessage.step, CampaignMessage.status).order_by(CampaignMessage.id)
        return [(step, status) for step, status in session.execute(rows)]


def enrolments() -> list[Enrolment]:
    """Every enrolment, the oldest first."""
    with unit_of_work() as session:
        return list(session.scalars(select(Enrolment).order_by(Enrolment.id)))


def began_earlier(by: timedelta) -> None:
    """Let everybody have come in so much earlier."""
    with unit_of_work() as session:
        session.execute(
            update(Enrolment).values(
                began_at=Enrolment.began_at - by, entered_at=Enrolment.entered_at - by
            )
        )

"""A message that has not gone out yet says what it waits for."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select, update

from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.looking.waiting import WITHIN_A_MINUTE, why_it_waits
from leadflow.campaigns.tables import CampaignMessage
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import enrol, launch, sweep
from tests.integration.workflow import acting

SOON = timedelta(minutes=1)


def why(step: str, channel: str | None = "sandbox") -> str | None:
    with unit_of_work() as session:
        these = select(CampaignMessage).where(CampaignMessage.step == step)
        return why_it_waits(session, session.scalars(these).one(), channel, datetime.now(UTC))


def become(step: str, **values: object) -> None:
    with unit_of_work() as session:
        of = update(CampaignMessage).where(CampaignMessage.step == step)
        session.execute(of.values(**values))


def test_what_a_message_waits_for_is_said(store: Engine) -> None:
    launch([{"step": "hello", "send": "hello"}, {"step": "again", "send": "again"}])
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    assert why("hello") == WITHIN_A_MINUTE
    assert "comes before it" in (why("again") or "")
    assert why("hello", None) == "Sending is switched off."
    become("hello", due_at=datetime.now(UTC) + SOON)
    assert why("hello") == "It waits until it is due."
    become("hello", status="accepted")
    assert why("hello") is None
    assert why("again") == WITHIN_A_MINUTE
    with unit_of_work() as session:
        circuits.turn(session, "sandbox", datetime.now(UTC), 1)
        circuits.pause(session, "sandbox", "ada", datetime.now(UTC))
    assert why("again") == "Nothing is sent by sandbox now: somebody has stopped it."

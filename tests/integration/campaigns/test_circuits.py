"""While a channel fails by its own fault nothing is claimed for it, and no message pays."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.dispatch.claiming import LEASE
from leadflow.campaigns.dispatch.sending import Dispatched, dispatch_some
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.port import Accepted, Refused
from leadflow.consent.tables import Suppression
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.outbox.consumer import drain
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from leadflow.supervisor import of_the_store
from tests.integration.campaigns.running import STEPS, enrol, launch, sweep
from tests.integration.campaigns.test_dispatch import Channel
from tests.integration.workflow import acting

POLICY = Refused("policy", 550, "5.7.1 Not from you")
NAME = Channel().name


@pytest.fixture
def due(store: Engine) -> list[str]:
    """Six leads, each with a message that is due."""
    launch(STEPS[:1])
    leads = [acting.take(email=f"lead{number}@example.com") for number in range(6)]
    for lead in leads:
        enrol(lead)
    assert sweep().planned == 6
    return leads


def dispatch(channel: Channel, minutes: float = 0, most: int = 100) -> Dispatched:
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    return dispatch_some(get_engine(), get_settings(), channel, now, most)


def messages() -> list[CampaignMessage]:
    with unit_of_work() as session:
        return list(session.scalars(select(CampaignMessage)))


def test_nobody_is_suppressed_nothing_is_claimed_and_no_attempt_counts(due: list[str]) -> None:
    refusing = Channel(POLICY)
    assert dispatch(refusing).ends["later"] == 6
    assert [(row.status, row.attempts) for row in messages()] == [("planned", 0)] * 6
    assert dispatch(refusing, 14).claimed == 0
    # One tries, and it is no attempt of that message either.
    assert dispatch(refusing, 15.1).claimed == 1
    assert dispatch(refusing, 16).claimed == 0
    assert {row.attempts for row in messages()} == {0}
    with unit_of_work() as session:
        assert list(session.scalars(select(Suppression))) == []
    served = Channel(Accepted("ok"))
    assert dispatch(served, 46).claimed == 1
    assert dispatch(served, 46).claimed == 5
    assert Counter(row.status for row in messages()) == {"accepted": 6}


def test_whoever_dies_while_trying_leaves_the_try_to_another(due: list[str]) -> None:
    dispatch(Channel(POLICY))
    now = datetime.now(UTC) + timedelta(minutes=16)
    with unit_of_work() as session:
        assert circuits.turn(session, NAME, now, 100) == circuits.Turn(1, trial=True)
        circuits.trying(session, NAME, now + LEASE)
    assert dispatch(Channel(), 17).claimed == 0
    assert dispatch(Channel(), 27).claimed == 1


def test_admins_are_told_once_and_everybody_sees_it(due: list[str], client: TestClient) -> None:
    assert client.get("/health").json()["parts"]["sending"]["status"] == "ok"
    dispatch(Channel(POLICY))
    dispatch(Channel(POLICY), 16)
    with unit_of_work() as session:
        rows = select(OutboxRow).where(OutboxRow.act == circuits.NOTIFY)
        [told] = session.scalars(rows)
        assert told.payload["channel"] == NAME
    part = client.get("/health").json()["parts"]["sending"]
    assert part["status"] == "down"
    assert NAME not in part["detail"]
    assert of_the_store.channels(get_settings()).mark == "bad"
    drain(get_engine(), get_settings(), lambda: datetime.now(UTC) + timedelta(seconds=1))
    with unit_of_work() as session:
        [row] = session.scalars(select(OutboxRow).where(OutboxRow.act == circuits.NOTIFY))
        assert (row.status, "no admin" in (row.why or "")) == ("nothing_done", True)


def test_a_person_pauses_and_closes(due: list[str]) -> None:
    now = datetime.now(UTC)
    assert dispatch(Channel(), most=1).claimed == 1
    with unit_of_work() as session:
        circuits.pause(session, NAME, "ann", now)
    assert dispatch(Channel(), 60 * 24).claimed == 0
    with unit_of_work() as session:
        with pytest.raises(circuits.ChannelNotSo, match="stopped already"):
            circuits.pause(session, NAME, "ann", now)
        with pytest.raises(circuits.NoSuchChannel, match="leadflow channels"):
            circuits.close(session, "smtp:elsewhere", "ann", now)
        circuits.close(session, NAME, "ann", now)
    assert dispatch(Channel()).claimed == 5

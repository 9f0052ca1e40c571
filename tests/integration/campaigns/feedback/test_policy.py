"""Where receivers will have none of our mail, the channel rests, people are told, nobody pays."""

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.dispatch.sending import dispatch_some
from leadflow.campaigns.feedback.mails import note_mails
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.smtp import Server, Smtp
from leadflow.channels.port import Accepted, Result
from leadflow.consent.tables import Suppression
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.outbox.tables import OutboxRow
from leadflow.settings import get_settings
from tests.integration.campaigns.running import STEPS, enrol, launch, sweep
from tests.integration.workflow import acting
from tests.unit.channels import mail_server
from tests.unit.channels.returned.mails import ADDRESS, KEY, report, status

BLOCKED = report("", status("failed", "5.7.1", "smtp; 550 5.7.1 Blocked by policy"))


def planned(count: int) -> list[str]:
    """So many leads, each with a message that is due."""
    launch(STEPS[:1])
    leads = [acting.take(email=f"lead{number}@example.com") for number in range(count)]
    for lead in leads:
        enrol(lead)
    sweep()
    return leads


def dispatched(server: mail_server.Server, minutes: float = 0) -> Counter[str]:
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    with mail_server.serving(server):
        to = Server("127.0.0.1", server.port, "none", timeout=5)
        with closing(Smtp(to, connections=1, name="smtp:here")) as smtp:
            return dispatch_some(get_engine(), get_settings(), smtp, now).ends


def came_back(leads: list[str]) -> None:
    """Reports of mail servers that the mails of the first of all leads were blocked."""
    with unit_of_work() as session:
        rows = session.execute(select(CampaignMessage.lead_id, CampaignMessage.id))
        of = dict(rows.tuples().all())
        ids = [of[lead] for lead in leads]
        mails = [
            BLOCKED.replace(KEY.encode(), ids[number].encode()).replace(
                ADDRESS.encode(), f"lead{number}@example.com".encode()
            )
            for number in range(len(ids))
        ]
        now = datetime.now(UTC) + timedelta(minutes=1)
        domain = get_settings().sender_email.rpartition("@")[2]
        mails = [mail.replace(b"@example.com>", b"@" + domain.encode() + b">") for mail in mails]
        note_mails(session, mails, [domain], Bounds.of(get_settings()), now)


def state() -> str:
    with unit_of_work() as session:
        return circuits.channels(session)["smtp:here"].state


def notices() -> int:
    with unit_of_work() as session:
        these = select(func.count()).where(OutboxRow.act == circuits.NOTIFY)
        return session.scalar(these) or 0


@pytest.fixture(autouse=True)
def nobody_is_suppressed(store: Engine) -> object:
    yield
    with unit_of_work() as session:
        assert session.scalars(select(Suppression)).all() == []


def test_mails_that_come_back_by_policy_open_the_channel_once() -> None:
    leads = planned(8)
    assert dispatched(mail_server.Server()) == {"accepted": 8}
    came_back(leads[:4])
    came_back(leads[:4])
    assert (state(), notices()) == ("closed", 0)
    came_back(leads[:5])
    assert (state(), notices()) == ("open", 1)
    came_back(leads[:8])
    assert (state(), notices()) == ("open", 1)


def test_late_bounces_of_what_went_before_open_it_no_second_time() -> None:
    leads = planned(12)
    dispatched(mail_server.Server())
    came_back(leads[:5])
    with unit_of_work() as session:
        later = datetime.now(UTC) + timedelta(minutes=20)
        assert not circuits.note(session, "smtp:here", [_taken()], later, tried=True)
    came_back(leads[:12])
    assert (state(), notices()) == ("closed", 1)


def _taken() -> Result:
    return Accepted("250 ok")


def test_refusals_by_policy_between_mails_that_are_taken_open_it_too() -> None:
    planned(14)
    blocked = {f"rcpt_lead{number}": "550 5.7.1 blocked by policy" for number in range(0, 10, 2)}
    ends = dispatched(mail_server.Server(**blocked))
    assert ends["accepted"] == 9
    assert (state(), notices()) == ("open", 1)
    with unit_of_work() as session:
        rows = session.execute(select(CampaignMessage.status, CampaignMessage.attempts)).all()
    assert Counter(tuple(row) for row in rows) == {("accepted", 1): 9, ("planned", 0): 5}

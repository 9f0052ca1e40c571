"""What may have arrived is asked for again only by its key: each mail arrives once, and none is
lost."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from leadflow.campaigns.dispatch.reconciling import (
    Reconciled,
    reconcile_some,
    reconciling_is_due,
)
from leadflow.campaigns.dispatch.sending import dispatch_some
from leadflow.campaigns.leaving import take_out
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.outgoing import MailChannel, Outgoing
from leadflow.channels.email.resend import Resend
from leadflow.channels.port import Result
from leadflow.consent.suppressing import suppress_leads
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from tests.integration.campaigns.running import NAME, STEPS, enrol, launch, sweep
from tests.integration.workflow import acting
from tests.unit.channels import resend_stand_in
from tests.unit.channels.resend_stand_in import API_KEY

MINUTES = timedelta(minutes=11)


class Killed(RuntimeError):
    """The process ends here."""


class Dying(Resend):
    """Hands the mails over, and the process ends before it hears so."""

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        super().send_many(mails)
        raise Killed


@pytest.fixture
def provider() -> Iterator[resend_stand_in.Resend]:
    """Who sends; ``address`` is where it is asked."""
    server = resend_stand_in.Resend()
    with resend_stand_in.serving(server):
        yield server


@pytest.fixture
def due(store: Engine) -> list[str]:
    """Three leads, each with a message that is due."""
    launch(STEPS)
    leads = [acting.take(email=f"{name}@example.com", first_name=name) for name in ("Ada", "Bo")]
    leads.append(acting.take(email="cy@example.com"))
    for lead in leads:
        enrol(lead)
    assert sweep().planned == 3
    return leads


def states() -> Counter[str]:
    with unit_of_work() as session:
        return Counter(session.scalars(select(CampaignMessage.status)))


def dispatch(channel: MailChannel, later: timedelta = timedelta()) -> Counter[str]:
    now = datetime.now(UTC) + later
    with closing(channel):
        return dispatch_some(get_engine(), get_settings(), channel, now).ends


def reconcile(channel: MailChannel, later: timedelta) -> Reconciled:
    now = datetime.now(UTC) + later
    with closing(channel):
        return reconcile_some(get_engine(), get_settings(), channel, now)


def killed(provider: resend_stand_in.Resend) -> None:
    with pytest.raises(Killed):
        dispatch(Dying(API_KEY, address=provider.address))
    assert states() == {"claimed": 3}


def by(provider: resend_stand_in.Resend) -> Resend:
    return Resend(API_KEY, address=provider.address, timeout=2)


def test_a_process_that_died_after_it_handed_over_is_followed_by_the_same_request(
    provider: resend_stand_in.Resend, due: list[str]
) -> None:
    killed(provider)
    assert dispatch(by(provider), MINUTES)["uncertain"] == 3
    with unit_of_work() as session:
        assert reconciling_is_due(session, get_settings(), datetime.now(UTC) + MINUTES)
    done = reconcile(by(provider), MINUTES)
    assert (done.asked, done.ends["accepted"]) == (3, 3)
    assert states() == {"accepted": 3}
    # Asked for twice, sent once.
    assert (provider.asked, len(provider.sent)) == (6, 3)
    with unit_of_work() as session:
        [row, *_] = session.scalars(select(CampaignMessage))
        assert [one["became"] for one in row.story or []] == ["uncertain"]
        assert not reconciling_is_due(session, get_settings(), datetime.now(UTC) + MINUTES)


def test_an_answer_that_was_lost_is_asked_for_again(
    provider: resend_stand_in.Resend, due: list[str]
) -> None:
    provider.script = ["drop", "drop"]
    ends = dispatch(by(provider))
    assert (ends["uncertain"], ends["accepted"]) == (2, 1)
    assert reconcile(by(provider), timedelta(minutes=4)).asked == 0
    assert reconcile(by(provider), timedelta(minutes=6)).ends["accepted"] == 2
    assert len(provider.sent) == 3


def test_after_the_life_of_its_key_it_is_left_to_people(
    provider: resend_stand_in.Resend, due: list[str]
) -> None:
    killed(provider)
    done = reconcile(by(provider), timedelta(hours=23, minutes=51))
    assert (done.asked, done.left) == (0, 3)
    assert states() == {"uncertain": 3}
    assert provider.asked == 3


def test_a_mail_that_would_be_another_by_now_is_left_to_people(
    provider: resend_stand_in.Resend, due: list[str]
) -> None:
    killed(provider)
    with unit_of_work() as session:
        session.get_one(Lead, due[0]).first_name = "Adele"
        session.get_one(Lead, due[0]).last_name = "Lovelace"
    done = reconcile(by(provider), MINUTES)
    assert (done.ends["accepted"], done.ends["uncertain"]) == (2, 1)
    assert len(provider.sent) == 3
    assert provider.asked == 5
    with unit_of_work() as session:
        [row] = session.scalars(
            select(CampaignMessage).where(CampaignMessage.status == "uncertain")
        )
        assert "another mail" in (row.why or "")
        assert row.ask_at is None


def test_a_changed_setting_resends_nothing(
    provider: resend_stand_in.Resend, due: list[str]
) -> None:
    killed(provider)
    other = Resend("re_other", address=provider.address)
    done = reconcile(other, MINUTES)
    assert (done.asked, done.left) == (0, 3)
    assert reconcile(by(provider), MINUTES * 2).asked == 0
    assert states() == {"uncertain": 3}


def test_whoever_says_no_or_leaves_is_not_asked_for_again(
    provider: resend_stand_in.Resend, due: list[str]
) -> None:
    killed(provider)
    dispatch(by(provider), MINUTES)
    with unit_of_work() as session:
        suppress_leads(session, [due[0]], "complaint", "test", datetime.now(UTC))
        take_out(session, NAME, [due[1]], "test", datetime.now(UTC))
    assert reconcile(by(provider), MINUTES).asked == 1
    assert states() == {"uncertain": 2, "accepted": 1}


def test_what_is_refused_after_it_may_have_arrived_stays_uncertain(
    provider: resend_stand_in.Resend, due: list[str]
) -> None:
    killed(provider)
    provider.script = [(429, "daily_quota_exceeded"), (422, "validation_error")]
    done = reconcile(Resend(API_KEY, at_once=1, address=provider.address), MINUTES)
    assert (done.ends["uncertain"], done.ends["accepted"]) == (2, 1)
    assert reconcile(by(provider), MINUTES * 9).ends["accepted"] == 1
    assert states() == {"uncertain": 1, "accepted": 2}

"""Telling whoever launched a campaign, or else the admins, that it has paused itself, or that
answers to its mails are to be read."""

from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person
from leadflow.campaigns.feedback import answers
from leadflow.campaigns.feedback.pausing import NOTIFY
from leadflow.campaigns.feedback.tables import CampaignPause
from leadflow.campaigns.store.service import read_campaign
from leadflow.campaigns.tables import CampaignState
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.messages import answers_to_read, campaign_paused
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.integrations.notifications.told_each import NoticeToEach, admins, have_each_told
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import NOTICES


class PauseNotice(NoticeToEach):
    """Which pause it is about."""

    pause_id: int


def notify_of_pause(order: Order, payload: PauseNotice) -> End:
    """Tell one person, or have each told.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        paused = session.get_one(CampaignPause, payload.pause_id)
        state = session.get_one(CampaignState, paused.campaign)
        if state.state != "paused":
            return NothingDone(f"The campaign is {state.state} by now.")
        if payload.person_id is None:
            people = _people(session, order, state.launched_by)
            return have_each_told(session, order, NOTIFY, payload, people)
        found = account_of(session, payload.person_id)
        name = read_campaign(session, paused.campaign).program.campaign.name
        shares = (
            (paused.complained, paused.sent - paused.bounced)
            if paused.why == "complaints"
            else (paused.bounced, paused.sent)
        )
        campaign, why = paused.campaign, paused.why
    if isinstance(found, NothingDone):
        return found
    send(order, found[1], campaign_paused(campaign, name, why, shares))
    return Done({"told": payload.person_id})


class AnswersNotice(NoticeToEach):
    """Which campaign has mails that were answered; None: that is not known."""

    campaign: str | None


def notify_of_answers(order: Order, payload: AnswersNotice) -> End:
    """Tell one person, or have each told.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        of = None if payload.campaign is None else read_campaign(session, payload.campaign)
        if payload.person_id is None:
            by = None if of is None else session.get_one(CampaignState, of.name).launched_by
            people = _people(session, order, by)
            return have_each_told(session, order, answers.NOTIFY, payload, people)
        found = account_of(session, payload.person_id)
        name = None if of is None else of.program.campaign.name
    if isinstance(found, NothingDone):
        return found
    send(order, found[1], answers_to_read(name))
    return Done({"told": payload.person_id})


def _people(session: Session, order: Order, launched_by: str | None) -> set[str]:
    """Whoever launched it, where a mail reaches them; else the admins."""
    owner = None if launched_by is None else session.get(Person, launched_by)
    if owner is not None and owner.active and owner.email:
        return {owner.id}
    return admins(session, order)


NOTIFY_OF_PAUSED_CAMPAIGN = Outside(
    NOTIFY, NOTICES, PauseNotice, notify_of_pause, repeatable=False, reconcile=was_sent
)
NOTIFY_OF_ANSWERS = Outside(
    answers.NOTIFY,
    NOTICES,
    AnswersNotice,
    notify_of_answers,
    repeatable=False,
    reconcile=was_sent,
)

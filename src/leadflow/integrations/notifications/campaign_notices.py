"""Telling whoever launched a campaign, or else the admins, that it has paused itself."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.accounts.people import people_with
from leadflow.accounts.permissions import Role
from leadflow.accounts.tables import Person
from leadflow.campaigns.feedback.pausing import NOTIFY
from leadflow.campaigns.feedback.tables import CampaignPause
from leadflow.campaigns.store.service import read_campaign
from leadflow.campaigns.tables import CampaignState
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.messages import campaign_paused
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside, Unknown
from leadflow.outbox.lanes import NOTICES
from leadflow.outbox.service import enqueue


class PauseNotice(BaseModel):
    """Which pause it is about, and who is told; nobody named: everybody who is to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pause_id: int
    person_id: str | None


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
            return _for_each(session, order, paused.id, state.launched_by)
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


def _for_each(session: Session, order: Order, pause_id: int, launched_by: str | None) -> End:
    owner = None if launched_by is None else session.get(Person, launched_by)
    told = {person.id for person in people_with(session, [Role.ADMIN], order.now)}
    if owner is not None and owner.active and owner.email:
        told = {owner.id}
    for person_id in sorted(told):
        payload = {"pause_id": pause_id, "person_id": person_id}
        enqueue(session, NOTIFY, f"{order.key}:{person_id}", payload)
    if told:
        return Done({"told": sorted(told)})
    return NothingDone(
        "There is no admin to tell. Add one: leadflow people add NAME --role admin, then retry "
        "this."
    )


def _was_sent(order: Order, payload: PauseNotice) -> Done | Unknown:
    return was_sent(order)


NOTIFY_OF_PAUSED_CAMPAIGN = Outside(
    NOTIFY, NOTICES, PauseNotice, notify_of_pause, repeatable=False, reconcile=_was_sent
)

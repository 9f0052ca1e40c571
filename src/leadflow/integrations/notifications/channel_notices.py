"""Telling admins that a channel takes no messages of campaigns any more."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.accounts.people import people_with
from leadflow.accounts.permissions import Role
from leadflow.campaigns.dispatch.circuits import NOTIFY, channels
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.messages import channel_open
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside, Unknown
from leadflow.outbox.lanes import NOTICES
from leadflow.outbox.service import enqueue


class ChannelNotice(BaseModel):
    """Which channel opened when, and who is told; nobody named: everybody who is to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: str
    since: str
    person_id: str | None


def notify_of_channel(order: Order, payload: ChannelNotice) -> End:
    """Tell one person, or have each told.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        circuit = channels(session).get(payload.channel)
        if circuit is None or circuit.state != "open" or circuit.why is None:
            return NothingDone("The channel takes messages again.")
        if payload.person_id is None:
            return _for_each(session, order, payload)
        found = account_of(session, payload.person_id)
    if isinstance(found, NothingDone):
        return found
    send(order, found[1], channel_open(payload.channel, circuit.why))
    return Done({"told": payload.person_id})


def _for_each(session: Session, order: Order, payload: ChannelNotice) -> End:
    told = sorted(person.id for person in people_with(session, [Role.ADMIN], order.now))
    for person_id in told:
        own = payload.model_copy(update={"person_id": person_id})
        enqueue(session, NOTIFY, f"{order.key}:{person_id}", own.model_dump())
    if told:
        return Done({"told": told})
    return NothingDone(
        "There is no admin to tell. Add one: leadflow people add NAME --role admin, then retry "
        "this."
    )


def _was_sent(order: Order, payload: ChannelNotice) -> Done | Unknown:
    return was_sent(order)


NOTIFY_OF_CHANNEL = Outside(
    NOTIFY, NOTICES, ChannelNotice, notify_of_channel, repeatable=False, reconcile=_was_sent
)

"""Telling admins that a channel takes no messages of campaigns any more."""

from leadflow.campaigns.circuits.service import NOTIFY, channels
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.messages import channel_open
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.integrations.notifications.told_each import NoticeToEach, admins, have_each_told
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import NOTICES


class ChannelNotice(NoticeToEach):
    """Which channel opened when."""

    channel: str
    since: str


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
            return have_each_told(session, order, NOTIFY, payload, admins(session, order))
        found = account_of(session, payload.person_id)
    if isinstance(found, NothingDone):
        return found
    send(order, found[1], channel_open(payload.channel, circuit.why))
    return Done({"told": payload.person_id})


NOTIFY_OF_CHANNEL = Outside(
    NOTIFY, NOTICES, ChannelNotice, notify_of_channel, repeatable=False, reconcile=was_sent
)

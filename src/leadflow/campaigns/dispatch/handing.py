"""Claimed messages are written and handed over: what both a first and a later attempt do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from leadflow.campaigns.dispatch.claiming import Claimed, hand_over
from leadflow.campaigns.dispatch.writing import write
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.outgoing import MailChannel
from leadflow.channels.port import Refused, Result
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings


@dataclass(frozen=True)
class Handed:
    """What the channel said of each message, and of which the mail could not be handed over, as it
    is now, with why."""

    results: Mapping[str, Result]
    unwritten: Mapping[str, Refused]


def hand_all_over(
    engine: Engine,
    settings: Settings,
    channel: MailChannel,
    claimed: Claimed,
    now: datetime,
    only_the_same: bool = False,
) -> Handed:
    """Write these messages and hand over those that are still held.

    Args:
        only_the_same: a mail that is not the very same as the one that was handed over before is
            left, for its key belongs to that one.
    """
    with unit_of_work(engine) as session:
        written = write(session, claimed.ids, settings, now)
        unwritten = {own: Refused("content", None, why) for own, why in written.faults.items()}
        keyed = channel.resend_within is not None
        hashes = {own: mail.hash if keyed else None for own, mail in written.mails.items()}
        if only_the_same:
            of = select(CampaignMessage.id, CampaignMessage.mail_hash)
            before = of.where(CampaignMessage.id.in_(list(hashes)))
            for own, earlier in session.execute(before).tuples():
                if earlier != hashes[own]:
                    del hashes[own]
                    unwritten[own] = Refused("content", None, "By now it would be another mail.")
        held = hand_over(session, claimed, hashes, written.addresses, channel.name, now)
    mails = {own: written.mails[own] for own in hashes if own in held}
    results = dict(zip(mails, channel.send_many(list(mails.values())), strict=True))
    return Handed(results, unwritten)

"""One round of sending: claim, write, hand over, note the ends."""

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.dispatch.claiming import (
    LEASE,
    NOTHING,
    Claimed,
    campaigns_of,
    claim,
    give_back,
    messages_are_waiting,
    release_broken,
    withhold,
)
from leadflow.campaigns.dispatch.ends import note
from leadflow.campaigns.dispatch.handing import hand_all_over
from leadflow.campaigns.dispatch.room import Caps
from leadflow.channels.email.outgoing import MailChannel
from leadflow.consent.may_send import Policy
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings

# With a mail server that answers at the last moment these take six minutes, less than a lease.
AT_A_TIME = 100
# So many are handed over before it is noted what became of them.
AT_ONCE = 16
# Seconds between attempts to note it, where the database is away.
PATIENCE = (0.5, 1, 2, 4, 8, 15, 30)


@dataclass
class Dispatched:
    """How many messages were claimed, and what became of how many: accepted, later, failed,
    uncertain, withheld, or ``late`` where the claim had ended before the answer; ``planned``: a
    claim broke off before anything was handed over. ``campaigns``: how many were claimed or
    withheld of which."""

    claimed: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    campaigns: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Dispatched") -> "Dispatched":
        campaigns = self.campaigns + other.campaigns
        return Dispatched(self.claimed + other.claimed, self.ends + other.ends, campaigns)


def messages_are_due(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether ``dispatch_campaigns`` has anything to do."""
    return settings.sending != "off" and messages_are_waiting(session, now)


def dispatch_some(
    engine: Engine, settings: Settings, channel: MailChannel, now: datetime, most: int = AT_A_TIME
) -> Dispatched:
    """Hand over messages that are due, at most so many. That each is claimed, and then that it is
    handed over, is committed before it is sent: whatever breaks off after that leaves it
    ``uncertain``. Nothing is claimed while the channel's circuit is open.

    Args:
        now: the moment (aware) that counts.
    """
    policy = Policy.of(settings.marketing_without_consent)
    done = Dispatched()
    with unit_of_work(engine) as session:
        # The channel comes before messages in every transaction, so that none waits for another.
        turn = circuits.turn(session, channel.name, now, most)
        done.ends += release_broken(session, now)
        done.campaigns = withhold(session, now, most, policy)
        done.ends["withheld"] += done.campaigns.total()
        caps = Caps.of(settings)
        claimed = claim(session, now, turn.most, policy, caps) if turn.most else NOTHING
        done.campaigns += campaigns_of(session, claimed)
        if turn.trial and claimed.ids:
            circuits.trying(session, channel.name, now + LEASE)
    if not claimed.ids:
        return done
    done.claimed = len(claimed.ids)
    left = list(claimed.ids)
    while left:
        some, left = Claimed(claimed.token, tuple(left[:AT_ONCE])), left[AT_ONCE:]
        ends, open_ = _some(engine, settings, channel, some, now, turn.trial)
        done.ends += ends
        if open_ and left:
            with unit_of_work(engine) as session:
                done.ends["planned"] += give_back(session, Claimed(claimed.token, tuple(left)))
            break
    return done


def _some(
    engine: Engine,
    settings: Settings,
    channel: MailChannel,
    claimed: Claimed,
    now: datetime,
    trial: bool,
) -> tuple[Counter[str], bool]:
    """Hand some over and note what became of them; whether the channel takes nothing more. What a
    process that ends here leaves uncertain is these alone."""
    handed = hand_all_over(engine, settings, channel, claimed, now)
    keyed = channel.resend_within is not None
    pauses = iter(PATIENCE)
    while True:
        try:
            with unit_of_work(engine) as session:
                said = list(handed.results.values())
                open_ = circuits.note(session, channel.name, said, now, trial)
                results = {**handed.unwritten, **handed.results}
                return note(session, claimed, results, now, keyed, open_), open_
        except OperationalError:
            # The answers are known here alone, and the database may be back in a moment.
            pause = next(pauses, None)
            if pause is None:
                raise
            time.sleep(pause)

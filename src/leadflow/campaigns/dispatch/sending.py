"""One round of sending: claim, write, hand over, note the ends."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.campaigns.dispatch import circuits
from leadflow.campaigns.dispatch.claiming import (
    NOTHING,
    claim,
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


@dataclass
class Dispatched:
    """How many messages were claimed, and what became of how many: accepted, later, failed,
    uncertain, withheld, or ``late`` where the claim had ended before the answer; ``planned``: a
    claim broke off before anything was handed over."""

    claimed: int = 0
    ends: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: "Dispatched") -> "Dispatched":
        return Dispatched(self.claimed + other.claimed, self.ends + other.ends)


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
        done.ends["withheld"] += withhold(session, now, most, policy)
        caps = Caps.of(settings)
        claimed = claim(session, now, turn.most, policy, caps) if turn.most else NOTHING
        if turn.trial and claimed.ids:
            circuits.trying(session, channel.name, now)
    if not claimed.ids:
        return done
    done.claimed = len(claimed.ids)
    handed = hand_all_over(engine, settings, channel, claimed, now)
    keyed = channel.resend_within is not None
    with unit_of_work(engine) as session:
        said = list(handed.results.values())
        open_ = circuits.note(session, channel.name, said, now, turn.trial)
        results = {**handed.unwritten, **handed.results}
        done.ends += note(session, claimed, results, now, keyed, open_)
    return done

"""One round of sending: claim, write, hand over, note the ends."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadflow.campaigns.dispatch.claiming import (
    MOST_ATTEMPTS,
    Claimed,
    claim,
    end,
    messages_are_waiting,
    release_broken,
    withhold,
)
from leadflow.campaigns.dispatch.writing import write
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.outgoing import MailChannel
from leadflow.channels.port import Accepted, Refused, Result, Uncertain
from leadflow.consent.may_send import Policy
from leadflow.consent.suppressing import suppress_leads
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings

# With a mail server that answers at the last moment these take six minutes, less than a lease.
AT_A_TIME = 100
# A message that was surely not taken is tried again after so long, and longer each time.
AGAIN_AFTER = timedelta(minutes=5)
# Whose fault it is that it will not be otherwise the next time.
FOR_GOOD = ("recipient", "content")
ACTOR = "dispatch_campaigns"


@dataclass
class Dispatched:
    """How many messages were claimed, and what became of how many: accepted, later, failed,
    uncertain, withheld, or ``late`` where the claim had ended before the answer."""

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
    """Hand over messages that are due, at most so many. Each is claimed in a transaction that is
    committed before it is sent: whatever breaks off after that leaves it ``uncertain``, and never
    sent twice.

    Args:
        now: the moment (aware) that counts.
    """
    policy = Policy.of(settings.marketing_without_consent)
    done = Dispatched()
    with unit_of_work(engine) as session:
        done.ends["uncertain"] += release_broken(session, now)
        done.ends["withheld"] += withhold(session, now, most, policy)
        claimed = claim(session, now, most, policy)
    if not claimed.ids:
        return done
    done.claimed = len(claimed.ids)
    with unit_of_work(engine) as session:
        written = write(session, claimed.ids, settings, now)
    results: dict[str, Result] = {
        own: Refused("content", None, why) for own, why in written.faults.items()
    }
    handed = channel.send_many(list(written.mails.values()))
    results |= dict(zip(written.mails, handed, strict=True))
    with unit_of_work(engine) as session:
        done.ends += _note(session, claimed, results, now)
    return done


def _note(
    session: Session, claimed: Claimed, results: Mapping[str, Result], now: datetime
) -> Counter[str]:
    """Write down what became of each."""
    tries = dict(
        session.execute(
            select(CampaignMessage.id, CampaignMessage.attempts).where(
                CampaignMessage.id.in_(list(results))
            )
        )
        .tuples()
        .all()
    )
    alike: dict[tuple[str, str | None, int], list[str]] = defaultdict(list)
    ended: Counter[str] = Counter()
    for own, result in results.items():
        if isinstance(result, Accepted):
            said = {"sent_at": now, "provider_id": result.provider_id[:200]}
            found = end(session, claimed, [own], "accepted", **said)
            ended["accepted" if found else "late"] += 1
        elif isinstance(result, Uncertain):
            alike["uncertain", result.why, 0].append(own)
        elif result.fault in FOR_GOOD or tries.get(own, 0) >= MOST_ATTEMPTS:
            alike["failed", f"{result.fault}: {result.said}"[:500], 0].append(own)
        else:
            alike["planned", None, tries.get(own, 1)].append(own)
    for (status, why, tried), ids in alike.items():
        more = {"due_at": now + AGAIN_AFTER * 2 ** (tried - 1)} if status == "planned" else {}
        found = end(session, claimed, ids, status, why=why, **more)
        ended["later" if status == "planned" else status] += len(found)
        ended["late"] += len(ids) - len(found)
    _suppress(session, results, now)
    return ended


def _suppress(session: Session, results: Mapping[str, Result], now: datetime) -> None:
    """An address that does not exist is written to no more."""
    gone = [
        own
        for own, result in results.items()
        if isinstance(result, Refused) and result.fault == "recipient"
    ]
    if gone:
        leads = select(CampaignMessage.lead_id).where(CampaignMessage.id.in_(gone))
        suppress_leads(session, list(session.scalars(leads)), "hard_bounce", ACTOR, now)

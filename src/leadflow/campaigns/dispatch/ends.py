"""What becomes of messages by what the channel said of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.campaigns.circuits.circuit import fault_of_channel
from leadflow.campaigns.dispatch.claiming import (
    MOST_ATTEMPTS,
    Claimed,
    end,
    tries_of_held,
)
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.port import Accepted, Refused, Result, Uncertain
from leadflow.consent.suppressing import put_down
from leadflow.leads.tables import Lead

# A message that was surely not taken is tried again after so long, and longer each time.
AGAIN_AFTER = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)
# Whose fault it is that it will not be otherwise the next time.
FOR_GOOD = ("recipient", "content", "unclear", "needs_smtputf8")
ACTOR = "dispatch_campaigns"
_LONGEST_WHY = 500


class _End(NamedTuple):
    """How a message ends; ``tried``: how often it was, where it is tried or asked for again.
    ``waits``: for its channel, and the attempt does not count."""

    status: str
    why: str | None
    tried: int | None = None
    waits: bool = False


def note(
    session: Session,
    claimed: Claimed,
    results: Mapping[str, Result],
    now: datetime,
    keyed: bool,
    open_: bool = False,
) -> Counter[str]:
    """Write down what became of each message that was handed over for the first time, or that could
    not be.

    Args:
        keyed: the channel may be asked again.
        open_: the channel takes nothing for now: what was its own fault counts as no attempt.
    """

    def decide(result: Result, tried: int) -> _End:
        if isinstance(result, Accepted):
            return _End("accepted", None)
        if isinstance(result, Uncertain):
            return _End("uncertain", result.why, tried if keyed else None)
        why = f"{result.fault}: {result.said}"[:_LONGEST_WHY]
        if open_ and fault_of_channel(result) is not None:
            return _End("planned", why, waits=True)
        if result.fault in FOR_GOOD or tried >= MOST_ATTEMPTS:
            return _End("failed", why)
        return _End("planned", why, tried)

    ended = _write(session, claimed, results, now, decide)
    _suppress(session, results, now)
    return ended


def note_asked(
    session: Session, claimed: Claimed, results: Mapping[str, Result], now: datetime
) -> Counter[str]:
    """The same of messages that may have been taken before: whatever is said of them but that they
    were accepted, they stay uncertain, and what will not be otherwise is asked no more."""

    def decide(result: Result, tried: int) -> _End:
        if isinstance(result, Accepted):
            return _End("accepted", None)
        if isinstance(result, Uncertain):
            return _End("uncertain", result.why, tried)
        why = f"It may have arrived before; {result.fault}: {result.said}"[:_LONGEST_WHY]
        return _End("uncertain", why, None if result.fault in FOR_GOOD else tried)

    return _write(session, claimed, results, now, decide)


def pause_after(tried: int) -> timedelta:
    """How long a message waits that was tried so often."""
    return min(AGAIN_AFTER * (1 << min(tried - 1, 10)), LONGEST_PAUSE)


def _write(
    session: Session,
    claimed: Claimed,
    results: Mapping[str, Result],
    now: datetime,
    decide: Callable[[Result, int], _End],
) -> Counter[str]:
    tries = tries_of_held(session, claimed, list(results))
    alike: dict[_End, list[str]] = defaultdict(list)
    ended: Counter[str] = Counter()
    for own, result in results.items():
        if isinstance(result, Accepted):
            said = {"sent_at": now, "provider_id": result.provider_id[:200]}
            found = end(session, claimed, [own], "accepted", now, values=said)
            ended["accepted" if found else "late"] += 1
        else:
            alike[decide(result, tries.get(own, 1))].append(own)
    for one, ids in alike.items():
        found = end(session, claimed, ids, one.status, now, one.why, _values(one, now))
        ended["later" if one.status == "planned" else one.status] += len(found)
        ended["late"] += len(ids) - len(found)
    return ended


def _values(one: _End, now: datetime) -> dict[str, object]:
    again = None if one.tried is None else now + pause_after(one.tried)
    if one.status == "uncertain":
        return {"ask_at": again}
    # It was surely not taken, so that it may be written anew, and go another way.
    untaken: dict[str, object] = {"handed_at": None, "mail_hash": None}
    if one.waits:
        return untaken | {"attempts": CampaignMessage.attempts - 1}
    return untaken if again is None else untaken | {"due_at": again}


def _suppress(session: Session, results: Mapping[str, Result], now: datetime) -> None:
    """An address that does not exist is written to no more."""
    gone = [
        own
        for own, result in results.items()
        if isinstance(result, Refused) and result.fault == "recipient"
    ]
    if gone:
        asked = (
            select(func.coalesce(CampaignMessage.address_index, Lead.email_index))
            .join(Lead, Lead.id == CampaignMessage.lead_id)
            .where(CampaignMessage.id.in_(gone))
        )
        found = {index: now for index in session.scalars(asked) if index is not None}
        put_down(session, found, "hard_bounce", ACTOR)

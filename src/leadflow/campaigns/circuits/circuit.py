"""A circuit breaker for a channel: where it fails again and again by its own fault, nothing more is
handed to it for a while, and then one message, to see whether it is back."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from leadflow.channels.port import Accepted, Refused, Result, Uncertain

State = Literal["closed", "open", "paused"]
# So many failures in a row, of whichever messages, are no chance.
OPENS_AFTER = 5
# How long it stays open first and at most: a server that is away comes back by itself; what others
# think of us, and credentials, somebody has to mend.
_AWAY = (timedelta(minutes=1), timedelta(minutes=30))
_TO_MEND = (timedelta(minutes=15), timedelta(hours=4))
# What others think of us shows between mails that are taken, too: so many that were refused or came
# back by policy within so long, and such a share of a day's. Single ones are rules of the receiver.
BLOCKS, BLOCKS_WITHIN, BLOCKS_SHARE = 5, timedelta(hours=1), 0.02
# No answer; a server that takes leave; one that takes no more of us for now.
_NOBODY_SERVES = frozenset({None, 421, 429})


@dataclass(frozen=True)
class Circuit:
    """``closed``: all is well. ``open``: nothing is claimed for it before ``until``, and then one
    message. ``paused``: a person has said so, whom ``why``
    names, until one closes it.

    ``failures``: in a row. ``openings``: in a row, without a message accepted between. ``since``:
    when it came into its state. ``why``: what was said last, without addresses. ``blocked``: mails
    refused or come back by policy since ``blocked_since``, for an hour.
    """

    state: State
    since: datetime
    failures: int = 0
    openings: int = 0
    until: datetime | None = None
    why: str | None = None
    blocked: int = 0
    blocked_since: datetime | None = None

    def takes(self, now: datetime, most: int) -> int:
        """How many messages may be claimed for it: ``most``, none, or one to see whether it is
        back."""
        if self.state == "closed":
            return most
        tries = self.state == "open" and self.until is not None and self.until <= now
        return min(most, 1) if tries else 0


def fault_of_channel(result: Result) -> str | None:
    """What was said where it is the channel's own fault; None where it is the message's."""
    if isinstance(result, Uncertain):
        return result.why
    if isinstance(result, Accepted):
        return None
    if result.fault in ("credentials", "policy"):
        return f"{result.fault}: {result.said}"
    if result.fault == "transient" and result.code in _NOBODY_SERVES:
        return result.said
    return None


def after(circuit: Circuit, results: Iterable[Result], now: datetime) -> Circuit:
    """The circuit after these results, in their order."""
    failures, openings, why, last = circuit.failures, circuit.openings, circuit.why, None
    for result in results:
        fault = fault_of_channel(result)
        if fault is not None:
            failures, why, last = failures + 1, fault, result
        elif not isinstance(result, Refused) or result.code is not None:
            # It has answered for this message: it serves.
            failures, openings, why, last = 0, 0, None, None
    if circuit.state == "paused":
        return replace(circuit, failures=failures)
    if failures == 0 and circuit.state == "open":
        return Circuit("closed", now)
    if circuit.state == "open":
        tried = circuit.until is not None and circuit.until <= now
        # What was under way as it opened tells nothing new.
        if last is None or not tried:
            return replace(circuit, failures=failures)
        return _opened(circuit, failures, openings, why, last, now)
    if failures >= OPENS_AFTER and last is not None:
        return _opened(replace(circuit, since=now), failures, openings, why, last, now)
    return replace(circuit, failures=failures, why=why, openings=openings)


def blocked(circuit: Circuit, many: int, now: datetime) -> Circuit:
    """The circuit after so many more mails that were refused or came back by policy."""
    since = circuit.blocked_since
    if since is None or now - since > BLOCKS_WITHIN:
        return replace(circuit, blocked=many, blocked_since=now)
    return replace(circuit, blocked=circuit.blocked + many)


def after_blocks(circuit: Circuit, sent: int, why: str, now: datetime) -> Circuit:
    """The circuit, open where too many mails were refused or came back by policy of late.

    Args:
        sent: how many mails went by it within a day.
    """
    if circuit.state != "closed" or circuit.blocked < max(BLOCKS, BLOCKS_SHARE * sent):
        return circuit
    last = Refused("policy", None, why)
    return _opened(replace(circuit, since=now), circuit.failures, 0, why, last, now)


def _opened(
    circuit: Circuit, failures: int, openings: int, why: str | None, last: Result, now: datetime
) -> Circuit:
    to_mend = isinstance(last, Refused) and last.fault in ("credentials", "policy")
    first, longest = _TO_MEND if to_mend else _AWAY
    pause = min(first * (1 << min(openings, 10)), longest)
    return Circuit("open", circuit.since, failures, openings + 1, now + pause, why)

"""A request as it arrived, as far as signatures cover it, and why one is refused."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)


class SignatureRefused(Exception):
    """The request is not proved to be the sender's. The reason is for the operator; whoever sent it
    is told only that it is refused."""


@dataclass(frozen=True)
class Received:
    """``url``: as the sender called it, with its query; ``headers``: by small letters."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> str:
        """What stands behind the first question mark of the address."""
        return self.url.partition("?")[2]

    def header(self, name: str) -> str:
        """A header that must be there.

        Raises:
            SignatureRefused: it is not.
        """
        value = self.headers.get(name.lower())
        if value is None:
            raise SignatureRefused(f"The header {name} is missing.")
        return value


def in_time(seconds: str, now: datetime, unit: timedelta = timedelta(seconds=1)) -> datetime:
    """The moment that is counted in ``unit`` since 1970 and written in plain digits, which is now.

    Raises:
        SignatureRefused: it is no such number, or more than five minutes away from ``now``.
    """
    plain = seconds.isascii() and seconds.isdigit() and not seconds.startswith("0")
    if not plain or len(seconds) > 16:
        raise SignatureRefused("The time of the signature is no whole number.")
    try:
        sent = datetime.fromtimestamp(0, UTC) + int(seconds) * unit
    except OverflowError:
        raise SignatureRefused("The time of the signature lies beyond the calendar.") from None
    if abs(sent - now) > TOLERANCE:
        raise SignatureRefused("The time of the signature is more than 5 minutes away from now.")
    return sent


def one_matches(wanted: Iterable[str], sent: Iterable[str]) -> None:
    """See that one of the signatures sent is one of those wanted, in a time that tells nothing.

    Raises:
        SignatureRefused: none is.
    """
    given = [one.encode() for one in sent]
    # Each with each, so that the time says nothing of which it was.
    same = [hmac.compare_digest(one.encode(), other) for one in wanted for other in given]
    if not any(same):
        raise SignatureRefused("The signature is not the one of any live secret.")

"""Sending one signed message to one URL, once."""

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from standardwebhooks import Webhook

from leadflow.outward.exchange import NoAnswer, Outward, Request
from leadflow.outward.guarded import Resolve, look_up
from leadflow.settings import Settings

# So much of an answer is taken off the wire, for the receiver's sake, and thrown away.
READ = 16_384


@dataclass(frozen=True)
class Signed:
    """A message ready to go. ``secrets``, newest first, each sign it."""

    url: str
    message_id: str
    body: str
    secrets: Sequence[str]


@dataclass(frozen=True)
class Answer:
    """What became of one attempt: the HTTP status, or why there is none."""

    status: int | None
    error: str | None
    milliseconds: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver has taken the message."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Poster:
    """Sends messages by the settings of this installation. ``tls`` None: certificates of the
    authorities that everybody trusts."""

    settings: Settings
    resolve: Resolve = look_up
    tls: ssl.SSLContext | None = None

    def post(self, signed: Signed, now: datetime) -> Answer:
        """Send it once; a redirect is not followed. It raises nothing: each end is an answer."""
        began = time.perf_counter()
        status, error = self._sent(signed, now)
        return Answer(status, error, round((time.perf_counter() - began) * 1000))

    def _sent(self, signed: Signed, now: datetime) -> tuple[int | None, str | None]:
        try:
            headers = headers_of(signed, now)
        except ValueError:
            return None, "Its secret cannot sign. Make a new one: leadflow endpoints secret NAME"
        request = Request("POST", signed.url, headers, signed.body.encode())
        try:
            status = Outward(self.settings, self.resolve, self.tls).ask(request, READ).status
        except NoAnswer as error:
            return None, str(error)
        if 300 <= status < 400:
            return status, "It answers with a redirect, which is not followed: change the URL."
        return status, None


def headers_of(signed: Signed, now: datetime) -> list[tuple[str, str]]:
    """The headers of Standard Webhooks: the id is the same in each attempt, the time is not."""
    signatures = [
        Webhook(secret).sign(signed.message_id, now, signed.body) for secret in signed.secrets
    ]
    return [
        ("Content-Type", "application/json"),
        ("webhook-id", signed.message_id),
        ("webhook-timestamp", str(int(now.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    ]

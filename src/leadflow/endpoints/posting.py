"""Sending one signed message to one URL, once."""

import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import httpcore
import httpx
from standardwebhooks import Webhook

from leadflow.endpoints.addresses import AddressRefused
from leadflow.endpoints.guarded import Guarded, NameUnknown, Resolve, look_up
from leadflow.settings import Settings

AGENT = "Leadflow"
# So much of an answer is taken off the wire, for the receiver's sake, and thrown away.
READ = 16_384
NOT_DELIVERED = {
    httpcore.ConnectTimeout: "It does not answer: no connection in time.",
    httpcore.ConnectError: "No connection: nobody listens there, or TLS does not agree.",
    httpcore.ReadTimeout: "No answer in time.",
    httpcore.WriteTimeout: "It does not take the message in time.",
    httpcore.ReadError: "The connection broke before an answer.",
    httpcore.WriteError: "The connection broke before an answer.",
    httpcore.RemoteProtocolError: "It breaks off, or what it answers is not HTTP.",
}


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
            status = self._exchange(signed, now)
        except (AddressRefused, NameUnknown) as error:
            return None, str(error)
        except tuple(NOT_DELIVERED) as error:
            return None, NOT_DELIVERED[type(error)]
        except Exception as error:
            # By its name alone: the text of an error may repeat what was sent or answered.
            return None, f"It could not be sent: {type(error).__name__}."
        if 300 <= status < 400:
            return status, "It answers with a redirect, which is not followed: change the URL."
        return status, None

    def _exchange(self, signed: Signed, now: datetime) -> int:
        url, settings = httpx.URL(signed.url), self.settings
        where = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        total = settings.webhook_answer_seconds
        network = Guarded(settings.webhook_networks, total, self.resolve)
        timeout = {"connect": settings.webhook_connect_seconds, "read": total, "write": total}
        with (
            httpcore.ConnectionPool(
                ssl_context=self.tls or _public_tls(), network_backend=network
            ) as pool,
            pool.stream(
                "POST",
                where,
                headers=list(headers_of(signed, now)),
                content=signed.body.encode(),
                extensions={"timeout": timeout},
            ) as answer,
        ):
            with suppress(Exception):
                _let_it_finish(answer)
            return int(answer.status)


@lru_cache
def _public_tls() -> ssl.SSLContext:
    # To read all the authorities takes longer than to send a message.
    return httpx.create_ssl_context()


def headers_of(signed: Signed, now: datetime) -> list[tuple[str, str]]:
    """The headers of Standard Webhooks: the id is the same in each attempt, the time is not."""
    signatures = [
        Webhook(secret).sign(signed.message_id, now, signed.body) for secret in signed.secrets
    ]
    return [
        ("Host", httpx.URL(signed.url).netloc.decode("ascii")),
        ("Content-Type", "application/json"),
        ("User-Agent", AGENT),
        ("Connection", "close"),
        ("webhook-id", signed.message_id),
        ("webhook-timestamp", str(int(now.timestamp()))),
        ("webhook-signature", " ".join(signatures)),
    ]


def _let_it_finish(answer: httpcore.Response) -> None:
    taken = 0
    for chunk in answer.iter_stream():
        taken += len(chunk)
        if taken >= READ:
            return

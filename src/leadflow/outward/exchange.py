"""One request to a machine of somebody else, and its answer; guarded, and ended in time."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import httpcore
import httpx

from leadflow.outward.addresses import AddressRefused, PlainRefused
from leadflow.outward.guarded import Guarded, NameUnknown, Resolve, look_up
from leadflow.settings import Settings

AGENT = "Leadflow"
# What it is called where there is no answer: a stable word, and the same for people.
NO_ANSWER = {
    httpcore.ConnectTimeout: ("no_connection", "It does not answer: no connection in time."),
    httpcore.ConnectError: (
        "no_connection",
        "No connection: nobody listens there, or TLS does not agree.",
    ),
    httpcore.ReadTimeout: ("no_answer", "No answer in time."),
    httpcore.WriteTimeout: ("no_answer", "It does not take the message in time."),
    httpcore.ReadError: ("broken_off", "The connection broke before an answer."),
    httpcore.WriteError: ("broken_off", "The connection broke before an answer."),
    httpcore.RemoteProtocolError: (
        "broken_off",
        "It breaks off, or what it answers is not HTTP.",
    ),
}
REFUSED: dict[type[RuntimeError], str] = {
    AddressRefused: "address_refused",
    PlainRefused: "plain_refused",
    NameUnknown: "name_unknown",
}


class NoAnswer(RuntimeError):
    """A request was not answered. The message says why, and repeats nothing of what was sent."""

    def __init__(self, word: str, said: str) -> None:
        super().__init__(said)
        self.word = word


@dataclass(frozen=True)
class Request:
    """What is asked. ``plain``: whether it may go without TLS to other than allowed networks."""

    method: Literal["GET", "POST"]
    url: str
    headers: Sequence[tuple[str, str]] = field(repr=False)
    content: bytes = field(default=b"", repr=False)
    plain: bool = True


@dataclass(frozen=True)
class Answered:
    """An answer; its headers by their names in small letters. ``ended``: whether its body is
    ``whole``, or was ``long`` and is cut, or ``broken`` off."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    ended: Literal["whole", "long", "broken"]


@dataclass(frozen=True)
class Outward:
    """What requests go through, by the settings of this installation. ``tls`` None: certificates of
    the authorities that everybody trusts."""

    settings: Settings
    resolve: Resolve = look_up
    tls: ssl.SSLContext | None = None

    def ask(self, request: Request, most: int) -> Answered:
        """Ask once; a redirect is not followed. Of the body so many bytes are read at most.

        Raises:
            NoAnswer: there is none.
        """
        try:
            return self._exchange(request, most)
        except tuple(REFUSED) as error:
            raise NoAnswer(REFUSED[type(error)], str(error)) from None
        except tuple(NO_ANSWER) as error:
            raise NoAnswer(*NO_ANSWER[type(error)]) from None
        except Exception as error:
            # By its name alone: the text of an error may repeat what was sent or answered.
            said = f"It could not be sent: {type(error).__name__}."
            raise NoAnswer("not_sent", said) from None

    def _exchange(self, request: Request, most: int) -> Answered:
        url, settings = httpx.URL(request.url), self.settings
        where = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        total = settings.webhook_answer_seconds
        open_to_all = request.plain or url.scheme == "https"
        network = Guarded(settings.webhook_networks, total, self.resolve, open_to_all)
        timeout = {"connect": settings.webhook_connect_seconds, "read": total, "write": total}
        headers = [
            ("Host", url.netloc.decode("ascii")),
            ("User-Agent", AGENT),
            ("Connection", "close"),
            *request.headers,
        ]
        with (
            httpcore.ConnectionPool(
                ssl_context=self.tls or _public_tls(), network_backend=network
            ) as pool,
            pool.stream(
                request.method,
                where,
                headers=headers,
                content=request.content or None,
                extensions={"timeout": timeout},
            ) as answer,
        ):
            names = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in answer.headers
            }
            return Answered(int(answer.status), names, *_body(answer, most))


@lru_cache
def _public_tls() -> ssl.SSLContext:
    # To read all the authorities takes longer than to send a message.
    return httpx.create_ssl_context()


def _body(answer: httpcore.Response, most: int) -> tuple[bytes, Literal["whole", "long", "broken"]]:
    taken = bytearray()
    try:
        for chunk in answer.iter_stream():
            taken += chunk
            if len(taken) > most:
                return bytes(taken[:most]), "long"
    except Exception:
        return bytes(taken), "broken"
    return bytes(taken), "whole"

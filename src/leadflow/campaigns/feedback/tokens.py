"""Addresses of links and pictures in mails: short, sealed, and with nothing personal in them.

A token is the message's id, the version of the campaign that it was written by, the number of the
link, and a seal of all three: 36 letters.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from leadflow.channels.email.tracking import HONEYPOT, OPEN
from leadflow.consent.links import LinkUnknown
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.secret import derive_key

_PREFIX, _ID_BYTES, _SEAL_BYTES, LENGTH = "msg_", 14, 10, 36
_SAID_BYTES = _ID_BYTES + 3


@dataclass(frozen=True)
class Visited:
    """What a token stands for: a message, the version that it was written by, the number of its
    link."""

    message_id: str
    version: int
    link: int


def addresses(base: str, message_id: str, version: int, links: int) -> dict[str, str]:
    """The addresses that a content with so many links is written out with.

    Args:
        base: what addresses of the gateway begin with.
    """
    numbers = {f"link_{number}": number for number in range(1, links + 1)}
    found = {
        name: f"{base}/c/{token_of(message_id, version, one)}" for name, one in numbers.items()
    }
    trap = f"{base}/c/{token_of(message_id, version, HONEYPOT)}"
    return found | {"trap": trap, "open": f"{base}/o/{token_of(message_id, version, OPEN)}.gif"}


def token_of(message_id: str, version: int, link: int) -> str:
    """The token that ``read_token`` reads."""
    said = bytes.fromhex(message_id.removeprefix(_PREFIX)) + version.to_bytes(2) + bytes([link])
    return urlsafe_b64encode(said + _seal(said)).decode()


def read_token(token: str) -> Visited:
    """What a token says.

    Raises:
        LinkUnknown: it was not made here, or is not whole.
    """
    try:
        sealed = urlsafe_b64decode(token) if len(token) == LENGTH else b""
    except ValueError as error:
        raise LinkUnknown from error
    said, seal = sealed[:_SAID_BYTES], sealed[_SAID_BYTES:]
    if not said or not hmac.compare_digest(seal, _seal(said)):
        raise LinkUnknown
    version = int.from_bytes(said[_ID_BYTES:-1])
    return Visited(f"{_PREFIX}{said[:_ID_BYTES].hex()}", version, said[-1])


def _seal(said: bytes) -> bytes:
    return hmac.digest(_key(get_cipher().ring.lasting), said, "sha256")[:_SEAL_BYTES]


@lru_cache
def _key(lasting: bytes) -> bytes:
    return derive_key(lasting, "links and pictures in mails")

"""Links by which whoever gets a mail says no without signing in (RFC 8058), or chooses.

A token names the lead by its id, what the mail was for and which it was; it is sealed with a key of
its own, holds nothing personal, and never ends: a mail may be read years later.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from re import fullmatch

from leadflow.consent.evidence import PURPOSES, REFERENCE, Purpose
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.secret import derive_key

SEAL_BYTES = 16
LONGEST = 800
BETWEEN = "|"


class LinkUnknown(LookupError):
    """A link that Leadflow has not made, or that arrived incomplete."""

    def __init__(self) -> None:
        super().__init__(
            "This link is not complete, or not one of ours. Open it from the mail once more; where "
            "that does not help, answer the mail and ask for no more of them."
        )


@dataclass(frozen=True)
class Link:
    """Whom a mail went to, what it was for, and the key of the campaign or message. ``address`` is
    the keyed hash of where it went, and ``language`` that of the mail: the lead may have another by
    now, or be gone."""

    lead_id: str
    purpose: Purpose
    key: str
    address: str = ""
    language: str = ""


def unsubscribe_url(
    base: str, lead_id: str, purpose: Purpose, key: str, address: str = "", language: str = ""
) -> str:
    """The address for ``List-Unsubscribe`` and for the link in a mail: ``POST`` to it ends mails of
    this purpose at once, ``GET`` shows a button.

    Args:
        base: what addresses of the gateway begin with, ``settings.address``.
        key: which campaign or message, of letters, digits and ``. _ : / # -``.
        address: the keyed hash of where the mail goes.
        language: of the mail, such as ``de``.

    Raises:
        ValueError: mail for this purpose cannot be opted out of, or a name cannot stand in a link.
    """
    if purpose == "legal":
        raise ValueError("What the law has us send has no link to unsubscribe: preferences_url.")
    return f"{base}/unsubscribe/{token_of(Link(lead_id, purpose, key, address, language))}"


def preferences_url(
    base: str, lead_id: str, purpose: Purpose, key: str, address: str = "", language: str = ""
) -> str:
    """The address of the page on which people choose what they get; as ``unsubscribe_url``."""
    return f"{base}/preferences/{token_of(Link(lead_id, purpose, key, address, language))}"


def token_of(link: Link) -> str:
    """The token that ``read_token`` reads.

    Raises:
        ValueError: a name cannot stand in it.
    """
    if not (fullmatch(REFERENCE, link.lead_id) and fullmatch(REFERENCE, link.key)):
        raise ValueError("Ids and keys in links have up to 200 letters, digits and . _ : / # -")
    parts = link.lead_id, link.purpose, link.key, link.address, link.language
    said = BETWEEN.join(parts).encode()
    return urlsafe_b64encode(_seal(said) + said).decode().rstrip("=")


def read_token(token: str) -> Link:
    """What a token says.

    Raises:
        LinkUnknown: it was not made here, or is not whole.
    """
    try:
        sealed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise LinkUnknown from error
    seal, said = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    if len(token) > LONGEST or not hmac.compare_digest(seal, _seal(said)):
        raise LinkUnknown
    # Mails of before do not say their language.
    lead_id, purpose, key, address, *language = said.decode().split(BETWEEN)
    for known in PURPOSES:
        if known == purpose:
            return Link(lead_id, known, key, address, *language)
    raise LinkUnknown


def _seal(said: bytes) -> bytes:
    return hmac.digest(_key(get_cipher().ring.lasting), said, "sha256")[:SEAL_BYTES]


@lru_cache
def _key(lasting: bytes) -> bytes:
    return derive_key(lasting, "unsubscribe links")

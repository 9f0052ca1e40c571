"""The signature by which mailboxes know whose mail it is (DKIM, RFC 6376): RSA and SHA-256, headers
and body in their relaxed form."""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

# From and Reply-To are named once more than they are there, so that nobody adds another.
SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
_SEALED = ("from", "reply-to", "subject")
_FOLDS = re.compile(r"\r\n(?=[ \t])")
_SMALLEST = 2048


class KeyUnusable(ValueError):
    """A key that mailboxes would not trust, or that cannot be read."""


@dataclass(frozen=True)
class Signer:
    """Signs for a domain; its public key stands in DNS at ``SELECTOR._domainkey.DOMAIN``."""

    domain: str
    selector: str
    key: RSAPrivateKey

    def signed(self, message: bytes, now: datetime) -> bytes:
        """The message with its signature on top."""
        head, _, body = message.partition(b"\r\n\r\n")
        headers = _headers(head.decode())
        names = [name for name in SIGNED if name in headers] + list(_SEALED)
        fields = {
            "v": "1",
            "a": "rsa-sha256",
            "c": "relaxed/relaxed",
            "d": self.domain,
            "s": self.selector,
            "t": str(int(now.timestamp())),
            "h": ":".join(names),
            "bh": b64encode(sha256(_relaxed_body(body)).digest()).decode(),
            "b": "",
        }
        unsigned = "; ".join(f"{name}={value}" for name, value in fields.items())
        there = [f"{name}:{headers[name]}\r\n" for name in names[: len(names) - len(_SEALED)]]
        content = "".join(there) + f"dkim-signature:{unsigned}"
        signature = b64encode(self.key.sign(content.encode(), PKCS1v15(), SHA256())).decode()
        return f"DKIM-Signature: {_folded(unsigned)}{_chunks(signature)}\r\n".encode() + message


def signer(domain: str, selector: str, pem: bytes) -> Signer:
    """A signer with this private key.

    Raises:
        KeyUnusable: it is no RSA key of at least 2048 bits, or is kept under a passphrase.
    """
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise KeyUnusable("The DKIM key is no private key in PEM without a passphrase.") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST:
        raise KeyUnusable(f"The DKIM key is no RSA key of at least {_SMALLEST} bits.")
    return Signer(domain, selector, key)


def _headers(head: str) -> dict[str, str]:
    """Each header's value in its relaxed form, by its name in small letters."""
    found = {}
    for line in _FOLDS.sub("", head).split("\r\n"):
        name, _, value = line.partition(":")
        found[name.strip().lower()] = " ".join(value.split())
    return found


def _relaxed_body(body: bytes) -> bytes:
    # By plain replacements: looking for blanks by a pattern takes thirty times as long.
    kept = body.replace(b"\t", b" ")
    while b"  " in kept:
        kept = kept.replace(b"  ", b" ")
    kept = kept.replace(b" \r\n", b"\r\n").rstrip(b" \r\n")
    return kept + b"\r\n" if kept else b""


def _folded(fields: str) -> str:
    """On lines of their own, which the relaxed form makes one again."""
    return fields.replace("; ", ";\r\n ")


def _chunks(signature: str) -> str:
    return "\r\n ".join(signature[at : at + 72] for at in range(0, len(signature), 72))

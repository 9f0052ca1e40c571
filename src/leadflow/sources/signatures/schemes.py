"""The schemes there are, and what each takes for granted of its sender."""

import secrets as random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leadflow.sources.signatures import signed_bodies, tokens
from leadflow.sources.signatures.received import Received

Verify = Callable[[Received, Sequence[str], datetime], None]
SchemeName = Literal[
    "standard_webhooks",
    "hubspot",
    "bottlecrm",
    "salesforce",
    "twilio",
    "resend",
    "hmac",
    "token",
]
Format = Literal["json", "form", "xml"]
# Who sends messages for us, and tells of them by a scheme of the same name.
Provider = Literal["resend"]


@dataclass(frozen=True)
class Scheme:
    """``verify`` raises ``SignatureRefused``; None: the source itself says how (``hmac``,
    ``token``).

    ``id_header`` names the delivery; None: the hash of the body does. ``format``: how bodies are
    written. ``covers``: what is signed, for people. ``check_secret`` raises ``ValueError`` for a
    secret that cannot be one.
    """

    verify: Verify | None
    covers: str
    id_header: str | None = None
    format: Format = "json"
    check_secret: Callable[[str], None] = lambda secret: None


SCHEMES: dict[SchemeName, Scheme] = {
    "standard_webhooks": Scheme(
        signed_bodies.standard,
        "id, time and body",
        id_header="webhook-id",
        check_secret=signed_bodies.standard_secret,
    ),
    "hubspot": Scheme(signed_bodies.hubspot, "method, address, body and time"),
    "bottlecrm": Scheme(signed_bodies.bottlecrm, "time and body", id_header="x-bottlecrm-delivery"),
    "salesforce": Scheme(tokens.token_in_address, "nothing of the body", format="xml"),
    "twilio": Scheme(
        signed_bodies.twilio,
        "address and body, no time",
        id_header="i-twilio-idempotency-token",
        format="form",
    ),
    "resend": Scheme(
        signed_bodies.svix,
        "id, time and body",
        id_header="svix-id",
        check_secret=signed_bodies.standard_secret,
    ),
    "hmac": Scheme(None, "the body, and the time where a header of it is named"),
    "token": Scheme(None, "nothing of the body"),
}


def new_secret(scheme: SchemeName) -> str:
    """A secret to be given to the sender, 256 random bits: as the scheme writes it."""
    if SCHEMES[scheme].check_secret is signed_bodies.standard_secret:
        import base64

        return f"whsec_{base64.b64encode(random.token_bytes(32)).decode()}"
    return random.token_urlsafe(32)

"""Senders of webhooks as they sign: what the other side of each scheme computes."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

from standardwebhooks import Webhook

from leadflow.sources.definitions import Source
from leadflow.sources.signatures.received import Received

ADDRESS = "https://leads.example.com/webhooks/crm"
SECRET = "a-secret-of-more-than-sixteen-bytes"
STANDARD = f"whsec_{base64.b64encode(b'0123456789abcdef01234567').decode()}"
MAPPING = {"key": "id", "fields": {"email": "email"}}


@dataclass(frozen=True)
class Sender:
    """A source, its secret, and how its requests are signed: headers and query by body and time.
    ``covers``: the parts of a request that the signature covers."""

    source: Source
    secret: str
    sign: Callable[[bytes, datetime, str], tuple[dict[str, str], str]]
    covers: frozenset[str]

    def send(self, body: bytes, now: datetime, own_id: str = "msg_1") -> Received:
        """One request as it arrives."""
        headers, query = self.sign(body, now, own_id)
        return Received("POST", ADDRESS + query, headers, body)


def seconds(now: datetime) -> str:
    """Seconds since 1970."""
    return str(int(now.timestamp()))


def _standard(prefix: str) -> Callable[[bytes, datetime, str], tuple[dict[str, str], str]]:
    def sign(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
        signature = Webhook(STANDARD).sign(own_id, now, body.decode())
        return {
            f"{prefix}-id": own_id,
            f"{prefix}-timestamp": seconds(now),
            f"{prefix}-signature": signature,
        }, ""

    return sign


def _hubspot(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    at = str(int(now.timestamp() * 1000))
    signed = b"POST" + ADDRESS.encode() + body + at.encode()
    digest = hmac.digest(SECRET.encode(), signed, "sha256")
    return {
        "x-hubspot-request-timestamp": at,
        "x-hubspot-signature-v3": base64.b64encode(digest).decode(),
    }, ""


def _bottlecrm(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    digest = hmac.digest(SECRET.encode(), f"{seconds(now)}.".encode() + body, "sha256")
    return {
        "x-bottlecrm-delivery": own_id,
        "x-bottlecrm-signature": f"t={seconds(now)},v1={digest.hex()}",
    }, ""


def _twilio(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    fields = sorted(parse_qsl(body.decode(), keep_blank_values=True))
    signed = ADDRESS + "".join(f"{name}{value}" for name, value in fields)
    digest = hmac.digest(SECRET.encode(), signed.encode(), "sha1")
    return {
        "content-type": "application/x-www-form-urlencoded",
        "i-twilio-idempotency-token": own_id,
        "x-twilio-signature": base64.b64encode(digest).decode(),
    }, ""


def _twilio_json(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    query = f"?bodySHA256={sha256(body).hexdigest()}"
    digest = hmac.digest(SECRET.encode(), (ADDRESS + query).encode(), "sha1")
    return {
        "content-type": "application/json",
        "x-twilio-signature": base64.b64encode(digest).decode(),
    }, query


def _hmac(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    return {"x-signature": "sha256=" + hmac.digest(SECRET.encode(), body, "sha256").hex()}, ""


def _hmac_in_time(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    signed = f"{seconds(now)}.".encode() + body
    digest = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha512")).decode()
    return {"x-signature": digest, "x-time": seconds(now)}, ""


def _token(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    return {"authorization": f"Bearer {SECRET}"}, ""


def _salesforce(body: bytes, now: datetime, own_id: str) -> tuple[dict[str, str], str]:
    return {"content-type": "text/xml"}, "?" + urlencode({"token": SECRET})


def source(scheme: str, **more: Any) -> Source:
    """A source of this scheme with a mapping of its own."""
    return Source.model_validate({"scheme": scheme, "mapping": MAPPING, **more})


TIMED, WHOLE = frozenset({"signature", "body", "time"}), frozenset({"signature", "body"})
BASE64_512 = {
    "header": "X-Signature",
    "digest": "sha512",
    "encoding": "base64",
    "time_header": "X-Time",
}
SENDERS = {
    "standard_webhooks": Sender(
        source("standard_webhooks"), STANDARD, _standard("webhook"), TIMED | {"id"}
    ),
    "resend": Sender(source("resend"), STANDARD, _standard("svix"), TIMED | {"id"}),
    "hubspot": Sender(source("hubspot"), SECRET, _hubspot, TIMED | {"address", "method"}),
    "bottlecrm": Sender(source("bottlecrm"), SECRET, _bottlecrm, TIMED),
    "twilio": Sender(source("twilio"), SECRET, _twilio, WHOLE | {"address"}),
    "twilio, JSON": Sender(
        source("twilio", format="json"), SECRET, _twilio_json, WHOLE | {"address"}
    ),
    "hmac": Sender(
        source("hmac", signature={"header": "X-Signature", "prefix": "sha256="}),
        SECRET,
        _hmac,
        WHOLE,
    ),
    "hmac, in time": Sender(source("hmac", signature=BASE64_512), SECRET, _hmac_in_time, TIMED),
    "token": Sender(source("token"), SECRET, _token, frozenset({"signature"})),
    "salesforce": Sender(source("salesforce"), SECRET, _salesforce, frozenset({"token"})),
}


def body_of(name: str, content: dict[str, Any]) -> bytes:
    """A body as this sender writes it."""
    if name == "twilio":
        return urlencode(content).encode()
    if name == "salesforce":
        inside = "".join(f"<{key}>{value}</{key}>" for key, value in content.items())
        return f"<lead>{inside}</lead>".encode()
    return json.dumps(content).encode()

"""Schemes that sign the body with a secret that both sides know."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from urllib.parse import parse_qsl

from standardwebhooks import Webhook

from leadflow.sources.signatures.received import Received, SignatureRefused, in_time, one_matches

Digest = Literal["sha1", "sha256", "sha512"]
MOST_SIGNATURES = 10
# What HubSpot decodes of an address before it signs it.
HUBSPOT_DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}


def standard(received: Received, secrets: Sequence[str], now: datetime) -> None:
    """Standard Webhooks (standardwebhooks.com)."""
    _standard(received, secrets, now, "webhook")


def svix(received: Received, secrets: Sequence[str], now: datetime) -> None:
    """The same under the headers of Svix, which Resend sends."""
    _standard(received, secrets, now, "svix")


def _standard(received: Received, secrets: Sequence[str], now: datetime, prefix: str) -> None:
    own_id, seconds = received.header(f"{prefix}-id"), received.header(f"{prefix}-timestamp")
    at = in_time(seconds, now)
    try:
        body = received.body.decode()
    except UnicodeDecodeError:
        raise SignatureRefused("The body is no UTF-8.") from None
    wanted = [Webhook(secret).sign(own_id, at, body) for secret in secrets]
    sent = received.header(f"{prefix}-signature").split(" ")[:MOST_SIGNATURES]
    if not all("," in one for one in sent):
        raise SignatureRefused("The signatures are not written as VERSION,SIGNATURE.")
    one_matches(wanted, sent)


def standard_secret(secret: str) -> None:
    """See that a secret is one of Standard Webhooks: ``whsec_`` and Base64.

    Raises:
        ValueError: it is not.
    """
    try:
        written = secret.removeprefix("whsec_").rstrip("=")
        base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
        Webhook(secret)
    except (binascii.Error, RuntimeError, ValueError) as error:
        raise ValueError(
            "A secret of this scheme is whsec_ and Base64: copy it from the sender, whole."
        ) from error


def hubspot(received: Received, secrets: Sequence[str], now: datetime) -> None:
    """HubSpot's signature v3: method, address, body and time."""
    milliseconds = received.header("X-HubSpot-Request-Timestamp")
    in_time(milliseconds, now, timedelta(milliseconds=1))
    url = received.url
    for written, read in HUBSPOT_DECODED.items():
        url = url.replace(written, read).replace(written.lower(), read)
    signed = f"{received.method}{url}".encode() + received.body + milliseconds.encode()
    wanted = (_base64(secret, signed, "sha256") for secret in secrets)
    one_matches(list(wanted), [received.header("X-HubSpot-Signature-v3")])


def bottlecrm(received: Received, secrets: Sequence[str], now: datetime) -> None:
    """BottleCRM: ``t=SECONDS,v1=HEX`` of the time and the body."""
    _timed(received.header("X-BottleCRM-Signature"), received.body, secrets, now)


def _timed(header: str, body: bytes, secrets: Sequence[str], now: datetime) -> None:
    parts = [part.partition("=")[::2] for part in header.split(",")[:MOST_SIGNATURES]]
    times = [value for name, value in parts if name == "t"]
    if len(times) != 1 or not all(name in ("t", "v0", "v1") for name, _ in parts):
        raise SignatureRefused("The signature is not written as t=SECONDS,v1=HEX.")
    in_time(times[0], now)
    signed = times[0].encode() + b"." + body
    wanted = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in secrets]
    one_matches(wanted, [value for name, value in parts if name == "v1"])


def twilio(received: Received, secrets: Sequence[str], now: datetime) -> None:
    """Twilio: the address and the fields of the form; of another body the address names the
    SHA-256 (``bodySHA256``). It signs no time."""
    signed = received.url.encode()
    kind = received.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            fields = parse_qsl(
                received.body.decode(), keep_blank_values=True, strict_parsing=bool(received.body)
            )
        except ValueError:
            raise SignatureRefused("The body is no form.") from None
        # A field that comes more than once is signed with each different value once, in order.
        signed += "".join(f"{name}{value}" for name, value in sorted(set(fields))).encode()
    else:
        query = dict(parse_qsl(received.query))
        own = hmac.compare_digest(query.get("bodySHA256", "").encode(), _sha256(received.body))
        if not own:
            raise SignatureRefused("The address does not name the SHA-256 of the body.")
    wanted = [_base64(secret, signed, "sha1") for secret in secrets]
    one_matches(wanted, [received.header("X-Twilio-Signature")])


def _sha256(body: bytes) -> bytes:
    return sha256(body).hexdigest().encode()


def plain_hmac(
    received: Received,
    secrets: Sequence[str],
    now: datetime,
    header: str,
    digest: Digest,
    encoding: Literal["hex", "base64"],
    prefix: str,
    time_header: str | None,
) -> None:
    """HMAC of the body, as most senders do it in one way or another.

    Args:
        prefix: what stands before the signature in its header, such as ``sha256=``.
        time_header: a header with seconds since 1970, which is signed as ``SECONDS.BODY``; None:
            the body alone is signed, and no time.
    """
    signed = received.body
    if time_header is not None:
        seconds = received.header(time_header)
        in_time(seconds, now)
        signed = seconds.encode() + b"." + signed
    sent = received.header(header)
    if not sent.startswith(prefix):
        raise SignatureRefused(f"The signature does not begin with {prefix}")
    sent = sent.removeprefix(prefix)
    if encoding == "hex":
        wanted = [hmac.digest(secret.encode(), signed, digest).hex() for secret in secrets]
    else:
        wanted = [_base64(secret, signed, digest) for secret in secrets]
    one_matches(wanted, [sent.removeprefix(prefix)])


def _base64(secret: str, signed: bytes, digest: Digest) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), signed, digest)).decode()

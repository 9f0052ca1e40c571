"""Mail by the HTTP API of Resend, which takes a key with each and sends of one key only once.

``POST /emails`` with ``Idempotency-Key``; a key is kept for 24 hours, in which the same mail asked
for again is answered with what was answered first (https://resend.com/docs/api-reference).
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx

from leadflow.channels.email.answers import unwritten
from leadflow.channels.email.message import LettersNotTaken, Mailbox, bulk_headers
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.port import Accepted, Fault, Refused, Result, Uncertain

ADDRESS = "https://api.resend.com"
_OTHER_MAIL = "invalid_idempotent_request"
# By this tag what it tells of a mail later says which message that was.
TAG = "leadflow_message"
_SAME_KEY_AT_WORK = "concurrent_idempotent_requests"
_SOON_OVER = frozenset({_SAME_KEY_AT_WORK, "rate_limit_exceeded"})
_TRIES, _LONGEST_WAIT = 4, 10.0
# Of what it calls by name; of others their number tells.
_FAULTS: dict[str, Fault] = {
    "missing_api_key": "credentials",
    "restricted_api_key": "credentials",
    "invalid_api_key": "credentials",
    "invalid_access": "credentials",
    "invalid_from_address": "credentials",
    "daily_quota_exceeded": "transient",
    "monthly_quota_exceeded": "transient",
    "rate_limit_exceeded": "transient",
    "security_error": "policy",
}
_BY_NUMBER: dict[int, Fault] = {401: "credentials", 403: "credentials", 429: "transient"}


def name_of(api_key: str) -> str:
    """What the channel of this key is called."""
    return f"resend:{sha256(api_key.encode()).hexdigest()[:8]}"


class Resend:
    """Sends over at most ``at_once`` connections. A mail of which no answer came is ``Uncertain``,
    and may be sent again under its key within ``resend_within``."""

    resend_within: timedelta | None = timedelta(hours=24)

    def __init__(
        self,
        api_key: str,
        at_once: int = 4,
        address: str = ADDRESS,
        timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # Another API key may be another account, which has seen none of the mails' keys.
        self.name = name_of(api_key)
        self._client = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {api_key}"}, timeout=timeout
        )
        self._sleep = sleep
        self._workers = ThreadPoolExecutor(at_once, "resend")
        self._locked_out = threading.Event()

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        """Hand these over; what came of each stands at its place."""
        self._locked_out.clear()
        return list(self._workers.map(self._send, mails))

    def close(self) -> None:
        """Let go of the connections."""
        self._workers.shutdown()
        self._client.close()

    def _send(self, outgoing: Outgoing) -> Result:
        if self._locked_out.is_set():
            return Refused("credentials", None, "Resend does not take the key that is set.")
        try:
            body = _body(outgoing)
        except ValueError as error:
            return unwritten(error)
        waited_for_itself = False
        for left in reversed(range(_TRIES)):
            try:
                answer = self._client.post(
                    "/emails",
                    json=body,
                    headers={"Idempotency-Key": outgoing.envelope.key},
                )
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
                return Refused("transient", None, "Resend does not answer.")
            except httpx.HTTPError:
                return Uncertain("Resend fell silent while it had the mail.")
            if answer.is_success:
                return _accepted(answer)
            waited_for_itself = _name(answer) == _SAME_KEY_AT_WORK
            if left == 0 or _name(answer) not in _SOON_OVER:
                break
            self._sleep(_wait(answer))
        if waited_for_itself or answer.is_server_error:
            return Uncertain(f"Resend answered {answer.status_code}, and may have sent it.")
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._locked_out.set()
        return _refused(answer)


def _body(outgoing: Outgoing) -> dict[str, Any]:
    envelope, mail = outgoing.envelope, outgoing.mail
    if envelope.needs_utf8:
        raise LettersNotTaken
    body = {
        "from": _named(envelope.sender),
        "to": [_named(envelope.to)],
        "subject": mail.subject,
        "html": mail.html,
        "text": mail.text,
        "headers": bulk_headers(envelope),
        "tags": [{"name": TAG, "value": envelope.key}],
    }
    return body if envelope.reply_to is None else body | {"reply_to": _named(envelope.reply_to)}


def _named(mailbox: Mailbox) -> str:
    """As Resend reads it: a name between quotes, without what would end them."""
    name = "".join(one for one in mailbox.name if one.isprintable() and one not in '"\\<>')
    return f'"{name}" <{mailbox.address}>' if name else mailbox.address


def _accepted(answer: httpx.Response) -> Result:
    try:
        return Accepted(str(answer.json()["id"]))
    except (ValueError, KeyError, TypeError):
        return Uncertain("Resend answered what cannot be read, and may have sent it.")


def _name(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["name"])
    except (ValueError, KeyError, TypeError):
        return ""


def _wait(answer: httpx.Response) -> float:
    """How long it asks us to wait, in seconds."""
    try:
        return min(max(float(answer.headers["retry-after"]), 0.1), _LONGEST_WAIT)
    except (KeyError, ValueError):
        return 1.0


def _refused(answer: httpx.Response) -> Result:
    """By its name alone: its words may repeat an address."""
    name, number = _name(answer), answer.status_code
    if name == _OTHER_MAIL:
        return Uncertain("Resend has had another mail under the key of this one.")
    fault = _FAULTS.get(name) or _BY_NUMBER.get(number, "content")
    return Refused(fault, number, name or f"Resend answered {number}.")

"""What came of a form, told once on the page that is shown after it.

A form is answered with a redirect, so that loading the page again repeats nothing. The words go
along in a cookie that only the gateway reads and writes: encrypted, for one sign-in and one page,
for a minute. Nothing of it is in an address, which would be logged.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from leadflow.gateway.http.security import COOKIE
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

NOTICE = "leadflow_notice"
SECONDS = 60
NONCE_BYTES = 12
# Where the words stand on the page, and the reader's focus goes.
ANCHOR = "told"


@dataclass(frozen=True)
class Notice:
    """Words, whether they are good news, and the part of the page they belong to; empty: its top.

    ``more`` is what the page shows besides; ``typed`` is what a refused form held, by field.
    """

    words: str = ""
    good: bool = False
    at: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)


NOTHING = Notice()


def told_on(request: Request, address: str, notice: Notice) -> Response:
    """Go on to a page of the console, which tells this once."""
    answer = RedirectResponse(f"{address}#{ANCHOR}" if notice.words else address, 303)
    until = datetime.now(UTC).timestamp() + SECONDS
    text = json.dumps({"until": until, "notice": asdict(notice)}).encode()
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + _cipher().encrypt(nonce, text, _bound_to(request, address))
    answer.set_cookie(
        NOTICE,
        urlsafe_b64encode(sealed).decode(),
        max_age=SECONDS,
        path="/console",
        httponly=True,
        samesite="lax",
        secure=get_settings().address.startswith("https:"),
    )
    return answer


def notice_of(request: Request) -> Notice:
    """What is to be told on this page; nothing where it is another's, another sign-in's, too old,
    or was not written by the gateway."""
    try:
        sealed = urlsafe_b64decode(request.cookies.get(NOTICE, "").encode())
        bound = _bound_to(request, request.url.path)
        text = _cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError):
        return NOTHING
    found = json.loads(text)
    over = found["until"] < datetime.now(UTC).timestamp()
    return NOTHING if over else Notice(**found["notice"])


def forget(response: Response) -> None:
    """It has been told."""
    response.delete_cookie(NOTICE, path="/console")


def _bound_to(request: Request, address: str) -> bytes:
    return f"{request.cookies.get(COOKIE, '')} {address}".encode()


@lru_cache
def _cipher() -> AESGCM:
    return AESGCM(derive_key(load_secret(get_settings()), "console notices"))

"""E-mail addresses and international phone numbers are replaced before anything is written.

The audit log is never erased, so personal data must not get in. Callers give ids and figures; this
is for what people type: their own name, the reason they give.
"""

import hmac
import re
from functools import lru_cache
from typing import Any, overload

from leadflow.observability.personal import EMAIL, PHONE
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings


@overload
def masked(text: str) -> str: ...
@overload
def masked(text: None) -> None: ...
def masked(text: str | None) -> str | None:
    """The text with each address and number as a keyed hash: ``email:1f0c…``, ``phone:77ab…``.

    The same address has the same hash in every entry.
    """
    if text is None or ("@" not in text and "+" not in text):
        return text
    return PHONE.sub(_phone, EMAIL.sub(_email, text))


def masked_value(value: Any) -> Any:
    """The same for the keys and texts of what is stored as JSON, but for e-mail addresses only:
    digits in there are ids and figures."""
    if isinstance(value, str):
        return EMAIL.sub(_email, value) if "@" in value else value
    if isinstance(value, dict):
        return {masked_value(name): masked_value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked_value(part) for part in value]
    return value


def fingerprint(value: Any) -> str | None:
    """A keyed hash in the place of a value that may be personal: it shows whether the value changed
    and whether two are the same, and nothing else."""
    return None if value is None else f"hash:{_hash(str(value))}"


def _email(found: re.Match[str]) -> str:
    return f"email:{_hash(found[0].lower())}"


def _phone(found: re.Match[str]) -> str:
    digits = "".join(filter(str.isdigit, found[0]))
    return f"phone:{_hash(digits)}"


def _hash(personal: str) -> str:
    return hmac.digest(_key(), personal.encode(), "sha256").hex()[:16]


@lru_cache
def _key() -> bytes:
    return derive_key(load_secret(get_settings()), "audit masks")

"""From where, and in which request, what happens now is done.

Whoever opens a door (a request, a flow run, a command) says so once; everything that is written to
the audit log behind it carries it along.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings


@dataclass(frozen=True)
class Acting:
    """Both None where nobody has said."""

    origin: str | None = None
    request_id: str | None = None


_acting: ContextVar[Acting | None] = ContextVar("leadflow_acting", default=None)


@contextmanager
def acting_from(origin: str, request_id: str | None = None) -> Iterator[None]:
    """Everything recorded within comes from here. Within another, the request goes on being its
    request unless this one names its own."""
    request = request_id if request_id is not None else acting().request_id
    token = _acting.set(Acting(origin, request))
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def acting_as(request: Acting) -> Iterator[None]:
    """Everything recorded within comes from that request, taken along from another thread."""
    token = _acting.set(request)
    try:
        yield
    finally:
        _acting.reset(token)


def acting() -> Acting:
    """From where, and in which request, this is done."""
    return _acting.get() or Acting()


def origin(door: str, address: str | None = None) -> str:
    """The door, such as ``gateway``, and whence somebody came to it: ``gateway address:5c0f…``.

    An address is personal data, so it is kept as a keyed hash: the same address has the same hash
    here, and nobody without the secret key can try out addresses.
    """
    if not address:
        return door
    digest = hmac.digest(_address_key(), address.strip().lower().encode(), "sha256")
    return f"{door} address:{digest.hex()[:16]}"


@lru_cache
def _address_key() -> bytes:
    return derive_key(load_secret(get_settings()), "audit addresses")

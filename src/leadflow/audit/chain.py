"""The content of an entry that is hashed, and the hash that ties it to the entry before.

The content of an entry is one JSON text, the same however PostgreSQL writes its JSONB: keys sorted,
no spaces, everything beyond ASCII escaped, and numbers with a fraction exactly as they stand, digit
by digit. Two entries that differ in any column have different contents.
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any

from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

FIRST = "0" * 64
RESUMED = "f" * 64
"""Stands where the hash of the entry before should, where a person had the log go on after its head
was lost."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL counts microseconds from here."""
MICROSECOND = timedelta(microseconds=1)
# Made once: ``json.dumps`` makes one for each call.
_WRITTEN = json.JSONEncoder(allow_nan=False)


@lru_cache
def chain_key() -> bytes:
    """The key of this installation's chain."""
    return derive_key(load_secret(get_settings()), "audit chain")


def json_text(value: Mapping[str, Any]) -> str:
    """The JSON that is stored.

    Raises:
        TypeError, ValueError: a value that JSON has no word for, such as a date or an infinity.
    """
    return _WRITTEN.encode(value)


def content_of(texts: tuple[str | None, ...], values: tuple[str | None, ...]) -> str:
    """The content of an entry but for its place in the chain.

    Args:
        texts: actor, action, subject, why, origin, request id.
        values: detail, before, after: JSON as stored, in any spelling; None where there is none.

    Raises:
        ValueError, RecursionError: JSON that cannot be read, because somebody has changed it.
    """
    return joined(texts, map(hashed, values))


def hashed(value: str | None) -> str:
    """JSON as stored, in any spelling, as it stands in the content of an entry.

    Raises:
        ValueError, RecursionError: it cannot be read, because somebody has changed it.
    """
    # An absent value is null, a value that is null is [null].
    return "null" if value is None else _encode([_decode(value)])


def joined(texts: Iterable[str | None], values: Iterable[str]) -> str:
    """The content of an entry, as ``content_of``, whose values are ``hashed`` already."""
    said = ["null" if text is None else encode_basestring_ascii(text) for text in texts]
    return f"[{','.join([*said, *values])}]"


def microseconds(at: datetime) -> int:
    """Microseconds since 2000-01-01 UTC, which is what PostgreSQL keeps of a timestamp."""
    return (at - EPOCH) // MICROSECOND


def entry_hash(key: bytes, number: int, at: int, previous: str, content: str) -> str:
    """The hash of an entry in its place: HMAC-SHA256, in hex.

    Args:
        at: microseconds since 2000.
        previous: the hash of the entry before.
    """
    message = f'[{number},{at},"{previous}",{content}]'
    return hmac.digest(key, message.encode(), "sha256").hex()


def seal(key: bytes, number: int, last_hash: str) -> str:
    """What shows that this installation wrote the head beside the chain, in hex."""
    return hmac.digest(key, f"head {number} {last_hash}".encode(), "sha256").hex()


def seal_exported(key: bytes, at: str, number: int, last_hash: str) -> str:
    """The same for a head in a file, with the moment it was exported."""
    return hmac.digest(key, f"exported head {at} {number} {last_hash}".encode(), "sha256").hex()


def earlier_hash(
    key: bytes, number: int, at: int, previous: str, texts: tuple[str | None, ...], detail: str
) -> str:
    """The hash of an entry written before entries had a reason, a before, an after and an origin.

    Raises:
        ValueError, RecursionError: a detail that cannot be read.
    """
    moment = (EPOCH + at * MICROSECOND).isoformat()
    read = json.loads(detail, parse_float=_exact_float)
    content = json.dumps([number, moment, *texts[:3], read, previous], sort_keys=True)
    return hmac.digest(key, content.encode(), "sha256").hex()


def _number(literal: str) -> int | str:
    """A number with a fraction or an exponent as PostgreSQL keeps it: all its digits, no exponent.

    It is marked with a character that no text in PostgreSQL can hold, so that it is no text's like.
    """
    try:
        value = Decimal(literal)
    except InvalidOperation as error:
        raise ValueError(literal) from error
    digits = format(value if value else abs(value), "f")
    return f"\0{digits}" if "." in digits else int(digits)


def _exact_float(literal: str) -> float:
    value = float(literal)
    if _number(repr(value)) != _number(literal):
        raise ValueError(f"{literal} is no number that was written here")
    return value


_decode = json.JSONDecoder(parse_float=_number).decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

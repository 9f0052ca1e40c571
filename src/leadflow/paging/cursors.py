"""Cursors: where a page of a list ends, as a text that callers send back for the page after it.

A cursor is of one query and is sealed: one that was altered, or is sent with another query, is
refused, and what it says is trusted.
"""

import base64
import hmac
import json
from collections.abc import Sequence

from leadflow.privacy.cipher_in_use import get_cipher

LONGEST = 2000  # characters
# Of each keyed hash so many hexadecimal digits: nobody finds others that fit.
_DIGITS = 32
Place = tuple[str | None, ...]
"""The values by which a list is in order, of its last row on a page, as PostgreSQL writes them."""


class CursorRefused(ValueError):
    """A cursor that Leadflow did not make, or made for another query."""


def written(query: Sequence[object], place: Place) -> str:
    """The cursor of a place in what this query answers."""
    said = json.dumps([_mark(query), *place], separators=(",", ":"))
    content = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    return f"{content}.{_hash(content, 'cursor')}"


def read(cursor: str, query: Sequence[object]) -> Place:
    """The place that a cursor says.

    Raises:
        CursorRefused: it is not one of ours, or of another query.
    """
    content, _, seal = cursor.partition(".")
    if not cursor.isascii() or not hmac.compare_digest(seal, _hash(content, "cursor")):
        raise CursorRefused(
            "This is no cursor of Leadflow's, or not all of it. Send `next` of a page as it was "
            "answered, or no cursor for the first page."
        )
    mark, *place = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    if mark != _mark(query):
        raise CursorRefused(
            "This cursor is of another query. Send all that decides what is listed and in which "
            "order as for the page before, or no cursor for the first page of this one. Only "
            "`limit` and `fields` may change on the way."
        )
    return tuple(place)


def _mark(query: Sequence[object]) -> str:
    return _hash(json.dumps(list(query), sort_keys=True, default=str), "query")


def _hash(text: str, purpose: str) -> str:
    return get_cipher().blind_index(text, f"page {purpose}")[:_DIGITS]

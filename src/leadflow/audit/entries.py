"""An entry before it has its place in the chain, and the rows that entries become there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.audit import chain
from leadflow.audit.context import acting
from leadflow.audit.head import Head
from leadflow.audit.masking import masked, masked_value
from leadflow.audit.reasons import Reason, reason_of

COLUMNS = (
    "number",
    "at",
    "actor",
    "action",
    "subject",
    "why",
    "origin",
    "request_id",
    "detail",
    "before",
    "after",
    "previous_hash",
    "entry_hash",
)


@dataclass(frozen=True)
class Entry:
    """One act or decision: ids, figures and keyed hashes only, never personal data.

    ``said`` is the reason a person gave, of which the log holds a keyed hash; ``why`` is one in
    Leadflow's own words. ``origin`` and ``request_id`` are those of the context
    (``context.acting_from``) where unset.
    """

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] | None = None
    why: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    said: str | None = None
    origin: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Prepared:
    """An entry as it is stored, and its content: all that can be worked out before its turn.
    ``at`` is when it was made, where that was earlier."""

    texts: tuple[str | None, ...]
    values: tuple[str | None, ...]
    content: str
    reason: Reason | None = None
    at: datetime | None = None


def prepare(entry: Entry) -> Prepared:
    """Mask it, write its JSON, say from where it comes.

    Raises:
        TypeError, ValueError: a value that JSON has no word for; two reasons.
    """
    if entry.said and entry.why:
        raise ValueError(f"{entry.action}: one reason, of a person or of Leadflow, not both.")
    here = acting()
    subject = masked(entry.subject)
    reason = reason_of(subject, entry.said) if entry.said else None
    texts = (
        masked(entry.actor),
        entry.action,
        subject,
        reason.id if reason else masked(entry.why),
        entry.origin if entry.origin is not None else here.origin,
        entry.request_id if entry.request_id is not None else here.request_id,
    )
    values = (_json(entry.detail or {}), _json(entry.before), _json(entry.after))
    return Prepared(texts, values, chain.content_of(texts, values), reason)


def chained(head: Head, now: datetime, entries: Iterable[Prepared]) -> Iterator[tuple[Any, ...]]:
    """The rows of these entries after the head, in the order of ``COLUMNS``."""
    key, previous = chain.chain_key(), head.entry_hash
    for number, entry in enumerate(entries, head.number + 1):
        at = entry.at or now
        own = chain.entry_hash(key, number, chain.microseconds(at), previous, entry.content)
        yield (number, at, *entry.texts, *entry.values, previous, own)
        previous = own


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else chain.json_text(masked_value(dict(value)))

"""An entry before it has its place in the chain, and the rows that entries become there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.audit import chain
from leadflow.audit.context import Acting, acting
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
NO_DETAIL: Mapping[str, Any] = {}


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
    return _prepared(entry, acting(), _Written())


def prepare_many(entries: Iterable[Entry]) -> list[Prepared]:
    """The same for many. Values that are one object in several of them are written once.

    Raises:
        TypeError, ValueError: a value that JSON has no word for; two reasons.
    """
    here, written = acting(), _Written()
    return [_prepared(entry, here, written) for entry in entries]


def _prepared(entry: Entry, here: Acting, written: "_Written") -> Prepared:
    if entry.said and entry.why:
        raise ValueError(f"{entry.action}: one reason, of a person or of Leadflow, not both.")
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
    detail, before, after = map(written.of, (entry.detail or NO_DETAIL, entry.before, entry.after))
    content = chain.joined(texts, (detail.hashed, before.hashed, after.hashed))
    return Prepared(texts, (detail.stored, before.stored, after.stored), content, reason)


def chained(head: Head, now: datetime, entries: Iterable[Prepared]) -> Iterator[tuple[Any, ...]]:
    """The rows of these entries after the head, in the order of ``COLUMNS``."""
    key, previous = chain.chain_key(), head.entry_hash
    for number, entry in enumerate(entries, head.number + 1):
        at = entry.at or now
        own = chain.entry_hash(key, number, chain.microseconds(at), previous, entry.content)
        yield (number, at, *entry.texts, *entry.values, previous, own)
        previous = own


@dataclass(frozen=True)
class _Json:
    """A value as it is stored, and as it is hashed."""

    stored: str | None
    hashed: str


class _Written:
    """The JSON of values, by the object they are."""

    def __init__(self) -> None:
        # With each value itself, so that no other can be given its place in memory.
        self._known: dict[int, tuple[object, _Json]] = {}

    def of(self, value: Mapping[str, Any] | None) -> _Json:
        """The JSON of this one."""
        known = self._known.get(id(value))
        if known is None:
            stored = None if value is None else chain.json_text(masked_value(dict(value)))
            known = self._known[id(value)] = value, _Json(stored, chain.hashed(stored))
        return known[1]

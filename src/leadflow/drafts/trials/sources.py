"""Sources, held against their newest deliveries: what is read of each now, and what would be. By
the names of fields alone: what they say is personal."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.drafts.trials.trial import MOST_SHOWN, CountTable, Differing, Trial, rows_of
from leadflow.settings import get_settings
from leadflow.sources.definitions import Source, parse_sources
from leadflow.sources.service import sources_now
from leadflow.sources.trying import Tried, stored_deliveries, try_source

LAST = 50  # deliveries of each
READ, ASIDE, PASSED = "records read", "deliveries set aside", "deliveries passed over"
EVENTS, ALIKE = "events read", "the same"


def sources(session: Session, content: Any, now: datetime) -> Trial:
    """Read the newest deliveries of each source that would be another twice."""
    known = {name: one.source for name, one in sources_now(session).items()}
    given = {
        name: one
        for name, one in parse_sources(content).items()
        if name not in known or known[name].content != one.content
    }
    before, after = Counter[str](), Counter[str]()
    differing: list[Differing] = []
    tried, others = 0, 0
    for name, source in given.items():
        for one, was, is_to in _read_twice(session, name, known.get(name), source, now):
            tried += 1
            before.update(_counted(was))
            after.update(_counted(is_to))
            words = _words(was, is_to)
            others += words is not None
            if words is not None and len(differing) < MOST_SHOWN:
                differing.append(Differing(one, *words, who=f"{name}, {one}"))
    if not tried:
        return Trial("Nothing has been delivered yet that it could be tried on.", (), [])
    names = (READ, EVENTS, ASIDE, PASSED)
    counts = {name: (before[name], after[name]) for name in names if before[name] or after[name]}
    fields = {name: (before[name], after[name]) for name in sorted({*before, *after} - {*names})}
    return Trial(
        f"{others:,} of {how_many(tried, 'delivery')} would be read in another way; "
        f"{after[ASIDE]:,} set aside, by today's text {before[ASIDE]:,}.",
        (
            CountTable("What is read", rows_of(counts, {})),
            CountTable("Field, in how many records", rows_of(fields, {})),
        ),
        differing,
        (f"The newest {how_many(tried, 'delivery')} tried, at most {LAST} of each source.",),
    )


def _read_twice(
    session: Session, name: str, known: Source | None, given: Source, now: datetime
) -> Iterator[tuple[str, Tried | None, Tried]]:
    came, currency = stored_deliveries(session, name, LAST), get_settings().default_currency
    then = try_source(name, given, came, now, currency)
    today = [None] * len(came) if known is None else try_source(name, known, came, now, currency)
    return ((one.id, was, is_to) for one, was, is_to in zip(came, today, then, strict=True))


def _counted(tried: Tried | None) -> Iterator[str]:
    """What is to be counted of a delivery, each as often as it comes."""
    if tried is None:
        return
    yield from (READ for _ in tried.records)
    yield from (EVENTS for _ in tried.events)
    yield from (field for record in tried.records for field in record)
    if tried.reasons:
        yield ASIDE
    elif tried.notes:
        yield PASSED


def _words(was: Tried | None, is_to: Tried) -> tuple[str, str, str] | None:
    """How a delivery is read by each, and which fields differ; None where it is read the same."""
    if was is not None and _said(was) == _said(is_to):
        return None
    records = ((), is_to.records) if was is None else (was.records, is_to.records)
    names = {field for of in records for record in of for field in record}
    differing = sorted(
        name for name in names if _values(records[0], name) != _values(records[1], name)
    )
    return _told(was), _told(is_to), ", ".join(differing)


def _said(tried: Tried) -> tuple[Any, ...]:
    return tried.records, tried.events, tried.reasons, tried.notes


def _values(records: tuple[Mapping[str, Any], ...], name: str) -> list[Any]:
    return [record.get(name) for record in records]


def _told(tried: Tried | None) -> str:
    if tried is None:
        return ""
    if tried.reasons:
        return "set aside: " + _why(tried.reasons)
    if tried.notes:
        return "passed over: " + _why(tried.notes)
    found = [how_many(len(tried.records), "record")]
    return ", ".join(found + ([how_many(len(tried.events), "event")] if tried.events else []))


def _why(reasons: tuple[dict[str, Any], ...]) -> str:
    return "; ".join(dict.fromkeys(f"{one['field']} {one['rule']}" for one in reasons))

"""A lead's record as a crew may read it: what is stored of the lead, without who the lead is.

E-mail address, phone number and names are left out, and taken out of whatever the lead wrote. What
is left is data: bounded in length, printable, and as JSON unable to end the place it is put in.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from leadflow.leads.columns import PROFILE
from leadflow.qualification.schemas import printable

Record = dict[str, Any]
LONGEST_TEXT, MOST_ITEMS = 300, 30
LONGEST_RECORD = 6000  # bytes
FIELDS = (
    *PROFILE,
    "country",
    "region",
    "timeline",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
    "email_kind",
    "attributes",
)
# A brace of JSON itself is followed by a quotation mark or by its end.
BRACE_IN_TEXT = re.compile(r'\{(?=[^"}])')
EMAIL = re.compile(r"[^\s@,;<>()\"']+@[^\s@,;<>()\"']+")
# Seven digits and more after a plus, nine without: shorter runs are dates, years and amounts.
PHONE = re.compile(r"\+\(?\d(?:[\s().\-/]*\d){6,}|(?<![\w.])\(?\d(?:[\s().\-/]*\d){8,}(?!\w)")


def lead_record(
    profile: Mapping[str, Any],
    events: Mapping[str, int],
    last_event: datetime | None,
    names: Iterable[str | None],
) -> Record:
    """The record of one lead.

    Args:
        profile: columns of ``leads``; those of ``FIELDS`` and the budget are read.
        events: how often the lead did what.
        last_event: when it last did anything.
        names: the lead's own names, taken out of what it wrote.
    """
    known = tuple(name.strip() for name in names if name and len(name.strip()) > 1)
    record = {name: _clean(profile[name], known) for name in FIELDS}
    if profile["budget_minor"] is not None:
        record["budget"] = f"{profile['budget_minor'] / 100:.2f} {profile['budget_currency']}"
    record["events"] = dict(sorted(events.items()))
    record["last_event_on"] = None if last_event is None else last_event.date().isoformat()
    return _bounded(
        {name: value for name, value in record.items() if value not in (None, "", {}, [])}
    )


def record_text(record: Record) -> str:
    """The record as JSON, the same for the same record.

    No sign in it can close a tag, and no word in braces is left for a template to fill in: signs of
    that kind are escaped as JSON allows, so that it reads the same.
    """
    text = json.dumps(record, sort_keys=True, ensure_ascii=False)
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return BRACE_IN_TEXT.sub(r"\\u007b", text)


def content_hash(record: Record, prompt_version: str, model: str) -> str:
    """SHA-256 of what is asked: the same hash is the same question to the same model."""
    return sha256(f"{prompt_version}\0{model}\0{record_text(record)}".encode()).hexdigest()


def without_contacts(text: str) -> str:
    """The text with every e-mail address and phone number taken out."""
    return PHONE.sub("[phone]", EMAIL.sub("[e-mail]", text))


def texts(record: Record, field: str) -> list[str]:
    """Every text that stands in this field; ``attributes.plan`` is one attribute."""
    outer, _, inner = field.partition(".")
    value = record.get(outer)
    if inner:
        value = value.get(inner) if isinstance(value, dict) else None
    return list(_texts(value))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _clean(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return _anonymous(printable(value), names)[:LONGEST_TEXT]
    if isinstance(value, dict):
        pairs = list(value.items())[:MOST_ITEMS]
        return {_clean(str(name), names): _clean(item, names) for name, item in pairs}
    if isinstance(value, list | tuple):
        return [_clean(item, names) for item in value[:MOST_ITEMS]]
    return value.isoformat() if isinstance(value, date) else value


def _anonymous(text: str, names: tuple[str, ...]) -> str:
    text = without_contacts(text)
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text


def _bounded(record: Record) -> Record:
    """Where a record is too long, attributes give way, then services, the last ones first."""
    for name in ("attributes", "service_requirements"):
        items = list(record.get(name, ()))
        while items and len(record_text(record).encode()) > LONGEST_RECORD:
            items.pop()
            kept = {key: record[name][key] for key in items} if name == "attributes" else items
            record = {**record, name: kept}
    return record

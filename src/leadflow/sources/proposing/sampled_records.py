"""The records in sample deliveries, and their values by path."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from leadflow.sources.texts import NotAValue, as_text

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Around a record, and around the values of the record that they stand in.
ENVELOPES = frozenset(
    {"body", "contact", "contacts", "data", "events", "items", "lead", "leads", "object"}
    | {"payload", "person", "record", "records", "results", "sobject"}
)
BAGS = frozenset({"attributes", "fields", "properties", "values"})
# Names that say nothing of what stands under them.
WRAPPERS = ENVELOPES | BAGS
SAYS_WHAT_HAPPENED = frozenset(
    {"action", "event", "eventname", "eventtype", "topic", "trigger", "type"}
)
SALESFORCE = "Envelope.Body.notifications.Notification"
DEEPEST = 6


def find_records(
    samples: Sequence[Any], fixed: str | None = None
) -> tuple[str | None, list[dict[str, Any]], bool]:
    """Where the records are, all of them, and whether the bodies tell that something happened, so
    that what stands around is of that. ``fixed``: names that lead to them, which are known."""
    objects, happened = _objects(samples), fixed is not None
    steps: list[str] = []
    each = ""
    known = [] if fixed is None else fixed.split(".")
    while (name := known.pop(0) if known else _further(objects, fixed)) is not None:
        values = [one.get(name) for one in objects]
        found = _objects(values)
        if not found:
            break
        happened = happened or tells_what_happened(objects)
        # What stands in each item of a list is reached through all of them.
        steps = [*steps[:-1], f"{steps[-1]}{each}", quoted(name)] if steps else [quoted(name)]
        each = "[]" if any(isinstance(value, list) for value in values) else ""
        objects = found
    return ".".join(steps) or None, objects, happened or tells_what_happened(objects)


def tells_what_happened(objects: Sequence[dict[str, Any]]) -> bool:
    """Whether objects say what happened, and are so no leads themselves; a bag of values beside a
    type is of an object of that type."""
    names = {plainly(name) for one in objects for name in one}
    return bool(names & SAYS_WHAT_HAPPENED) and not names & BAGS


def leaves(value: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every value in a record, as text, by its path."""
    for name, inner in value.items():
        path = f"{before}{quoted(name)}"
        if isinstance(inner, dict):
            if depth < DEEPEST:
                yield from leaves(inner, f"{path}.", depth + 1)
            continue
        try:
            text = as_text(inner, None)
        except NotAValue:
            continue
        yield path, text or ""


def quoted(name: str) -> str:
    return name if PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def called(paths: Sequence[str]) -> dict[str, str]:
    """What each path is called as a column: without the names around it, where that tells it from
    the others."""
    short = {}
    for path in paths:
        names = [name.strip('"') for name in path.split(".")]
        kept = [name for name in names[:-1] if name.lower() not in WRAPPERS] + names[-1:]
        if kept[-1] == "value" and len(kept) > 1:
            kept.pop()
        short[path] = ".".join(kept)
    times = Counter(short.values())
    return {path: name if times[name] == 1 else path for path, name in short.items()}


def plainly(path: str) -> str:
    """The last name of a path, small letters alone."""
    return re.sub(r"[^a-z]", "", path.rpartition(".")[2].lower())


def _objects(values: Sequence[Any]) -> list[dict[str, Any]]:
    each = (one for value in values for one in (value if isinstance(value, list) else [value]))
    return [one for one in each if isinstance(one, dict)]


def _further(objects: Sequence[dict[str, Any]], fixed: str | None) -> str | None:
    """The name under which the records are, one step further in; None: these are the records."""
    if not objects or fixed is not None:
        return None
    names = {name for one in objects for name in one if not name.startswith("@")}
    inside = [name for name in sorted(names) if _objects([one.get(name) for one in objects])]
    if len(names) == 1 and inside:
        return inside[0]
    envelopes = [name for name in inside if name.lower() in ENVELOPES]
    if len(envelopes) != 1:
        return None
    own = any(plainly(name) in ("id", "uuid") for name in names)
    theirs = {plainly(n) for one in _objects([o.get(envelopes[0]) for o in objects]) for n in one}
    goes_in = tells_what_happened(objects) or not own or bool(theirs & {"id", "uuid"})
    return envelopes[0] if goes_in else None

"""A first definition of a source, from deliveries that it has sent, for a person to correct."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.leads.files.formats.tables_of_text import Row, Table, UnreadableFile
from leadflow.leads.files.mapping_parts import ROW
from leadflow.leads.files.proposing.proposal import propose
from leadflow.sources.signatures.schemes import SchemeName
from leadflow.sources.texts import NotAValue, as_text

PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Names around what is said of a lead that say nothing of it themselves.
WRAPPERS = frozenset(
    {"attributes", "body", "contact", "data", "fields", "lead", "object", "payload", "person"}
    | {"properties", "record", "sobject", "values"}
)
SAYS_WHEN = frozenset(
    {"changedat", "lastmodified", "lastmodifieddate", "modified", "modifiedat", "occurredat"}
    | {"updated", "updatedat", "updatedtime", "timestamp"}
)
# Ids of what happened, which say nothing of whom it happened to.
OF_DELIVERIES = frozenset({"eventid", "messageid", "deliveryid", "webhookid", "attemptnumber"})
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
MILLISECONDS, SECONDS = re.compile(r"1\d{12}"), re.compile(r"1\d{9}")
DEEPEST = 6
IN_AN_ANSWER = (
    "journal: how is it asked (query: {since} or {since_ms}); at which path of an answer stands "
    "the list (items), and what leads to the next page (next); in an item, what tells each change "
    "from the others (id), and when was it written (time)?"
)


@dataclass(frozen=True)
class ProposedSource:
    """The content of a source, what each path becomes and why, what a person should know, and what
    only a person can answer."""

    content: dict[str, Any]
    lines: list[tuple[str, str, str]]
    notes: list[str]
    questions: list[str]


def read_samples(text: str) -> list[Any]:
    """Sample deliveries: a JSON value a line, each the body of one, or one list of them.

    Raises:
        UnreadableFile: a line is no JSON, or there is none.
    """
    samples = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                samples.append(json.loads(line))
            except ValueError as error:
                said = f"Line {number} is no JSON: {error}. Write the body of one delivery a line."
                raise UnreadableFile(said) from error
    if not samples:
        raise UnreadableFile("The file is empty: write the body of one delivery a line.")
    return samples


def propose_source(
    samples: Sequence[Any], name: str, scheme: SchemeName, now: datetime, journal: str | None = None
) -> ProposedSource:
    """Propose a source from bodies of its deliveries; ten are enough, a hundred are better.
    ``journal``: the URL of one that is read, in the place of a scheme; samples are its items.

    Raises:
        UnreadableFile: there are no objects in them.
    """
    path, records = _records(samples)
    if not records:
        raise UnreadableFile("There are no objects in these deliveries, so nothing to propose.")
    leaves = [dict(_leaves(record)) for record in records]
    every = dict.fromkeys(found for leaf in leaves for found in leaf)
    paths = [found for found in every if _plainly(found) not in OF_DELIVERIES]
    called = _called(paths)
    rows: list[Row] = [{called[p]: leaf.get(p) for p in paths} for leaf in leaves]
    table = Table([called[p] for p in paths], iter(rows))
    found = propose(table, name, now)
    back = {short: found_path for found_path, short in called.items()}
    content = _translated(found.content, back)
    notes, questions = [*found.notes, *_lists(records)], list(found.questions)
    mapping = _mapping(content)
    when = _says_when(paths, leaves) or _says_when_around(path, samples)
    if when is not None:
        mapping["changed_at"] = when[1]
        _forget(mapping, when[0])
    else:
        notes.append("Nothing says when a record changed: what comes last counts.")
    if "key" not in mapping:
        questions.append("key: at which path does the lead's own id stand?")
    if journal is not None:
        source: dict[str, Any] = {"journal": _journal(journal, samples)}
        questions.append(IN_AN_ANSWER)
    else:
        source = {"scheme": scheme}
    if scheme == "hmac" and journal is None:
        source["signature"] = {"header": "X-Signature"}
        questions.append("signature.header: in which header does the signature stand, and how?")
    if path is not None:
        source["records"] = path
    if isinstance(content.get("csv"), dict):
        source["decimal"] = content["csv"]["decimal"]
    source["mapping"] = {name: said for name, said in mapping.items() if said}
    lines = [(back[one.column], one.becomes, one.why) for one in found.columns]
    return ProposedSource(source, lines, notes, questions)


def _journal(url: str, items: Sequence[Any]) -> dict[str, Any]:
    """A journal of such items. Where they have ids of what changed alone, each change is told from
    others by its time."""
    leaves = [dict(_leaves(item)) for item in items if isinstance(item, dict)]
    paths = list(dict.fromkeys(found for leaf in leaves for found in leaf))
    own = [found for found in paths if _plainly(found) in OF_DELIVERIES]
    when = _says_when(paths, leaves)
    if own:
        of_each = f"to_string({own[0]})"
    else:
        of_each = "id" if when is None else f"join(':', [to_string(id), to_string({when[1]})])"
    return {
        "url": url,
        "query": {"since": "{since}"},
        "items": "items",
        "id": of_each,
        "time": "updated_at" if when is None else when[1],
    }


def _mapping(content: dict[str, Any]) -> dict[str, Any]:
    """Of a mapping for files, what a source can say too."""
    kept = ("key", "fields", "attributes", "outcome")
    mapping = {name: content[name] for name in kept if name in content}
    if mapping.get("key") == ROW:
        del mapping["key"]
    if "budget" not in mapping.get("fields", {}):
        mapping.get("fields", {}).pop("currency", None)
    return mapping


def _records(samples: Sequence[Any]) -> tuple[str | None, list[dict[str, Any]]]:
    """Where the records are, and all of them: the body itself, each of its list, or what stands
    under its one name that holds most."""
    bodies = [
        one for sample in samples for one in (sample if isinstance(sample, list) else [sample])
    ]
    objects = [body for body in bodies if isinstance(body, dict)]
    weights: Counter[str] = Counter()
    for body in objects:
        own = sum(not isinstance(value, dict | list) for value in body.values())
        weights[""] += own
        for name, value in body.items():
            inner = value[0] if isinstance(value, list) and value else value
            if isinstance(inner, dict) and name.lower() in WRAPPERS | {
                "items",
                "events",
                "results",
            }:
                weights[name] += len(inner)
    best = weights.most_common(1)[0][0] if weights else ""
    if not best:
        return None, objects
    found = [
        inner
        for body in objects
        for inner in (body[best] if isinstance(body.get(best), list) else [body.get(best)])
        if isinstance(inner, dict)
    ]
    return _quoted(best), found


def _leaves(value: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every value in a record, as text, by its path."""
    for name, inner in value.items():
        path = f"{before}{_quoted(name)}"
        if isinstance(inner, dict):
            if depth < DEEPEST:
                yield from _leaves(inner, f"{path}.", depth + 1)
            continue
        try:
            text = as_text(inner, None)
        except NotAValue:
            continue
        yield path, text or ""


def _quoted(name: str) -> str:
    return name if PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _called(paths: Sequence[str]) -> dict[str, str]:
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


def _translated(content: Any, back: dict[str, str]) -> Any:
    """The mapping with paths in place of the columns that it names."""
    if isinstance(content, dict):
        return {
            key: back.get(value, value)
            if key in ("key", "column", "at", "value") and isinstance(value, str)
            else _fields(value, back)
            if key == "fields"
            else _translated(value, back)
            for key, value in content.items()
        }
    return content


def _fields(fields: dict[str, Any], back: dict[str, str]) -> dict[str, Any]:
    return {
        name: back.get(said, said) if isinstance(said, str) else _translated(said, back)
        for name, said in fields.items()
    }


def _plainly(path: str) -> str:
    """The last name of a path, small letters alone."""
    return re.sub(r"[^a-z]", "", path.rpartition(".")[2].lower())


def _says_when(
    paths: Sequence[str], leaves: Sequence[dict[str, str]], before: str = ""
) -> tuple[str, str] | None:
    """The path that says when a record changed, and how its moment is read; ``before``: what stands
    before it, seen from the record."""
    for path in paths:
        name = _plainly(path)
        values = [leaf[path] for leaf in leaves if leaf.get(path)]
        if name not in SAYS_WHEN or not values:
            continue
        for form, read in (
            (ISO, "{}"),
            (MILLISECONDS, "from_ms({})"),
            (SECONDS, "from_seconds({})"),
        ):
            if all(form.match(value) for value in values):
                return path, read.format(f"{before}{path}")
    return None


def _says_when_around(path: str | None, samples: Sequence[Any]) -> tuple[str, str] | None:
    """The same of what stands around the records."""
    if path is None:
        return None
    around = [dict(_leaves(one)) for one in samples if isinstance(one, dict)]
    outside = dict.fromkeys(found for leaf in around for found in leaf if "." not in found)
    return _says_when(list(outside), around, "root().")


def _forget(mapping: dict[str, Any], path: str) -> None:
    attributes = mapping.get("attributes", {})
    for name in [name for name, said in attributes.items() if said.get("column") == path]:
        del attributes[name]


def _lists(records: Sequence[dict[str, Any]]) -> list[str]:
    names = {
        name
        for record in records
        for name, value in record.items()
        if isinstance(value, list) and any(isinstance(one, dict) for one in value)
    }
    return [
        f"{name} is a list of objects: map it under `events` if it says what the lead did."
        for name in sorted(names)
    ]

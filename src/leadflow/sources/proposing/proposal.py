"""A first definition of a source, from deliveries that it has sent, for a person to correct."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.leads.files.formats.tables_of_text import Row, Table, UnreadableFile
from leadflow.leads.files.proposing.proposal import Proposal, propose
from leadflow.sources.proposing.keys import find_key
from leadflow.sources.proposing.moments import names_no_zone, says_when, says_when_around
from leadflow.sources.proposing.sampled_records import SALESFORCE, called, find_records, leaves
from leadflow.sources.signatures.schemes import SchemeName

Line = tuple[str, str, str]
ASKED, NOT_STORED = "asked", "not stored"
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
    lines: list[Line]
    notes: list[str]
    questions: list[str]


def propose_source(
    samples: Sequence[Any], name: str, scheme: SchemeName, now: datetime, journal: str | None = None
) -> ProposedSource:
    """Propose a source from bodies of its deliveries; ten are enough, a hundred are better.
    ``journal``: the URL of one that is read, in the place of a scheme; samples are its items.

    Raises:
        UnreadableFile: there are no objects in them.
    """
    fixed = SALESFORCE if scheme == "salesforce" and journal is None else None
    path, records, happened = find_records(samples, fixed)
    if not records:
        raise UnreadableFile("There are no objects in these deliveries, so nothing to propose.")
    mapped = _Proposed(records, path, happened, samples, name, now)
    questions = list(mapped.questions)
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
    if mapped.decimal is not None:
        source["decimal"] = mapped.decimal
    source["mapping"] = {name: said for name, said in mapped.mapping.items() if said}
    return ProposedSource(source, mapped.lines, [*mapped.notes, *_lists(records)], questions)


class _Proposed:
    """What the values of records become: ``mapping``, and what is said of it."""

    def __init__(
        self,
        records: Sequence[dict[str, Any]],
        path: str | None,
        happened: bool,
        samples: Sequence[Any],
        name: str,
        now: datetime,
    ) -> None:
        self._leaves = [dict(leaves(record)) for record in records]
        paths = list(dict.fromkeys(found for leaf in self._leaves for found in leaf))
        told = "Id" if path == SALESFORCE else None
        key = find_key(self._leaves, path is not None, happened, told)
        when = says_when(paths, self._leaves) or says_when_around(path, samples)
        self.mapping: dict[str, Any] = {} if key.path is None else {"key": key.path}
        self.lines: list[Line] = [
            (one, NOT_STORED, "an id of what happened, not of a lead") for one in key.of_deliveries
        ]
        if key.path is not None:
            self.lines.append((key.path, "key", "the lead's own id"))
        if when is not None:
            self.mapping["changed_at"] = when[1]
            self.lines.append((when[0], "changed_at", "says when it changed"))
        taken = {key.path, None if when is None else when[0], *key.of_deliveries}
        self._asked = key.asked
        found, back = self._table([one for one in paths if one not in taken], name, now)
        self.notes, self.questions = [*found.first, *found.notes], list(found.questions)
        if key.question is not None:
            self.questions.append(key.question)
        if when is None:
            self.notes.append("Nothing says when a record changed: what comes last counts.")
        content = _translated(found.content, back)
        self.decimal = content.get("csv", {}).get("decimal")
        self._take(content, {back[one] for one in found.unsure})
        self._ask_for_zone()
        every = ((back[one.column], one.becomes, one.why) for one in found.columns)
        self.lines += [self._as_written(*line) for line in every]

    def _table(
        self, paths: Sequence[str], name: str, now: datetime
    ) -> tuple[Proposal, dict[str, str]]:
        """What a table of these values would become, and the path of each of its columns."""
        short = called(paths)
        rows: list[Row] = [{short[p]: leaf.get(p) for p in paths} for leaf in self._leaves]
        table = Table([short[p] for p in paths], iter(rows))
        if not paths:
            return Proposal({}, len(rows), [], [], [], []), {}
        found = propose(table, name, now, delivered=True)
        return found, {column: one for one, column in short.items()}

    def _take(self, content: dict[str, Any], unsure: set[str]) -> None:
        """Take what a source can say too, but for dates that may be read in two ways."""
        fields = content.get("fields", {})
        if "budget" not in fields:
            fields.pop("currency", None)
        attributes = content.get("attributes", {})
        kept = {name: one for name, one in attributes.items() if one["column"] not in unsure}
        outcome = content.get("outcome", {})
        if outcome:
            at = outcome.get("at", {})
            column = at if isinstance(at, str) else at.get("column")
            if column is None or column in unsure:
                outcome["at"] = self.mapping.get("changed_at", "received_at()")
            elif isinstance(at, str):
                outcome["at"] = f"{at} || received_at()"
        self.mapping |= {"fields": fields, "attributes": kept, "outcome": outcome}
        self._unsure = unsure

    def _as_written(self, path: str, becomes: str, why: str) -> Line:
        """A line of a file's proposal as it is in this one."""
        if path in self._unsure:
            return path, ASKED, "its dates may be read in two ways"
        if path in self._asked and becomes == NOT_STORED:
            return path, ASKED, "may be the lead's own id"
        if becomes == "currency" and "currency" not in self.mapping["fields"]:
            return path, NOT_STORED, "there is no budget that it would be the currency of"
        return path, becomes, why

    def _ask_for_zone(self) -> None:
        bare = [
            path
            for path in dict.fromkeys(one for leaf in self._leaves for one in leaf)
            if names_no_zone([leaf[path] for leaf in self._leaves if leaf.get(path)])
        ]
        if bare:
            self.questions.append(
                f"zone: moments such as those at {bare[0]} name no time zone and are refused. "
                "Write `zone` beside `mapping`, such as Europe/Berlin."
            )


def _journal(url: str, items: Sequence[Any]) -> dict[str, Any]:
    """A journal of such items. Where they have ids of what changed alone, each change is told from
    others by its time."""
    every = [dict(leaves(item)) for item in items if isinstance(item, dict)]
    paths = list(dict.fromkeys(found for leaf in every for found in leaf))
    own = find_key(every, False, False).of_deliveries
    when = says_when(paths, every)
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

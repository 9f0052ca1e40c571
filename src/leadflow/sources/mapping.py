"""From a delivery to rows and events: what each record of it says of a lead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from leadflow.leads.events.recording import EventIn
from leadflow.leads.files.checking import hold
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.leads.files.parsing import Context, parse
from leadflow.refusals import in_words
from leadflow.sources.bodies import BodyUnreadable, read_body
from leadflow.sources.definition_parts import Choice, EventMapping
from leadflow.sources.definitions import Source
from leadflow.sources.paths import Around, Follower, PathFailed
from leadflow.sources.texts import NotAValue, as_text

if TYPE_CHECKING:
    import pandas as pd

MOST_RECORDS = 1000
# The kind of a delivery that says how some lead ended, beside what its source calls it.
OUTCOME = "outcome"
# What of which record cannot be mapped: ``record`` (its number in the delivery; not of the body as
# a whole), ``field`` and ``rule``. No values: they may be personal.
Reason = dict[str, Any]


@dataclass(frozen=True)
class Came:
    """A delivery to be mapped."""

    id: str
    delivery_id: str
    body: bytes
    headers: dict[str, str]
    received_at: datetime


@dataclass
class Mapped:
    """What the deliveries of one source say. ``frame``: rows that passed, indexed by their place
    among all records; ``events``: what the leads of those rows did, by that place; ``of``: the
    delivery that each record is of, by place. ``reasons``: what of each delivery cannot be mapped,
    by its id; ``records``: how many it held; ``kinds``: what it was; ``starts``: by the place of
    each start of the source, the deliveries that ask for it."""

    frame: "pd.DataFrame | None" = None
    events: dict[int, list[EventIn]] = field(default_factory=dict)
    of: list[str] = field(default_factory=list)
    reasons: dict[str, list[Reason]] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, list[str]] = field(default_factory=dict)
    starts: dict[int, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Record:
    """One record, before its row is checked."""

    came: Came
    number: int
    row: Row
    events: list[EventIn]


def map_deliveries(
    name: str, source: Source, deliveries: Sequence[Came], now: datetime, currency: str
) -> Mapped:
    """Map deliveries of one source. A record of which anything cannot be read is left out whole,
    and the others of its delivery are not.

    Args:
        currency: of sums that say none.
    """
    reader = _Reader(name, source)
    records = [record for came in deliveries for record in reader.records(came)]
    mapped = reader.mapped
    mapped.of = [one.came.id for one in records]
    if not records:
        return mapped
    rows, numbers = [one.row for one in records], [one.number for one in records]
    frame = parse(rows, numbers, reader.leads, Context("", now, currency))
    checked = hold(_dated(frame, records, created=reader.leads.created_at is None), now)
    for place, reasons in checked.failing.items():
        one = records[place]
        mapped.reasons.setdefault(one.came.id, []).extend(
            {"record": one.number, "field": str(said["field"]), "rule": str(said["rule"])}
            for said in reasons
        )
    mapped.frame = checked.good
    if "outcome" in mapped.frame:
        for place in mapped.frame.index[mapped.frame["outcome"].notna()]:
            mapped.kinds.setdefault(records[place].came.id, []).append(OUTCOME)
    there = mapped.frame.index
    mapped.events = {place: records[place].events for place in there if records[place].events}
    return mapped


def _dated(frame: "pd.DataFrame", records: "Sequence[_Record]", created: bool) -> "pd.DataFrame":
    """The rows with the moment at which each was said: as it says itself, else when its delivery
    came. ``created``: its lead came in then too, but not after it ended."""
    import pandas as pd

    moments = [one.came.received_at for one in records]
    came = pd.Series(pd.to_datetime(moments, utc=True)).astype("datetime64[us, UTC]")
    said = frame["changed_at"].fillna(came) if "changed_at" in frame else came
    # Of two that were said at one moment, the same one counts in whichever order they come.
    names = [sha256(one.came.delivery_id.encode()).hexdigest()[:16] for one in records]
    frame = frame.assign(changed_at=said, said_by=names)
    if created:
        ended = frame.get("occurred_at", came)
        frame = frame.assign(created_at=came.where(~(ended < came), ended))
    return frame.assign(said_at=said) if "said_at" in frame else frame


class _Reader:
    """Reads the records of deliveries of one source. What cannot be read goes into ``mapped``."""

    def __init__(self, name: str, source: Source) -> None:
        self._name, self._source = name, source
        self.leads = source.leads(name)
        self._columns = {path: where for where, path in self.leads.named_columns()}
        self.mapped = Mapped()

    def records(self, came: Came) -> "Iterator[_Record]":
        """The records of a delivery that the source wants."""
        self.mapped.records[came.id] = 0
        try:
            body = read_body(came.body, self._source.written_as)
            follower = Follower(Around(body, came.headers, came.received_at))
            every = _listed(follower, self._source.records, body)
            self._name_kind(came, follower, body)
        except (BodyUnreadable, PathFailed, NotAValue) as error:
            self.mapped.reasons[came.id] = [{"field": "body", "rule": str(error)}]
            return
        if len(every) > MOST_RECORDS:
            said = f"holds more than {MOST_RECORDS:,} records"
            self.mapped.reasons[came.id] = [{"field": "body", "rule": said}]
            return
        for number, record in enumerate(every):
            try:
                if not _holds(follower, self._source.only, record):
                    continue
                self.mapped.records[came.id] += 1
                self._start(came, follower, record)
                row = self._row(follower, record)
                yield _Record(came, number, row, self._events(came, follower, record, number))
            except PathFailed as error:
                self._note(came, number, "only", str(error))
            except _Unreadable as error:
                self._note(came, number, error.field, str(error))

    def _name_kind(self, came: Came, follower: Follower, body: Any) -> None:
        chosen = self._source.kind
        if chosen is not None:
            said = as_text(follower.follow(chosen.path, body), None)
            named = chosen.values.get(said or "")
            self.mapped.kinds[came.id] = [] if named is None else [named]

    def _start(self, came: Came, follower: Follower, record: Any) -> None:
        for place, start in enumerate(self._source.starts):
            if _holds(follower, start.only, record):
                self.mapped.starts.setdefault(place, []).append(came.id)

    def _note(self, came: Came, number: int, field: str, rule: str) -> None:
        reason = {"record": number, "field": field, "rule": rule}
        self.mapped.reasons.setdefault(came.id, []).append(reason)

    def _row(self, follower: Follower, record: Any) -> Row:
        row: Row = {}
        for path, where in self._columns.items():
            try:
                row[path] = as_text(follower.follow(path, record), self._source.decimal)
            except (PathFailed, NotAValue) as error:
                raise _Unreadable(where, str(error)) from error
        return row

    def _events(self, came: Came, follower: Follower, record: Any, number: int) -> list[EventIn]:
        events = []
        for which, mapping in enumerate(self._source.events):
            place = f"events[{which}]"
            try:
                for count, item in enumerate(_listed(follower, mapping.each, record)):
                    own = f"{came.delivery_id}:{number}:{which}:{count}"
                    if _holds(follower, mapping.only, item):
                        event = self._event(mapping, follower, item, own, came.received_at)
                        events += [] if event is None else [event]
            except ValidationError as error:
                fault = error.errors()[0]
                where = ".".join([place, *(str(part) for part in fault["loc"])])
                raise _Unreadable(where, in_words(fault)) from None
            except (PathFailed, NotAValue) as error:
                raise _Unreadable(place, str(error)) from error
        return events

    def _event(
        self,
        mapping: EventMapping,
        follower: Follower,
        item: Any,
        own: str,
        received_at: datetime,
    ) -> EventIn | None:
        """What one item says the lead did; None where its type is none of those that are wanted.
        ``own``: the id of one that has none, made of its place in the delivery, so that it is known
        when the delivery is processed again."""
        kind: str | None
        if isinstance(mapping.type, Choice):
            said = as_text(follower.follow(mapping.type.path, item), None)
            kind = mapping.type.values.get(said or "")
            if kind is None:
                return None
        else:
            kind = mapping.type
        at = _text(follower, mapping.occurred_at, item)
        external_id = _text(follower, mapping.external_id, item)
        payload = {key: follower.follow(path, item) for key, path in mapping.payload.items()}
        said_of_it = {key: value for key, value in payload.items() if value is not None}
        return EventIn.model_validate(
            {
                "type": kind,
                "occurred_at": at or received_at,
                "external_id": external_id or own,
                "source": self._name,
                "payload": said_of_it or None,
            }
        )


def _listed(follower: Follower, path: str | None, record: Any) -> list[Any]:
    """What a path leads to, as a list: none, one, or each of a list; without a path, the record."""
    found = record if path is None else follower.follow(path, record)
    return found if isinstance(found, list) else [] if found is None else [found]


def _holds(follower: Follower, path: str | None, record: Any) -> bool:
    """JMESPath's own truth: nothing, false, and what is empty do not hold; a number does."""
    if path is None:
        return True
    value = follower.follow(path, record)
    return not (value is None or value is False or value in ("", [], {}))


def _text(follower: Follower, path: str | None, item: Any) -> str | None:
    return None if path is None else as_text(follower.follow(path, item), None)


class _Unreadable(ValueError):
    """What of a record cannot be read."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field

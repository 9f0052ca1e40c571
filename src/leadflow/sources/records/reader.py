"""Reading the records of deliveries: a row of texts and the events of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leadflow.leads.events.recording import EventIn
from leadflow.leads.files.formats.tables_of_text import Row
from leadflow.sources.bodies import BodyUnreadable, read_body
from leadflow.sources.definitions import Source
from leadflow.sources.mapped import Came, Mapped
from leadflow.sources.paths import Around, Follower, PathFailed
from leadflow.sources.records.cells import cell
from leadflow.sources.records.events import Unreadable, events_of
from leadflow.sources.records.finding import NothingThere, find_records
from leadflow.sources.texts import NotAValue

MOST_RECORDS = 1000


@dataclass(frozen=True)
class Record:
    """One record, before its row is checked."""

    came: Came
    number: int
    row: Row
    events: list[EventIn]


class RecordReader:
    """Reads the records of deliveries of one source. What cannot be read goes into ``mapped``."""

    def __init__(self, name: str, source: Source) -> None:
        self._name, self._source = name, source
        self.leads = source.leads(name)
        self._columns: dict[str, list[str]] = {}
        for where, path in self.leads.named_columns():
            self._columns.setdefault(path, []).append(where)
        self.mapped = Mapped()

    def records(self, came: Came) -> Iterator[Record]:
        """The records of a delivery that the source wants."""
        self.mapped.records[came.id] = self.mapped.left_out[came.id] = 0
        opened = self._opened(came)
        if opened is None:
            return
        follower, every = opened
        for number, record in enumerate(every):
            try:
                if not follower.holds(self._source.only, record):
                    self.mapped.left_out[came.id] += 1
                    continue
                self.mapped.records[came.id] += 1
                self._start(came, follower, record)
                row = self._row(follower, record)
                events = events_of(self._name, self._source, follower, came, number, record)
                yield Record(came, number, row, events)
            except PathFailed as error:
                self._note(came, number, "only", str(error))
            except Unreadable as error:
                self._note(came, number, error.field, str(error))
        self._say_why_nothing(came, len(every))

    def _opened(self, came: Came) -> tuple[Follower, list[Any]] | None:
        """The records of a body, and how to follow paths in it; None where there is a reason."""
        try:
            body = read_body(came.body, self._source.written_as(came.body))
            follower = Follower(Around(body, came.headers, came.received_at))
            every = find_records(follower, self._source.records, body)
            self._name_kind(came, follower, body)
        except (BodyUnreadable, PathFailed) as error:
            self.mapped.reasons[came.id] = [{"field": "body", "rule": str(error)}]
            return None
        except Unreadable as error:
            self.mapped.reasons[came.id] = [{"field": error.field, "rule": str(error)}]
            return None
        except NothingThere as error:
            where = "body" if self._source.records is None else "records"
            self.mapped.reasons[came.id] = [{"field": where, "rule": str(error)}]
            return None
        if len(every) > MOST_RECORDS:
            said = f"holds more than {MOST_RECORDS:,} records"
            self.mapped.reasons[came.id] = [{"field": "body", "rule": said}]
            return None
        return follower, every

    def _say_why_nothing(self, came: Came, found: int) -> None:
        """Where nothing of a delivery is wanted, that is no mistake for certain, but may be one."""
        if self.mapped.records[came.id] or came.id in self.mapped.reasons:
            return
        where, rule = (
            "only",
            f"lets none of {found:,} pass" if found > 1 else "does not let it pass",
        )
        if not found:
            where = "body" if self._source.records is None else "records"
            rule = "is an empty list"
        self.mapped.notes[came.id] = [{"field": where, "rule": rule}]

    def _name_kind(self, came: Came, follower: Follower, body: Any) -> None:
        chosen = self._source.kind
        if chosen is not None:
            try:
                named = chosen.values.get(follower.text(chosen.path, body) or "")
            except (PathFailed, NotAValue) as error:
                raise Unreadable("kind", str(error)) from error
            self.mapped.kinds[came.id] = [] if named is None else [named]

    def _start(self, came: Came, follower: Follower, record: Any) -> None:
        for place, start in enumerate(self._source.starts):
            try:
                if follower.holds(start.only, record):
                    self.mapped.starts.setdefault(place, []).append(came.id)
            except PathFailed as error:
                raise Unreadable(f"starts[{place}].only", str(error)) from error

    def _note(self, came: Came, number: int, field: str, rule: str) -> None:
        reason = {"record": number, "field": field, "rule": rule}
        self.mapped.reasons.setdefault(came.id, []).append(reason)

    def _row(self, follower: Follower, record: Any) -> Row:
        row: Row = {}
        for path, used in self._columns.items():
            # What is known of a lead, such as when its contract ends, may be of any time.
            any_time = all(where.startswith("attributes.") for where in used)
            try:
                value = follower.follow(path, record, any_time)
                row[path] = cell(value, used, self._source.decimal)
            except (PathFailed, NotAValue) as error:
                raise Unreadable(used[0], str(error)) from error
        return row

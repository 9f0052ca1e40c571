"""The history of a lead as it is read: what came again and again is one line. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from features.how_many import how_many
from leadflow.gateway.console.campaigns import phrases
from leadflow.gateway.console.campaigns.standing import InCampaigns
from leadflow.gateway.console.history import Entry
from leadflow.gateway.console.kept import Kept

NEWEST = 30
BRIEF = 120


@dataclass(frozen=True)
class Told:
    """A line of the history: of the newest moment; ``moments`` of all of them, the newest first,
    where there are several."""

    at: datetime
    what: str
    more: str
    moments: list[datetime]


def folded(entries: Iterable[Entry]) -> list[Told]:
    """The entries, newest first, of which those are one line that the lead did again, and those
    that say how its score moved meanwhile, as long as nothing else happened between them."""
    ordered = sorted(entries, key=lambda entry: entry.at, reverse=True)
    told: list[Told] = []
    for of_itself, stretch in groupby(ordered, key=lambda entry: entry.kind != "other"):
        some = list(stretch)
        told += _stretch(some) if of_itself else [_alone(entry) for entry in some]
    return told[:NEWEST]


def others(kept: Kept, mailed: InCampaigns) -> Iterator[Entry]:
    """Notes, tasks and mails, as entries of the history."""
    for written in kept.notes:
        yield Entry(written.note.written_at, "note", f"{written.by}: {_brief(written.note.words)}")
    for one in kept.tasks:
        task = one.task
        yield Entry(task.created_at, "task added", f"{kept.names[task.created_by]}: {task.what}")
        if task.closed_at is not None and task.closed_by is not None:
            yield Entry(
                task.closed_at, f"task {task.status}", f"{kept.names[task.closed_by]}: {task.what}"
            )
    for sent in mailed.messages:
        if sent.sent_at is not None:
            became = phrases.MESSAGES[sent.status]
            yield Entry(sent.sent_at, f"mail of {mailed.titles[sent.campaign]}", became)


def _stretch(entries: list[Entry]) -> list[Told]:
    """Those of one kind together, each where its newest stands."""
    alike: dict[str, list[Entry]] = {}
    for entry in entries:
        alike.setdefault("scored" if entry.kind == "scored" else entry.what, []).append(entry)
    return [_together(some) for some in alike.values()]


def _together(some: list[Entry]) -> Told:
    newest, oldest = some[0], some[-1]
    if len(some) == 1:
        return _alone(newest)
    moments = [entry.at for entry in some]
    if newest.kind == "scored":
        # From where it was before all of them.
        return Told(newest.at, newest.what, oldest.more, moments)
    days = len({moment.date() for moment in moments})
    on = "" if days == 1 else f" on {how_many(days, 'day')}"
    return Told(
        newest.at, f"{newest.what}, {how_many(len(some), 'time')}{on}", newest.more, moments
    )


def _alone(entry: Entry) -> Told:
    return Told(entry.at, entry.what, entry.more, [])


def _brief(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= BRIEF else f"{line[:BRIEF]}…"

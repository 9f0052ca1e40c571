"""Past assignments of an imported file, recorded by the file's mapping."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from leadflow.assignment.locks import take_assignment_lock
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.versions import store_team
from leadflow.database.copying import copy_rows
from leadflow.database.ids import new_id
from leadflow.leads.files.formats.reading import open_table
from leadflow.leads.files.mapping import Mapping as FileMapping
from leadflow.leads.files.mapping_parts import ROW
from leadflow.leads.tables import Lead, Outcome

SOURCE = "import"
COLUMNS = (
    "id",
    "lead_id",
    "rep_id",
    "strategy",
    "reason",
    "source",
    "assigned_by",
    "segment",
    "assigned_at",
    "ended_at",
    "end_reason",
)


@dataclass(frozen=True)
class Holder:
    """Who had a lead, as the file says."""

    rep: str
    team: str | None
    manager: str | None


@dataclass(frozen=True)
class PastAssignments:
    """What was recorded: assignments, and salespeople whom nobody knew before."""

    assignments: int
    new_reps: int


def record_past(
    session: Session, path: Path, mapping: FileMapping, now: datetime
) -> PastAssignments:
    """Record who had the leads of a file that was imported by this mapping.

    Leads that have or had a salesperson are left alone, so that it may be done twice. Salespeople
    whom nobody knows join the team; their capacity is the most leads they had at once.
    """
    holders = _holders(path, mapping)
    take_assignment_lock(session)
    leads = [row for row in _leads(session, mapping.source) if row.external_id in holders]
    known = set(session.scalars(select(Rep.external_id)))
    new = {holder.rep for holder in holders.values()} - known
    if new:
        at_once = _most_at_once(leads, holders, now)
        store_team(session, _team(holders.values(), new, known, at_once), by=SOURCE)
    ids = dict(session.execute(select(Rep.external_id, Rep.id)).tuples().all())
    rows = [_row(lead, ids[holders[lead.external_id].rep]) for lead in leads]
    return PastAssignments(copy_rows(session, "assignments", COLUMNS, rows), len(new))


def _holders(path: Path, mapping: FileMapping) -> dict[str, Holder]:
    """By the file's own id of the lead."""
    said = mapping.assigned_to
    if said is None or mapping.key is None:
        return {}
    holders = {}
    for number, row in enumerate(open_table(path, mapping.csv, mapping.joins).rows):
        key = str(number) if mapping.key == ROW else row.get(mapping.key)
        rep = row.get(said.rep)
        if key and rep:
            team = row.get(said.team) if said.team else None
            holders[key] = Holder(rep, team, row.get(said.manager) if said.manager else None)
    return holders


def _leads(session: Session, source: str) -> Sequence[Row[Any]]:
    """Leads of the source that never had a salesperson, with their first outcome."""
    ended = (
        select(Outcome.lead_id, Outcome.outcome, Outcome.occurred_at)
        .distinct(Outcome.lead_id)
        .order_by(Outcome.lead_id, Outcome.occurred_at)
        .subquery()
    )
    columns = (Lead.id, Lead.external_id, Lead.industry, Lead.created_at)
    return session.execute(
        select(*columns, ended.c.outcome, ended.c.occurred_at)
        .outerjoin(ended, ended.c.lead_id == Lead.id)
        .where(Lead.source == source, ~exists().where(Assignment.lead_id == Lead.id))
        .order_by(Lead.id)
    ).all()


def _most_at_once(
    leads: Iterable[Row[Any]], holders: Mapping[str, Holder], now: datetime
) -> dict[str, int]:
    """The most leads each salesperson had in work at a time."""
    changes: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for lead in leads:
        rep = holders[lead.external_id].rep
        changes[rep] += [(lead.created_at, 1), (lead.occurred_at or now, -1)]
    most = {}
    for rep, moments in changes.items():
        load = highest = 0
        for _, change in sorted(moments, key=lambda moment: (moment[0], -moment[1])):
            load += change
            highest = max(highest, load)
        most[rep] = highest
    return most


def _team(
    holders: Iterable[Holder], new: set[str], known: set[str], at_once: Mapping[str, int]
) -> TeamIn:
    """The people of the file who are not known yet; managers take no leads."""
    people = {holder.rep: holder for holder in holders if holder.rep in new}
    managers = {h.team: h.manager for h in people.values() if h.team and h.manager}
    boss = set(managers.values()) - known - new
    return TeamIn.model_validate(
        {
            "teams": [
                {"name": team, "manager": managers.get(team)}
                for team in sorted({h.team for h in people.values() if h.team})
            ],
            "reps": [
                *({"id": name, "name": name, "capacity": 0} for name in sorted(boss)),
                *(
                    {
                        "id": name,
                        "name": name,
                        "team": holder.team,
                        "capacity": max(1, at_once.get(name, 1)),
                    }
                    for name, holder in sorted(people.items())
                ),
            ],
        }
    )


def _row(lead: Row[Any], rep_id: str) -> tuple[Any, ...]:
    ended = None if lead.outcome is None else max(lead.occurred_at, lead.created_at)
    return (
        new_id("assign"),
        lead.id,
        rep_id,
        SOURCE,
        "Had it before the leads were imported",
        SOURCE,
        SOURCE,
        lead.industry or "",
        lead.created_at,
        ended,
        lead.outcome,
    )

"""Writing a sales team's rows: only of what has changed, in a dozen statements however many."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.assignment.tables import (
    Rep,
    RepAbsence,
    RepSkill,
    Skill,
    Team,
    Territory,
    rep_territories,
)
from leadflow.assignment.team.schemas import RepIn, TeamIn
from leadflow.assignment.team.store import AS_STORED, StoredTeam
from leadflow.database.ids import new_id


def write_rows(session: Session, before: StoredTeam, team: TeamIn) -> None:
    """Make the rows say what the (checked) team says. Salespeople are never deleted; teams and
    territories that it does not have are."""
    groups = before.groups | _missing("team", before.groups, (g.name for g in team.teams))
    areas = before.territories | _missing(
        "terr", before.territories, (area.name for area in team.territories)
    )
    reps = before.reps | _missing("rep", before.reps, (rep.id for rep in team.reps))
    _upsert(session, Team, [{"id": groups[g.name], "name": g.name} for g in team.teams])
    _write_territories(session, before.team, team, areas)
    known = {rep.id: rep for rep in before.team.reps}
    moved = {before.team.fallback_owner, team.fallback_owner}
    if before.team.fallback_owner == team.fallback_owner:
        moved = set()
    changed = [rep for rep in team.reps if known.get(rep.id) != rep or rep.id in moved]
    rows = [_rep_row(rep, team, reps, groups) for rep in changed]
    # The old fallback owner steps down before the new one takes over: there is one at a time.
    _upsert(session, Rep, [row for row in rows if not row["is_fallback"]])
    _upsert(session, Rep, [row for row in rows if row["is_fallback"]])
    _write_details(session, changed, reps, areas)
    _write_leads(session, team, groups, reps)
    session.execute(delete(Territory).where(Territory.name.not_in(_names(team.territories))))
    session.execute(delete(Team).where(Team.name.not_in(_names(team.teams))))


def _missing(prefix: str, ids: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: new_id(prefix) for name in names if name not in ids}


def _names(parts: Iterable[Any]) -> list[str]:
    return [part.name for part in parts]


def _upsert(session: Session, table: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    statement = insert(table.__table__)
    changes = {name: statement.excluded[name] for name in rows[0] if name != "id"}
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes), rows)


def _write_territories(session: Session, before: TeamIn, team: TeamIn, ids: dict[str, str]) -> None:
    """In the team's order, in which each comes after the one it lies within."""
    known = {area.name: area for area in before.territories}
    rows = [
        area.model_dump(exclude={"parent"})
        | {"id": ids[area.name], "parent_id": ids[area.parent] if area.parent else None}
        for area in team.territories
        if known.get(area.name) != area
    ]
    _upsert(session, Territory, rows)


def _rep_row(
    rep: RepIn, team: TeamIn, reps: dict[str, str], groups: dict[str, str]
) -> dict[str, Any]:
    return rep.model_dump(include={*AS_STORED} - {"team"}) | {
        "id": reps[rep.id],
        "external_id": rep.id,
        "team_id": groups[rep.team] if rep.team is not None else None,
        "working_hours": rep.working_hours.hours,
        "is_fallback": rep.id == team.fallback_owner,
    }


def _write_details(
    session: Session, changed: Sequence[RepIn], reps: dict[str, str], areas: dict[str, str]
) -> None:
    """Skills, days off and territories of those who have changed, written anew."""
    if not changed:
        return
    ids = [reps[rep.id] for rep in changed]
    names = sorted({skill for rep in changed for skill in rep.skills})
    skills = _skill_ids(session, names)
    for table in (RepSkill.__table__, RepAbsence.__table__, rep_territories):
        session.execute(delete(table).where(table.c.rep_id.in_(ids)))  # type: ignore[arg-type]
    _insert(
        session,
        RepSkill.__table__,
        [
            {"rep_id": reps[rep.id], "skill_id": skills[name], "level": level}
            for rep in changed
            for name, level in rep.skills.items()
        ],
    )
    _insert(
        session,
        RepAbsence.__table__,
        [
            {"rep_id": reps[rep.id], "first_day": days.first, "last_day": days.last}
            for rep in changed
            for days in rep.days_off
        ],
    )
    _insert(
        session,
        rep_territories,
        [
            {"rep_id": reps[rep.id], "territory_id": areas[name]}
            for rep in changed
            for name in rep.territories
        ],
    )


def _insert(session: Session, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _skill_ids(session: Session, names: Sequence[str]) -> dict[str, str]:
    if names:
        rows = [{"id": new_id("skill"), "name": name} for name in names]
        session.execute(insert(Skill.__table__).on_conflict_do_nothing(), rows)  # type: ignore[arg-type]
    return dict(session.execute(select(Skill.name, Skill.id)).tuples().all())


def _write_leads(
    session: Session, team: TeamIn, groups: dict[str, str], reps: dict[str, str]
) -> None:
    """Who leads and manages each team, once everybody is there."""
    rows = [
        {
            "id": groups[group.name],
            "lead_rep_id": reps[group.lead] if group.lead else None,
            "manager_rep_id": reps[group.manager] if group.manager else None,
        }
        for group in team.teams
    ]
    if rows:
        session.execute(update(Team), rows)

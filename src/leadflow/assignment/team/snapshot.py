"""The sales team as assignment decides on it: as of a moment, without names or addresses."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.assignment.snapshots import RepSnapshot, TeamSnapshot
from leadflow.assignment.tables import Rep, RepLoad, Team, Territory
from leadflow.assignment.team.ramp import share_today
from leadflow.assignment.team.store import (
    absences_of,
    skills_of,
    territories_of,
    territory_rows,
)
from leadflow.assignment.team.tables import TeamVersion
from leadflow.assignment.territory.postal import read_range
from leadflow.assignment.territory.territories import TerritoryFacts
from leadflow.hours import read_calendar


def team_version(session: Session) -> int:
    """The number of the team in use; 0 before any was stored."""
    return session.scalar(select(func.coalesce(func.max(TeamVersion.version), 0))) or 0


def read_loads(session: Session) -> dict[str, int]:
    """Leads in work of every salesperson, by id."""
    return dict(session.execute(select(RepLoad.rep_id, RepLoad.open_leads)).tuples().all())


def read_team(session: Session, now: datetime) -> TeamSnapshot:
    """All salespeople by id with loads, calendars and their share as of now, and the territories;
    in three statements."""
    # The version first: who reads an older number than what follows reads once more, not less.
    version = team_version(session)
    rows = session.execute(select(*_columns()).order_by(Rep.id)).mappings().all()
    territories = tuple(_territory(row, parent) for row, parent in territory_rows(session))
    return TeamSnapshot(version, tuple(_rep(dict(row), now) for row in rows), territories)


def _columns() -> list[Any]:
    load = select(RepLoad.open_leads).where(RepLoad.rep_id == Rep.id).scalar_subquery()
    return [
        Rep.id,
        Rep.external_id,
        Rep.capacity,
        Rep.weight,
        Rep.languages,
        Rep.time_zone,
        Rep.working_hours,
        Rep.ramp_share,
        Rep.ramp_until,
        Rep.active,
        Rep.is_fallback,
        select(Team.name).where(Team.id == Rep.team_id).scalar_subquery().label("team"),
        func.coalesce(load, 0).label("load"),
        skills_of().label("skills"),
        absences_of().label("days_off"),
        territories_of().label("territories"),
    ]


def _rep(row: dict[str, Any], now: datetime) -> RepSnapshot:
    absences = [
        (date.fromisoformat(first), date.fromisoformat(last))
        for first, last in row["days_off"] or ()
    ]
    calendar = read_calendar(row["time_zone"], row["working_hours"], absences)
    return RepSnapshot(
        rep_id=row["id"],
        external_id=row["external_id"],
        capacity=row["capacity"],
        weight=row["weight"],
        ramp_share=share_today(row["ramp_share"], row["ramp_until"], calendar, now),
        active=row["active"],
        team=row["team"],
        skills=row["skills"] or {},
        languages=frozenset(row["languages"]),
        territories=frozenset(row["territories"] or ()),
        calendar=calendar,
        is_fallback=row["is_fallback"],
        load=row["load"],
    )


def _territory(row: Territory, parent: str | None) -> TerritoryFacts:
    return TerritoryFacts(
        name=row.name,
        parent=parent,
        overlay=row.overlay,
        countries=frozenset(row.countries),
        regions=frozenset(row.regions),
        postal_ranges=tuple(map(read_range, row.postal_ranges)),
        industries=frozenset(row.industries),
        smallest_company=row.smallest_company,
        largest_company=row.largest_company,
        accounts=frozenset(row.accounts),
    )

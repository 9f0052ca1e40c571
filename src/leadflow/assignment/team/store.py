"""The sales team in the store as one value, in the form of a team file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from leadflow.assignment.tables import (
    Rep,
    RepAbsence,
    RepSkill,
    Skill,
    Team,
    Territory,
    rep_territories,
)
from leadflow.assignment.team.content import ordered
from leadflow.assignment.team.schemas import (
    DaysOff,
    GroupIn,
    RepIn,
    TeamIn,
    TerritoryIn,
    WeekIn,
)

# Fields of a salesperson that are columns of the same name and form.
AS_STORED = (
    "name",
    "email",
    "team",
    "capacity",
    "weight",
    "languages",
    "time_zone",
    "ramp_share",
    "ramp_until",
    "active",
)


class RepNotFound(LookupError):
    """There is no such salesperson."""

    def __init__(self, rep_id: str) -> None:
        super().__init__(f"There is no rep {rep_id}. See them all: leadflow reps list, GET /reps.")


@dataclass(frozen=True)
class StoredTeam:
    """The team, and the ids of its rows: of salespeople by the company's own id, of teams and
    territories by name."""

    team: TeamIn
    reps: dict[str, str]
    groups: dict[str, str]
    territories: dict[str, str]


def read_stored(session: Session) -> StoredTeam:
    """The whole team, names and addresses included, in three statements."""
    reps = session.execute(select(*_rep_columns()).order_by(Rep.external_id)).mappings().all()
    lead, manager = aliased(Rep), aliased(Rep)
    groups = session.execute(
        select(Team.id, Team.name, lead.external_id, manager.external_id)
        .outerjoin(lead, lead.id == Team.lead_rep_id)
        .outerjoin(manager, manager.id == Team.manager_rep_id)
    ).all()
    territories = territory_rows(session)
    team = TeamIn.model_construct(
        fallback_owner=next((row["external_id"] for row in reps if row["is_fallback"]), None),
        teams=[
            GroupIn(name=name, lead=led_by, manager=managed_by)
            for _, name, led_by, managed_by in groups
        ],
        territories=[_territory(row, parent) for row, parent in territories],
        reps=[_rep(dict(row)) for row in reps],
    )
    return StoredTeam(
        ordered(team),
        reps={row["external_id"]: row["rep_id"] for row in reps},
        groups={name: group_id for group_id, name, *_ in groups},
        territories={row.name: row.id for row, _ in territories},
    )


def territory_rows(session: Session) -> Sequence[tuple[Territory, str | None]]:
    """Every territory with the name of the one it lies within, by name."""
    parent = aliased(Territory)
    rows = session.execute(
        select(Territory, parent.name)
        .outerjoin(parent, parent.id == Territory.parent_id)
        .order_by(Territory.name)
        .execution_options(populate_existing=True)
    )
    return rows.tuples().all()


def skills_of() -> ColumnElement[Any]:
    """A salesperson's skills and levels, as one value beside the row."""
    return (
        select(func.jsonb_object_agg(Skill.name, RepSkill.level))
        .join_from(RepSkill, Skill)
        .where(RepSkill.rep_id == Rep.id)
        .scalar_subquery()
    )


def absences_of() -> ColumnElement[Any]:
    """A salesperson's days off, first and last, as one value beside the row."""
    days = func.jsonb_build_array(RepAbsence.first_day, RepAbsence.last_day)
    return (
        select(func.jsonb_agg(aggregate_order_by(days, RepAbsence.first_day)))
        .where(RepAbsence.rep_id == Rep.id)
        .scalar_subquery()
    )


def territories_of() -> ColumnElement[Any]:
    """The names of a salesperson's territories, as one value beside the row."""
    return (
        select(func.jsonb_agg(Territory.name))
        .join_from(rep_territories, Territory)
        .where(rep_territories.c.rep_id == Rep.id)
        .scalar_subquery()
    )


def _rep_columns() -> list[Any]:
    return [
        Rep.id.label("rep_id"),
        Rep.external_id,
        *(getattr(Rep, name) for name in AS_STORED if name != "team"),
        Rep.working_hours,
        Rep.is_fallback,
        select(Team.name).where(Team.id == Rep.team_id).scalar_subquery().label("team"),
        skills_of().label("skills"),
        absences_of().label("days_off"),
        territories_of().label("territories"),
    ]


def _rep(row: dict[str, Any]) -> RepIn:
    """Not checked again: a row from before a check was there must stay readable, to be mended."""
    days_off = [
        DaysOff.model_construct(first=date.fromisoformat(first), last=date.fromisoformat(last))
        for first, last in row["days_off"] or ()
    ]
    given = {name: row[name] for name in AS_STORED}
    return RepIn.model_construct(
        **given,
        id=row["external_id"],
        working_hours=WeekIn.model_construct(**row["working_hours"]),
        days_off=days_off,
        skills=row["skills"] or {},
        territories=sorted(row["territories"] or ()),
    )


def _territory(row: Territory, parent: str | None) -> TerritoryIn:
    """Not checked again, as above."""
    return TerritoryIn.model_construct(
        name=row.name,
        parent=parent,
        overlay=row.overlay,
        countries=row.countries,
        regions=row.regions,
        postal_ranges=row.postal_ranges,
        industries=row.industries,
        smallest_company=row.smallest_company,
        largest_company=row.largest_company,
        accounts=row.accounts,
    )


def rep_names(session: Session) -> dict[str, str]:
    """The names of all salespeople, by id."""
    return dict(session.execute(select(Rep.id, Rep.name)).tuples().all())

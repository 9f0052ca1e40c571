"""The sales team: read from a file into the store, and read from the store for deciding."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.assignment.tables import (
    Assignment,
    Rep,
    RepSkill,
    Skill,
    Team,
    Territory,
    rep_territories,
)
from leadflow.audit import service as audit
from leadflow.database.ids import new_id


class TeamFileInvalid(ValueError):
    """The sales team file is not valid; the message names the place and the reason."""


class TerritoryIn(BaseModel):
    """A part of the market; a condition left out admits everything."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    countries: list[str] = []
    regions: list[str] = []
    industries: list[str] = []
    smallest_company: int | None = Field(default=None, ge=0)
    largest_company: int | None = Field(default=None, ge=0)


class RepIn(BaseModel):
    """A salesperson. ``id`` is the company's own; skills have levels from 1 to 5."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    email: str | None = None
    team: str | None = None
    capacity: int = Field(ge=0)
    weight: float = Field(default=1.0, gt=0)
    active: bool = True
    skills: dict[str, int] = {}
    territories: list[str] = []


class TeamIn(BaseModel):
    """A sales team as it is written in YAML."""

    model_config = ConfigDict(extra="forbid")

    territories: list[TerritoryIn] = []
    reps: list[RepIn]


def load_team(path: Path) -> TeamIn:
    """Read a sales team from YAML.

    Raises:
        TeamFileInvalid: names the place and the reason.
    """
    try:
        team = TeamIn.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError) as error:
        raise TeamFileInvalid(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TeamFileInvalid(f"{path}, {place}: {first['msg']}") from error
    known = {territory.name for territory in team.territories}
    for rep in team.reps:
        unknown = [name for name in rep.territories if name not in known]
        wrong = [skill for skill, level in rep.skills.items() if not 1 <= level <= 5]
        if unknown:
            raise TeamFileInvalid(f"{path}, rep {rep.id}: no territory {', '.join(unknown)}")
        if wrong:
            raise TeamFileInvalid(f"{path}, rep {rep.id}: levels go from 1 to 5 ({wrong[0]})")
    return team


def store_team(session: Session, team: TeamIn) -> None:
    """Add or change these reps, skills and territories; those not named stay as they are."""
    territories = _upsert_territories(session, team.territories)
    skills = _upsert_skills(session, {skill for rep in team.reps for skill in rep.skills})
    teams = _upsert_teams(session, {rep.team for rep in team.reps if rep.team})
    for given in team.reps:
        rep = session.scalars(select(Rep).where(Rep.external_id == given.id)).first()
        if rep is None:
            rep = Rep(id=new_id("rep"), external_id=given.id)
            session.add(rep)
        rep.name, rep.email = given.name, given.email
        rep.team_id = teams.get(given.team or "")
        rep.capacity, rep.weight, rep.active = given.capacity, given.weight, given.active
        session.flush()
        session.execute(delete(RepSkill).where(RepSkill.rep_id == rep.id))
        session.add_all(
            RepSkill(rep_id=rep.id, skill_id=skills[name], level=level)
            for name, level in given.skills.items()
        )
        session.execute(delete(rep_territories).where(rep_territories.c.rep_id == rep.id))
        if given.territories:
            session.execute(
                rep_territories.insert(),
                [
                    {"rep_id": rep.id, "territory_id": territories[name]}
                    for name in given.territories
                ],
            )
    session.flush()
    audit.record(session, "operator", "team.stored", "team", {"reps": len(team.reps)})


def _upsert_territories(session: Session, given: Sequence[TerritoryIn]) -> dict[str, str]:
    for territory in given:
        values: dict[str, Any] = territory.model_dump()
        changes = {name: value for name, value in values.items() if name != "name"}
        session.execute(
            insert(Territory)
            .values(id=new_id("terr"), **values)
            .on_conflict_do_update(index_elements=["name"], set_=changes)
        )
    return dict(session.execute(select(Territory.name, Territory.id)).tuples().all())


def _upsert_teams(session: Session, names: set[str]) -> dict[str, str]:
    for name in sorted(names):
        session.execute(insert(Team).values(id=new_id("team"), name=name).on_conflict_do_nothing())
    return dict(session.execute(select(Team.name, Team.id)).tuples().all())


def _upsert_skills(session: Session, names: set[str]) -> dict[str, str]:
    for name in sorted(names):
        session.execute(
            insert(Skill).values(id=new_id("skill"), name=name).on_conflict_do_nothing()
        )
    return dict(session.execute(select(Skill.name, Skill.id)).tuples().all())

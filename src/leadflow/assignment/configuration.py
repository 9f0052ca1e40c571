"""Territories as configuration: ``territories.yaml``. The salespeople who have them are no
configuration: their names are encrypted, and files of configuration are for everybody to read."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow import plain_yaml
from leadflow.assignment.team.content import in_order
from leadflow.assignment.team.edits import remove_territory
from leadflow.assignment.team.faults import Fault, TeamInvalid
from leadflow.assignment.team.file import shape_faults
from leadflow.assignment.team.schemas import TeamIn, TerritoryIn
from leadflow.assignment.team.store import read_stored
from leadflow.assignment.team.tables import TeamVersion
from leadflow.assignment.team.versions import lock_team, store_team
from leadflow.conditions.problems import Problem
from leadflow.configuration.kinds import Change, ConfigurationKind, ContentRefused, Stored

SECTION = "territories"
LOOKED_BACK = 50  # versions of the team
PLACE = re.compile(rf"{SECTION}\[(\d+)\]")
NO_TEAM = (
    "There is no sales team yet, whose territories these would be. First: leadflow reps import "
    "FILE (docs/sales-team.md)"
)


def store(session: Session, content: Any, by: str, _now: datetime) -> Stored:
    """Store the territories that differ, as one version of the team.

    Raises:
        ContentRefused: with everything that is wrong.
    """
    try:
        given = TeamIn.model_validate({SECTION: content[SECTION], "reps": []}).territories
    except ValidationError as error:
        raise ContentRefused([_problem(one) for one in shape_faults(error)]) from error
    team = read_stored(session).team
    if not team.reps:
        raise ContentRefused([Problem(SECTION, NO_TEAM)])
    known = {one.name: plain(one) for one in team.territories}
    new = tuple(one.name for one in given if one.name not in known)
    changed = tuple(one.name for one in given if known.get(one.name) not in (None, plain(one)))
    if new or changed:
        try:
            store_team(session, TeamIn(territories=given, reps=[]), by)
        except TeamInvalid as error:
            raise ContentRefused([_of_given(one, given) for one in error.faults]) from error
    return Stored(new, changed)


def in_force(session: Session, at: datetime | None) -> dict[str, Any] | None:
    """The territories that counted at a moment, None for now, each after the one it lies within."""
    if at is None:
        territories = read_stored(session).team.territories
    else:
        newest = select(TeamVersion.content).where(TeamVersion.created_at <= at)
        content = session.scalar(newest.order_by(TeamVersion.version.desc()).limit(1))
        said = [] if content is None else json.loads(content).get(SECTION, [])
        territories = [TerritoryIn.model_construct(**one) for one in said]
    if not territories:
        return None
    return {SECTION: [plain(one) for one in in_order(territories)]}


def changes(session: Session, name: str | None, most: int) -> list[Change]:
    """When the territories changed, the newest first, among the newest versions of the team: most
    of these change something else. Read only as far back as is wanted."""
    newest = select(TeamVersion).order_by(TeamVersion.version.desc()).limit(LOOKED_BACK)
    found: list[Change] = []
    later: tuple[TeamVersion, dict[str, Any]] | None = None
    for version in chain(session.scalars(newest.execution_options(yield_per=5)), (None,)):
        said = {} if version is None else json.loads(version.content).get(SECTION, [])
        named = {one["name"]: one for one in said}
        if later is not None:
            row, then = later
            differing = sorted(one for one in then | named if then.get(one) != named.get(one))
            wanted = [one for one in differing if name in (None, one)]
            found += [Change(row.created_at, row.created_by, one) for one in wanted]
        if version is None or len(found) >= most:
            break
        later = version, named
    return found[:most]


def take_out(session: Session, names: Sequence[str], by: str, _now: datetime) -> None:
    """Take these out, those within others first.

    Raises:
        TerritoryInUse: salespeople have one, or one that stays lies within it.
    """
    ordered = in_order(read_stored(session).team.territories)
    for name in (one.name for one in reversed(ordered) if one.name in names):
        remove_territory(session, name, by)


def plain(territory: TerritoryIn) -> dict[str, Any]:
    """A territory as a file has it, without what says nothing."""
    return territory.model_dump(mode="json", exclude_defaults=True)


def _problem(fault: Fault) -> Problem:
    return Problem(fault.place, f"{fault.problem}.")


def _of_given(fault: Fault, given: Sequence[TerritoryIn]) -> Problem:
    """A fault of the whole team, as one of these territories; what is given stands first in it."""
    place = PLACE.match(fault.place)
    if place is None or int(place[1]) < len(given):
        return _problem(fault)
    said = f"Together with what is in force, this cannot be: {fault.place}: {fault.problem}."
    return Problem(SECTION, said)


CONFIGURATION = ConfigurationKind(
    SECTION,
    "team.write",
    plain_yaml.load,
    plain_yaml.dump,
    lock_team,
    store,
    in_force,
    changes,
    section=SECTION,
    listed=True,
    take_out=take_out,
)

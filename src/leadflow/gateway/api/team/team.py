"""The sales team over HTTP: whole, by version, each salesperson, each territory."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from leadflow.assignment.configuration import SECTION
from leadflow.assignment.team import edits
from leadflow.assignment.team.content import plain_team
from leadflow.assignment.team.file import read_team_content
from leadflow.assignment.team.roster import (
    find_standing,
    find_territory,
    roster,
    territory_forest,
)
from leadflow.assignment.team.schemas import DaysOff
from leadflow.assignment.team.snapshot import team_version
from leadflow.assignment.team.store import StoredTeam, read_stored
from leadflow.assignment.team.versions import (
    lock_team,
    restore_team,
    store_team,
    team_versions,
)
from leadflow.database.engine import unit_of_work
from leadflow.drafts.service import at_once
from leadflow.gateway.api.submitting import WAITS, author, submit, waits
from leadflow.gateway.api.team.team_schemas import RepOut, TeamStored, TeamVersionOut, TerritoryOut
from leadflow.gateway.http.callers import ReadsTeam, WritesTeam
from leadflow.gateway.http.idempotency import Keyed
from leadflow.gateway.http.pages import Paged, PageOut
from leadflow.gateway.http.versions import IfMatch, say_version, version_of
from leadflow.paging.keyset import page_of

router = APIRouter(tags=["team"], route_class=Keyed)
Fields = Annotated[dict[str, Any], Body(description="As in a team file (docs/sales-team.md).")]
INVALID: dict[int | str, dict[str, Any]] = {422: {"description": "team-invalid, with each place"}}


@router.get("/team", summary="Read the sales team")
def read_whole(request: Request, caller: ReadsTeam) -> dict[str, Any]:
    """The whole team in use, in the form of a team file."""
    with unit_of_work() as session:
        say_version(request, team_version(session))
        return plain_team(read_stored(session).team)


@router.put("/team", summary="Replace the sales team", responses=INVALID)
def replace_team(body: Fields, seen: IfMatch, caller: WritesTeam) -> TeamStored:
    """Store a whole team. Salespeople who are not named become inactive; nobody is deleted. What
    changes nothing makes no version. 409 `must-wait` where a policy asks somebody about the
    territories that it changes: send these by themselves."""
    team = read_team_content(body)
    with unit_of_work() as session:
        lock_team(session)
        seen.check(team_version(session))
        do = partial(store_team, session, team, caller.id, replace=True)
        by, now = author(caller), datetime.now(UTC)
        return TeamStored(version=at_once(session, [SECTION], do, by, now))


@router.get("/team/versions", summary="Versions of the sales team")
def read_versions(caller: ReadsTeam, paged: Paged) -> PageOut[TeamVersionOut]:
    """Every version, the newest (the one in use) first."""
    with unit_of_work() as session:
        return PageOut.of(team_versions(session, paged).of(TeamVersionOut.of))


@router.post("/team/versions/{version}/restore", summary="Use an earlier version again")
def restore(version: int, caller: WritesTeam) -> TeamStored:
    """Store an earlier version as the newest. Whoever came since becomes inactive."""
    with unit_of_work() as session:
        do = partial(restore_team, session, version, caller.id)
        by, now = author(caller), datetime.now(UTC)
        return TeamStored(version=at_once(session, [SECTION], do, by, now))


@router.get("/reps", summary="List the salespeople")
def read_reps(caller: ReadsTeam, paged: Paged) -> PageOut[RepOut]:
    """Everyone, by your own ids, with leads in work, limit, and whether at work now."""
    with unit_of_work() as session:
        everyone = roster(session, datetime.now(UTC))
    page = page_of(everyone, lambda standing: standing.given.id, ("reps",), paged)
    return PageOut.of(page.of(RepOut.of))


@router.get("/reps/{rep_id}", summary="Read a salesperson")
def read_rep(rep_id: str, request: Request, caller: ReadsTeam) -> RepOut:
    """By Leadflow's id or by the company's own."""
    with unit_of_work() as session:
        say_version(request, _rep_version(read_stored(session), rep_id))
    return _rep(rep_id)


@router.patch("/reps/{rep_id}", summary="Change a salesperson", responses=INVALID)
def change_rep(rep_id: str, body: Fields, seen: IfMatch, caller: WritesTeam) -> RepOut:
    """Change the fields that are sent. `is_fallback: true` makes this one the fallback owner."""
    with unit_of_work() as session:
        seen.check(_rep_version(lock_team(session), rep_id))
        edits.change_rep(session, rep_id, body, caller.id)
    return _rep(rep_id)


@router.post("/reps/{rep_id}/days-off", status_code=201, summary="Add days off")
def add_days_off(rep_id: str, body: DaysOff, caller: WritesTeam) -> RepOut:
    """Both days included, in the salesperson's own zone; without `to`, one day. Days off that
    overlap become one."""
    with unit_of_work() as session:
        edits.add_days_off(session, rep_id, body, caller.id)
    return _rep(rep_id)


@router.delete("/reps/{rep_id}/days-off/{first}", summary="Take days off back")
def remove_days_off(rep_id: str, first: date, caller: WritesTeam) -> RepOut:
    """Those that begin on this day."""
    with unit_of_work() as session:
        edits.remove_days_off(session, rep_id, first, caller.id)
    return _rep(rep_id)


@router.get("/territories", summary="The tree of territories")
def read_territories(caller: ReadsTeam) -> list[TerritoryOut]:
    """Each territory with its salespeople and those within it: a tree, read whole."""
    with unit_of_work() as session:
        forest = territory_forest(read_stored(session).team)
        return [TerritoryOut.of(node) for node in forest]


@router.get("/territories/{name:path}", summary="Read a territory")
def read_territory(name: str, request: Request, caller: ReadsTeam) -> TerritoryOut:
    """With its salespeople and those within it."""
    with unit_of_work() as session:
        team = read_stored(session).team
        found = find_territory(team, name)
        say_version(request, version_of(found.territory))
        return TerritoryOut.of(found)


@router.put(
    "/territories/{name:path}",
    response_model=TeamStored,
    summary="Define a territory",
    responses=INVALID | WAITS | {201: {"model": TeamStored, "description": "It is a new one"}},
)
def put_territory(
    name: str, body: Fields, response: Response, seen: IfMatch, caller: WritesTeam
) -> TeamStored | Response:
    """Add a territory (201) or replace one (200). One that ties with another is refused. 202 where
    a policy asks somebody first."""
    with unit_of_work() as session:
        known = {one.name: one for one in lock_team(session).team.territories}
        seen.check(version_of(known[name]) if name in known else None)
        do = partial(edits.put_territory, session, name, body, caller.id)
        submitted = submit(session, [SECTION], do, caller, datetime.now(UTC))
        if (answer := waits(submitted)) is not None:
            return answer
        version, created = submitted.done
        response.status_code = 201 if created else 200
        return TeamStored(version=version)


@router.delete(
    "/territories/{name:path}",
    response_model=TeamStored,
    summary="Delete a territory",
    responses=WAITS,
)
def remove_territory(name: str, caller: WritesTeam) -> TeamStored | Response:
    """Refused (409) while others lie within it or salespeople have it. 202 where a policy asks
    somebody first."""
    with unit_of_work() as session:
        do = partial(edits.remove_territory, session, name, caller.id)
        submitted = submit(session, [SECTION], do, caller, datetime.now(UTC))
        return waits(submitted) or TeamStored(version=submitted.done)


def _rep_version(stored: StoredTeam, rep_id: str) -> str:
    rep = edits.find_rep(stored, rep_id)
    return version_of([rep, stored.team.fallback_owner == rep.id])


def _rep(rep_id: str) -> RepOut:
    with unit_of_work() as session:
        return RepOut.of(find_standing(session, rep_id, datetime.now(UTC)))

"""The sales team in the store: stored in few statements, read as of a moment, never forgotten."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep, Team, Territory
from leadflow.assignment.team.edits import add_days_off, change_rep
from leadflow.assignment.team.faults import TeamInvalid
from leadflow.assignment.team.file import read_team_content
from leadflow.assignment.team.roster import roster
from leadflow.assignment.team.schemas import DaysOff, TeamIn
from leadflow.assignment.team.snapshot import read_loads, read_team, team_version
from leadflow.assignment.team.store import read_stored
from leadflow.assignment.team.tables import TeamVersion
from leadflow.assignment.team.versions import (
    TeamVersionNotFound,
    read_version,
    restore_team,
    store_team,
    team_versions,
)
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.simulation.team import make_team

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
TEAM: dict[str, Any] = {
    "fallback_owner": "max",
    "teams": [{"name": "West", "lead": "ada", "manager": "max"}],
    "territories": [
        {"name": "Bavaria", "parent": "Germany", "regions": ["BY"]},
        {"name": "Germany", "countries": ["DE"]},
        {"name": "Big", "overlay": True, "smallest_company": 1000},
    ],
    "reps": [
        {"id": "max", "name": "Max Manager"},
        {
            "id": "ada",
            "name": "Ada Able",
            "email": "ada@example.com",
            "team": "West",
            "capacity": 10,
            "weight": 2,
            "languages": ["de", "en"],
            "time_zone": "Europe/Berlin",
            "working_hours": {"mon": ["09:00-12:00"], "tue": ["09:00-12:00"]},
            "days_off": [{"from": "2026-03-03"}],
            "ramp_share": 0.5,
            "ramp_until": "2026-03-31",
            "skills": {"crm": 4},
            "territories": ["Germany", "Big"],
        },
        {"id": "bob", "name": "Bob Baker", "capacity": 4},
    ],
}


def team(**changes: Any) -> TeamIn:
    return read_team_content(TEAM | changes)


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Every statement that goes to the store meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def audited(session: Session) -> list[AuditEntry]:
    found = select(AuditEntry).where(AuditEntry.action == "team.stored")
    return list(session.scalars(found.order_by(AuditEntry.number)))


def test_what_is_stored_is_read_again_whole(session: Session) -> None:
    store_team(session, team())
    stored = read_stored(session).team
    assert {rep.id: rep for rep in stored.reps} == {rep.id: rep for rep in team().reps}
    assert [one.name for one in stored.territories] == ["Big", "Germany", "Bavaria"]
    assert {one.name: one for one in stored.territories} == {
        one.name: one for one in team().territories
    }
    assert (stored.teams, stored.fallback_owner) == (team().teams, "max")


def test_assignment_reads_the_team_as_of_a_moment_without_names(session: Session) -> None:
    version = store_team(session, team())
    ids = read_stored(session).reps
    session.add(Lead(id="lead_1", source="test"))
    session.flush()
    put_assignment(session, "lead_1", ids["ada"])
    with statements(session) as asked:
        read = read_team(session, MONDAY)
    assert len(asked) <= 5
    assert (read.version, len(read.territories)) == (version, 3)
    assert "Able" not in repr(read)
    by_id = {rep.rep_id: rep for rep in read.reps}
    ada, owner = by_id[ids["ada"]], by_id[ids["max"]]
    assert [rep.rep_id for rep in read.reps] == sorted(by_id)
    assert (ada.load, ada.limit, ada.ramp_share, ada.team) == (1, 5, 0.5, "West")
    assert (ada.weight, dict(ada.skills), set(ada.languages)) == (2, {"crm": 4}, {"de", "en"})
    assert ada.territories == {"Germany", "Big"}
    assert (owner.is_fallback, owner.limit, ada.is_fallback) == (True, None, False)
    assert ada.calendar is not None
    assert ada.calendar.working(MONDAY)
    assert ada.calendar.away(datetime(2026, 3, 3, 10, tzinfo=UTC))
    later = read_team(session, datetime(2026, 4, 7, tzinfo=UTC))
    assert {rep.limit for rep in later.reps} == {10, 4, None}
    assert read_loads(session) == {ids["ada"]: 1, ids["bob"]: 0, ids["max"]: 0}


def put_assignment(session: Session, lead_id: str, rep_id: str) -> None:
    made = Assignment(lead_id=lead_id, rep_id=rep_id, strategy="s", reason="")
    made.source = made.assigned_by = "test"
    session.add(made)
    session.flush()


def test_two_hundred_salespeople_are_stored_in_few_statements(session: Session) -> None:
    big = make_team(3, 200, 20)
    with statements(session) as first:
        store_team(session, big)
    with statements(session) as again:
        store_team(session, big)
    with statements(session) as one:
        change_rep(session, "sim-3-rep-007", {"capacity": 21}, "test")
    assert len(read_team(session, MONDAY).reps) == 201
    assert (len(first) < 40, len(again) < 10, len(one) < 40) == (True, True, True)


def test_only_what_changes_something_is_a_version(session: Session) -> None:
    assert team_version(session) == 0
    first = store_team(session, team(), "ann")
    assert store_team(session, team(), "ben") == first
    second = change_rep(session, "bob", {"capacity": 5}, "cyd")
    assert second > first
    assert change_rep(session, "bob", {"capacity": 5}, "cyd") == second == team_version(session)
    assert [(one.version, one.created_by) for one in team_versions(session).items] == [
        (second, "cyd"),
        (first, "ann"),
    ]
    last = audited(session)[-1]
    counts = {"reps": 3, "active": 3, "teams": 1, "territories": 3}
    assert (last.before, last.after) == ({"version": first}, {"version": second} | counts)
    assert len(audited(session)) == 2


def test_a_version_holds_no_readable_name(session: Session) -> None:
    store_team(session, team())
    stored = session.scalar(text("SELECT string_agg(team_versions::text, '') FROM team_versions"))
    assert stored
    assert bytes("Ada", "utf8").hex() not in stored


def test_an_earlier_version_comes_back_and_who_came_since_leaves(session: Session) -> None:
    first = store_team(session, team())
    ids = read_stored(session).reps
    newcomer = {"id": "new", "name": "New", "capacity": 1}
    store_team(session, TeamIn.model_validate({"reps": [newcomer]}))
    change_rep(session, "max", {"capacity": 5}, "test")
    change_rep(session, "new", {"is_fallback": True, "team": "West"}, "test")
    change_rep(session, "ada", {"skills": {}, "territories": []}, "test")
    third = restore_team(session, first, "test")
    stored = read_stored(session)
    assert {rep.id: rep.active for rep in stored.team.reps}["new"] is False
    assert [rep for rep in stored.team.reps if rep.id != "new"] == read_version(session, first).reps
    assert (stored.team.fallback_owner, stored.reps["ada"]) == ("max", ids["ada"])
    assert team_version(session) == third
    with pytest.raises(TeamVersionNotFound, match=f"newest is {third}"):
        read_version(session, 10**6)


def test_replacing_forgets_territories_and_teams_but_nobody(session: Session) -> None:
    store_team(session, team())
    alone = TeamIn.model_validate({"reps": [TEAM["reps"][2]]})
    store_team(session, alone, replace=True)
    active = dict(session.execute(select(Rep.external_id, Rep.active)).tuples().all())
    assert active == {"max": False, "ada": False, "bob": True}
    for table in (Territory, Team):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    assert read_stored(session).team.fallback_owner == "bob"


def test_the_file_stays_beside_what_is_there(session: Session) -> None:
    store_team(session, team())
    more = {"id": "eve", "name": "Eve", "capacity": 1, "team": "East"}
    store_team(session, TeamIn.model_validate({"reps": [more]}))
    stored = read_stored(session).team
    assert [rep.id for rep in stored.reps] == ["ada", "bob", "eve", "max"]
    assert [group.name for group in stored.teams] == ["East", "West"]
    tied = TeamIn.model_validate({"reps": [], "territories": [{"name": "D", "countries": ["DE"]}]})
    with pytest.raises(TeamInvalid, match="D and Germany are equally specific"):
        store_team(session, tied)


def test_territories_move_within_the_tree(session: Session) -> None:
    store_team(session, team())
    moved = {"name": "Germany", "parent": "Europe", "countries": ["DE"]}
    around = {"name": "Europe", "countries": ["DE", "FR"]}
    areas = [moved, around, TEAM["territories"][0], TEAM["territories"][2]]
    store_team(session, team(territories=areas), replace=True)
    parents = {one.name: one.parent for one in read_team(session, MONDAY).territories}
    assert parents == {"Germany": "Europe", "Europe": None, "Bavaria": "Germany", "Big": None}


def test_days_off_show_at_once(session: Session) -> None:
    store_team(session, team())
    days = DaysOff(first=date(2026, 3, 1), last=date(2026, 3, 2))
    add_days_off(session, "ada", days, "test")
    [ada, bob, _] = roster(session, MONDAY)
    assert (ada.working, ada.opens_at) == (False, datetime(2026, 3, 9, 8, tzinfo=UTC))
    assert (bob.working, bob.opens_at) == (True, MONDAY)


def test_changes_made_at_once_are_all_kept(store: Engine) -> None:
    with unit_of_work() as session:
        store_team(session, team())

    def change(number: int) -> None:
        with unit_of_work() as session:
            change_rep(session, "bob", {"skills": {f"s{number}": 1}}, "test")
            days = DaysOff(first=date(2026, 5, 1 + 2 * number), last=date(2026, 5, 1 + 2 * number))
            add_days_off(session, "ada", days, "test")

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(change, range(5)))
    with unit_of_work() as session:
        ada = next(rep for rep in read_stored(session).team.reps if rep.id == "ada")
        assert len(ada.days_off) == 6
        assert session.scalar(select(func.count()).select_from(TeamVersion)) == 11

"""A team file says what it means in one way, and all its faults are named at once."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadflow.assignment.team.content import content, joined, ordered, with_owner
from leadflow.assignment.team.faults import TeamInvalid, team_faults
from leadflow.assignment.team.file import load_team, read_team_content, to_yaml
from leadflow.assignment.team.schemas import RepIn, TeamIn, TerritoryIn

PROJECT = Path(__file__).parents[3]
EXAMPLE = PROJECT / "examples" / "sales_team.yaml"
GUIDE = PROJECT / "docs" / "sales-team.md"
GOOD = """
working_hours:
  default: {mon: ["09:00-12:30", "13:30-18:00"]}
  late: {tue: ["12:00-20:00"]}
teams:
  - {name: West, lead: ada, manager: bob}
territories:
  - {name: North, countries: [Germany, NO], postal_ranges: [10000-19999]}
reps:
  - {id: ada, name: Ada, team: West, capacity: 3, languages: [no, EN]}
  - {id: bob, name: Bob, capacity: 0, working_hours: late}
  - {id: cyd, name: Cyd, capacity: 2, working_hours: {}, territories: [North]}
"""


def good() -> dict[str, Any]:
    return dict(yaml.safe_load(GOOD))


def faults(raw: Any) -> dict[str, str]:
    with pytest.raises(TeamInvalid) as raised:
        read_team_content(raw)
    return {fault.place: fault.problem for fault in raised.value.faults}


def test_named_hours_countries_and_languages_are_read_as_people_write_them() -> None:
    team = read_team_content(good())
    ada, bob, cyd = team.reps
    assert ada.working_hours.hours == {"mon": ["09:00-12:30", "13:30-18:00"]}
    assert bob.working_hours.hours == {"tue": ["12:00-20:00"]}
    assert cyd.working_hours.hours == {}
    assert ada.languages == ["en", "no"]
    assert team.territories[0].countries == ["DE", "NO"]


def test_what_is_written_reads_the_same_again() -> None:
    for team in (read_team_content(good()), load_team(EXAMPLE)):
        assert read_team_content(yaml.safe_load(to_yaml(team))) == team


def test_the_guide_shows_a_team_that_is_one_and_explains_every_key() -> None:
    guide = GUIDE.read_text()
    shown = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert [len(read_team_content(yaml.safe_load(text)).reps) for text in shown] == [2]
    for key in (*RepIn.model_fields, *TerritoryIn.model_fields, *TeamIn.model_fields):
        assert key in guide, key


def test_every_fault_is_named_with_its_place_at_once() -> None:
    raw = good()
    raw["reps"][0] |= {
        "working_hours": {"mon": ["9-5"], "monday": []},
        "skills": {"crm": 6},
        "time_zone": "Mars",
        "languages": ["xx"],
        "days_off": [{"from": "2026-02-02", "to": "2026-02-01"}],
        "colour": "red",
    }
    raw["reps"][1] |= {"working_hours": "early", "email": "nobody", "ramp_share": 0}
    raw["reps"][2] |= {"territories": ["Mars"], "team": "East"}
    raw["territories"].append({"name": "Tied", "countries": ["DE"], "postal_ranges": ["15"]})
    found = faults(raw)
    assert set(found) == {
        "reps[0].working_hours.mon",
        "reps[0].working_hours.monday",
        "reps[0].skills.crm",
        "reps[0].time_zone",
        "reps[0].languages[0]",
        "reps[0].days_off[0].to",
        "reps[0].colour",
        "reps[1].working_hours",
        "reps[1].email",
        "reps[1].ramp_share",
        "reps[2].territories",
        "reps[2].team",
        "territories[0]",
    }
    assert "write 09:00-17:00" in found["reps[0].working_hours.mon"]
    assert "early" in found["reps[1].working_hours"]
    assert "North and Tied" in found["territories[0]"]


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"fallback_owner": "zoe"}, "fallback_owner", "no rep zoe"),
        ({"teams": [{"name": "West", "lead": "zoe"}]}, "teams[0].lead", "no rep zoe"),
        ({"reps": []}, "reps", "somebody active"),
        ({"territories": [{"name": "A"}, {"name": "A"}]}, "territories[0].name", "2 territories"),
        ({"reps": [{"id": "a", "name": "A", "capacity": 1}] * 2}, "reps[0].id", "2 times"),
        ({"colour": "red"}, "colour", "not known here"),
    ],
)
def test_what_does_not_fit_together_is_named(change: dict[str, Any], place: str, said: str) -> None:
    assert said in faults(good() | change)[place]


@pytest.mark.parametrize("raw", [None, "reps", [], {"reps": 3}, {"reps": [3]}, {}])
def test_what_is_no_team_is_refused_plainly(raw: Any) -> None:
    assert faults(raw)


def test_only_the_fallback_owner_may_be_without_a_capacity() -> None:
    raw = good()
    del raw["reps"][2]["capacity"]
    assert "fallback owner" in faults(raw)["reps[2].capacity"]
    assert read_team_content(raw | {"fallback_owner": "cyd"}).reps[2].capacity is None


def test_a_team_always_has_a_fallback_owner() -> None:
    team = read_team_content(good())
    assert with_owner(team).fallback_owner == "bob"
    without_manager = team.model_copy(update={"teams": []})
    assert with_owner(without_manager).fallback_owner == "ada"
    assert joined(with_owner(team), read(good(), "ada"), replace=True).fallback_owner == "ada"
    kept = joined(with_owner(team), read(good(), "cyd"), replace=False)
    assert kept.fallback_owner == "bob"


def read(raw: dict[str, Any], only: str) -> TeamIn:
    """Only one of them, in no team and no territory."""
    reps = [rep | {"team": None, "territories": []} for rep in raw["reps"] if rep["id"] == only]
    return TeamIn.model_validate({"working_hours": raw["working_hours"], "reps": reps})


def test_the_fallback_owner_cannot_step_down_without_another() -> None:
    team = with_owner(read_team_content(good()))
    gone = read(good(), "bob")
    gone.reps[0].active = False
    [fault] = team_faults(joined(team, gone, replace=False))
    assert (fault.place, "name another first" in fault.problem) == ("fallback_owner", True)


def test_replacing_keeps_everybody_but_not_at_work() -> None:
    team = with_owner(read_team_content(good()))
    after = ordered(joined(team, read(good(), "ada"), replace=True))
    assert [(rep.id, rep.active, rep.territories) for rep in after.reps] == [
        ("ada", True, []),
        ("bob", False, []),
        ("cyd", False, []),
    ]
    assert (after.territories, after.teams) == ([], [])


def test_equal_teams_are_written_alike_whatever_their_order() -> None:
    raw = good()
    raw["reps"].reverse()
    one, two = (ordered(with_owner(read_team_content(each))) for each in (good(), raw))
    assert content(one) == content(two)


def test_days_off_that_overlap_are_one() -> None:
    raw = good()
    raw["reps"][0]["days_off"] = [
        {"from": "2026-01-03"},
        {"from": "2026-01-01", "to": "2026-01-04"},
        {"from": "2026-01-04", "to": "2026-01-06"},
        {"from": "2026-01-07"},
    ]
    days = read_team_content(raw).reps[0].days_off
    assert [(f"{one.first:%d}", f"{one.last:%d}") for one in days] == [("01", "06"), ("07", "07")]

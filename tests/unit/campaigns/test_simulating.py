"""A simulation does with many leads what the campaign does with each, and its numbers add up."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.simulating.market_leads import Market
from leadflow.campaigns.simulating.simulation import simulated
from leadflow.campaigns.simulating.tallying import Tally, came_to
from tests.examples import examples
from tests.unit.campaigns.crowd import Member, members, programs, told
from tests.unit.campaigns.simulated_crowd import simulated_crowd
from tests.unit.campaigns.test_interpreter import EXITS, HOURS
from tests.unit.campaigns.written import program

SINCE, LEVELS = datetime(2026, 3, 2, tzinfo=UTC), (70.0, 50.0, 30.0)
MAIL: list[dict[str, Any]] = [
    {"step": "mail", "send": "mail"},
    {
        "step": "reads",
        "listen": {
            "on": ["lead.did.email_click"],
            "within": "P5D",
            "then": "again",
            "otherwise": "end",
        },
    },
    {"step": "again", "send": "mail"},
]
ANYBODY = {"enter": {"on": ["lead.created"]}}


def market(made: Program, leads: int = 400, seed: int = 1) -> Tally:
    given_market = Market(seed, leads, SINCE, 30, LEVELS)
    return simulated(made, given_market.crowd(0, made), 30)


@settings(max_examples=examples(400), deadline=None)
@given(programs(), st.lists(members(), min_size=1, max_size=5), st.sampled_from(HOURS))
def test_a_simulation_goes_the_way_that_scenarios_do(
    steps: list[dict[str, Any]], crowd: Sequence[Member], hours: dict[str, Any]
) -> None:
    made = program(steps, **hours, **EXITS)
    assert simulated_crowd(made, crowd) == told(made, crowd)


def test_the_same_seed_gives_the_same_numbers_and_another_others() -> None:
    made = program(MAIL, **ANYBODY)
    assert vars(market(made)) == vars(market(made))
    assert market(made).passed != market(made, seed=2).passed


def test_every_number_adds_up() -> None:
    made = program(MAIL, holdout=10, goal={"on": ["lead.did.meeting"]}, **ANYBODY)
    found = market(made)
    assert found.leads == 400 == found.watched + found.kept_out
    assert found.came == found.watched == sum(found.ends.values()) + found.still
    came = came_to(made, found)
    out = sum(count for (step, _), count in found.passed.items() if step == "*")
    on = sum(count for (step, way), count in found.passed.items() if step != "*")
    assert sum(came.values()) == on + out + found.still
    assert found.mails["mail"] == found.passed["mail", "then"] + found.passed["again", "then"]
    assert found.reached >= found.ends["goal"] > 0


def test_leads_do_with_mails_what_their_interest_has_them_do() -> None:
    found = market(program(MAIL, **ANYBODY), leads=2000)
    clicks = found.passed["reads", "then"] / found.passed["mail", "then"]
    assert 0.04 < clicks < 0.2
    assert found.ends["opted_out"] > 0
    # Without a mail nobody does anything with one.
    silent = [MAIL[1], {"step": "again", "do": {"tag": ["reads"]}}]
    assert market(program(silent, **ANYBODY)).passed["reads", "then"] == 0


def test_what_nothing_is_known_of_and_what_never_happens_is_said() -> None:
    asks = {"when": {"open_tasks": {"operator": "greater_than", "value": 0}}, "name": "taken"}
    found = market(program(MAIL, exit=[asks], goal={"on": ["lead.did.demo"]}, **ANYBODY), leads=50)
    assert found.unknown == {"open_tasks"}
    assert found.never == {"lead.did.demo"}
    assert found.ends["taken"] == 0


def test_what_a_lead_comes_in_by_does_not_take_it_out_again() -> None:
    found = market(program(MAIL, exit=[{"name": "visits", "on": ["lead.created"]}], **ANYBODY))
    assert found.ends["visits"] == 0


def test_whoever_comes_in_again_does_so_after_the_gap_and_as_often_as_is_allowed() -> None:
    enter = {"enter": {"on": ["lead.did.website_visit"]}}
    steps: list[dict[str, Any]] = [{"step": "over", "end": "over"}]
    once = market(program(steps, **enter))
    assert once.came == once.watched
    again = market(program(steps, reentry={"allow": "after_exit"}, **enter))
    twice = market(program(steps, reentry={"allow": "after_exit", "most": 2}, **enter))
    rarely = market(program(steps, reentry={"allow": "after_exit", "gap": "P20D"}, **enter))
    assert once.came < twice.came < again.came
    assert twice.came <= 2 * once.came
    assert once.came < rarely.came < again.came

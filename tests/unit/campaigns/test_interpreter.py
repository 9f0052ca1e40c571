"""One interpreter for one lead and for many: what a crowd goes through is what each would alone."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.campaigns.interpreter.enrolments import OPEN, Enrolments
from leadflow.campaigns.interpreter.stepping import take_on
from leadflow.campaigns.interpreter.zones import Zones
from leadflow.campaigns.scenarios.life import Happening, Life
from tests.examples import examples
from tests.unit.campaigns.crowd import START, Member, members, programs, told
from tests.unit.campaigns.written import program

HOURS = [
    {},
    {"quiet_hours": {"start": "20:00", "end": "08:00"}},
    {"open_hours": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}},
]
EXITS = {"goal": {"on": ["lead.converted"]}}


@settings(max_examples=examples(500), deadline=None)
@given(
    programs(),
    st.lists(members(), min_size=1, max_size=5),
    st.sampled_from(HOURS),
    st.lists(st.integers(0, 10), min_size=1, max_size=4),
)
def test_a_crowd_goes_the_way_that_each_goes_alone_however_often_it_is_looked_after(
    steps: list[dict[str, Any]],
    crowd: Sequence[Member],
    hours: dict[str, Any],
    late: Sequence[int],
) -> None:
    made = program(steps, **hours, **EXITS)
    together = told(made, crowd, late)
    for number, member in enumerate(crowd):
        assert together[number] == told(made, [member])[0]


@settings(max_examples=examples(300), deadline=None)
@given(programs(), members())
def test_every_campaign_ends_for_everybody_and_goes_forward(
    steps: list[dict[str, Any]], member: Member
) -> None:
    made = program(steps)
    way = told(made, [member])[0]
    numbers = [made.numbers[name] for name, _, _ in way[:-1]]
    assert numbers == sorted(set(numbers))
    moments = [at for _, _, at in way]
    assert moments == sorted(moments)


def _rows(at: np.datetime64) -> Enrolments:
    zones = Zones((("Europe/Berlin",),), np.zeros(1, dtype=np.int64))
    return Enrolments.begun(np.zeros(1, dtype=np.int64), np.array([at]), zones)


MAIL = [{"step": "pause", "wait": "PT1H"}, {"step": "mail", "send": "mail"}]
HOUR = np.timedelta64(1, "h")


def test_what_is_late_is_skipped_where_the_campaign_says_so() -> None:
    made = program(MAIL, late={"after": "PT4H", "then": "skip"})
    rows = _rows(START)
    passed = take_on(made, rows, Life({}, ()), START + 6 * HOUR)
    assert [(one.way, one.skipped) for one in passed] == [("then", False), ("then", True)]
    assert rows.ends[rows.ended[0]] == "finished"


def test_what_is_late_goes_out_in_an_hour_in_which_it_may() -> None:
    quiet = {"quiet_hours": {"start": "20:00", "end": "08:00"}}
    made, rows = program(MAIL, **quiet), _rows(np.datetime64("2026-03-20T12:00", "us"))
    # Due at 14:00 in Berlin; it is looked after at 23:00, and the next morning.
    assert len(take_on(made, rows, Life({}, ()), np.datetime64("2026-03-20T22:00", "us"))) == 1
    assert rows.ended[0] == OPEN
    passed = take_on(made, rows, Life({}, ()), np.datetime64("2026-03-21T07:00", "us"))
    assert [one.at[0] for one in passed] == [np.datetime64("2026-03-21T07:00", "us")]


def test_whoever_opts_out_at_the_moment_a_mail_is_due_gets_none() -> None:
    out = Happening(START + HOUR, "lead.did.unsubscribe", {}, {})
    rows = _rows(START)
    take_on(program(MAIL), rows, Life({}, (out,)), START + HOUR)
    assert (rows.node[0], rows.ends[rows.ended[0]]) == (0, "opted_out")


def test_a_date_that_is_moved_while_it_is_waited_for_is_waited_for_again() -> None:
    steps: list[dict[str, Any]] = [
        {
            "step": "pause",
            "wait": {"until": {"field": "attributes.ends"}, "otherwise": "never"},
            "then": "end",
        },
        {"step": "never", "end": "no_date"},
    ]
    moved = Happening(START + HOUR, "lead.updated", {}, {"attributes.ends": "2026-03-25"})
    life = Life({"attributes.ends": "2026-03-22"}, (moved,))
    made, rows = program(steps), _rows(START)
    take_on(made, rows, life, np.datetime64("2026-03-22T00:00", "us"))
    assert rows.ended[0] == OPEN
    take_on(made, rows, life, np.datetime64("2026-03-25T00:00", "us"))
    assert rows.ends[rows.ended[0]] == "finished"


def test_whoever_opts_out_at_the_moment_of_coming_in_gets_nothing() -> None:
    out = Happening(START, "lead.did.unsubscribe", {}, {})
    rows = _rows(START)
    assert take_on(program(MAIL[1:]), rows, Life({}, (out,)), START)[0].node is None
    assert rows.ends[rows.ended[0]] == "opted_out"


def test_what_is_listened_for_may_happen_up_to_the_last_moment() -> None:
    steps: list[dict[str, Any]] = [
        {
            "step": "hears",
            "listen": {
                "on": ["lead.did.reply"],
                "within": "PT1H",
                "then": "heard",
                "otherwise": "end",
            },
        },
        {"step": "heard", "end": "heard"},
    ]
    for minutes, ends in ((60, "heard"), (61, "finished")):
        reply = Happening(START + minutes * np.timedelta64(1, "m"), "lead.did.reply", {}, {})
        rows = _rows(START)
        take_on(program(steps), rows, Life({}, (reply,)), START + 2 * HOUR)
        assert rows.ends[rows.ended[0]] == ends


def test_a_date_that_is_moved_forward_or_crossed_out_counts_at_once() -> None:
    steps: list[dict[str, Any]] = [
        {
            "step": "pause",
            "wait": {"until": {"field": "attributes.ends"}, "otherwise": "never"},
            "then": "end",
        },
        {"step": "never", "end": "no_date"},
    ]
    for date, ends, at in (
        ("2026-03-21", "finished", np.datetime64("2026-03-20T23:00", "us")),
        ("2026-03-19", "finished", START + HOUR),
        (None, "no_date", START + HOUR),
    ):
        moved = Happening(START + HOUR, "lead.updated", {}, {"attributes.ends": date})
        rows = _rows(START)
        life = Life({"attributes.ends": "2026-03-25"}, (moved,))
        take_on(program(steps), rows, life, np.datetime64("2026-03-22T00:00", "us"))
        assert (rows.ends[rows.ended[0]], rows.ended_at[0]) == (ends, at)


def test_a_mail_for_which_no_hour_is_open_everywhere_is_skipped_and_holds_up_nobody() -> None:
    made = program(MAIL[1:], open_hours={"mon": ["09:00-12:00"]})
    places = (("Europe/Berlin", "Asia/Tokyo"), ("Europe/Berlin",))
    zones = Zones(places, np.array([0, 1], dtype=np.int64))
    rows = Enrolments.begun(np.array([0, 0]), np.array([START, START]), zones)
    passed = take_on(made, rows, Life({}, ()), np.datetime64("2026-03-23T08:00", "us"))
    assert [(one.skipped, list(one.rows)) for one in passed] == [(True, [0]), (False, [1])]

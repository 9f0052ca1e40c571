"""What people read of a campaign: its steps in words, and what a version changed."""

from typing import Any

import pytest

from leadflow.campaigns.definitions.spans import read_span
from leadflow.campaigns.definitions.step_words import plain_subject, span_words, what_it_does
from leadflow.campaigns.looking.changes import changes
from tests.unit.campaigns.written import program

HELLO = {"step": "hello", "send": "hello"}
PAUSE = {"step": "pause", "wait": "P2D"}
STEPS: dict[str, dict[str, Any]] = {
    "Sends “Hello”": HELLO,
    "Waits 2 days": PAUSE,
    "Waits until Tuesday or Friday, 09:30": {
        "step": "day",
        "wait": {"until": {"weekdays": ["tue", "fri"], "at": "09:30"}},
    },
    "Waits for email click or reply, at most 1 day 6 hours": {
        "step": "hears",
        "listen": {
            "on": ["lead.did.email_click", "lead.did.reply"],
            "within": "P1DT6H",
            "then": "end",
            "otherwise": "end",
        },
    },
    "Does: tag": {"step": "does", "do": {"tag": ["nurtured"]}},
    "Ends as handed over": {"step": "ends", "end": "handed_over"},
}


@pytest.mark.parametrize("words", STEPS)
def test_each_step_says_what_it_does(words: str) -> None:
    made = program([STEPS[words]])
    subjects = {name: one.subject for name, one in made.campaign.contents.items()}
    assert what_it_does(made.nodes[0].step, subjects) == words


def test_a_time_is_said_in_its_units() -> None:
    assert span_words(read_span("P1M1DT90M")) == "1 month 1 day 1 hour 30 minutes"


def test_what_is_filled_into_a_subject_is_named() -> None:
    subject = (
        '{{ lead.first_name | fallback("there") }}, {% if rep.name %}from {{ rep.name }}{% endif %}'
    )
    assert plain_subject(subject) == "[first name], from [name]"


def test_a_version_says_each_thing_that_it_changed_and_nothing_else() -> None:
    before = program([HELLO, PAUSE], holdout=5).campaign
    after = program([HELLO, PAUSE | {"wait": "P3D"}, {"step": "more", "send": "more"}]).campaign
    assert changes(before, before) == []
    assert changes(before, after) == [
        "how many are held out",
        "the step “more” is new",
        "the step “pause”",
        "the content “more” is new",
    ]
    assert changes(after, before)[1] == "the step “more” is gone"


def test_steps_in_another_order_are_said() -> None:
    one = {"step": "one", "do": {"tag": ["a"]}}
    two = {"step": "two", "do": {"tag": ["b"]}}
    before, after = program([one, two]).campaign, program([two, one]).campaign
    assert changes(before, after) == ["the order of its steps"]

"""A campaign as a picture shows every step, every way, and how many went it."""

from typing import Any
from xml.etree import ElementTree

from leadflow.campaigns.drawing import counted, drawn
from tests.unit.campaigns.written import program

STEPS: list[dict[str, Any]] = [
    {"step": "hello", "send": "hello"},
    {
        "step": "hears",
        "listen": {
            "on": ["lead.did.reply"],
            "within": "P3D",
            "then": "tagged",
            "otherwise": "pause",
        },
    },
    {"step": "pause", "wait": "P2D"},
    {"step": "tagged", "do": {"tag": ["a"]}},
    {"step": "over", "end": "read_it"},
]


def words(svg: str) -> list[str]:
    # Made by Leadflow itself, a moment ago.
    tree = ElementTree.fromstring(svg)  # noqa: S314
    return [one.text or "" for one in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_every_step_and_way_out_is_in_the_picture() -> None:
    found = words(drawn(program(STEPS, name="A <series> & more")))
    for word in ("send hello", "wait for reply, 3 days", "otherwise", "wait 2 days", "tag"):
        assert word in found
    assert {"over", "end read it", "opted_out"} <= set(found)


def test_numbers_stand_beside_the_ways() -> None:
    made = program(STEPS)
    passed = {(one.step, one.way): 1000 + number for number, one in enumerate(made.edges)}
    found = words(drawn(made, passed))
    assert {"1,000", "then: 1,001", "otherwise: 1,002", "opted_out: 1,006"} <= set(found)


def test_ways_of_a_switch_say_their_conditions() -> None:
    hot = {"level": {"operator": "in", "value": ["hot", "warm"]}}
    rich = {"attributes.budget": {"operator": "between", "value": [1000, 2000]}}
    cases = [
        {"when": hot, "then": "over"},
        {
            "when": {"any": [rich, {"has_phone": {"operator": "equals", "value": True}}]},
            "then": "pause",
        },
        {"then": "end"},
    ]
    steps = [{"step": "which", "switch": cases}, *STEPS[2:3], STEPS[4]]
    made = program(steps, contents={})
    found = words(drawn(made))
    assert "level is hot or warm" in found
    assert "budget 1,000 to 2,000 or has phone" in found
    assert "else" in found
    assert not [word for word in found if word.startswith("case")]
    assert "else: 0" in words(drawn(made, {}))


def test_whose_message_was_skipped_went_on_too() -> None:
    made = program(STEPS)
    assert counted(made, {("hello", "then"): 2, ("hello", "skipped"): 3})["hello", "then"] == 5

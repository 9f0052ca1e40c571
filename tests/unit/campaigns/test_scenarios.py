"""Scenarios say what a campaign does, and what of it nobody has tried."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leadflow.campaigns.definitions.json_schema import json_schema
from leadflow.campaigns.scenarios.coverage import Trial, tried
from leadflow.campaigns.scenarios.reading import ScenariosInvalid, read_scenarios
from leadflow.cli.campaigns.campaigns import app
from leadflow.composition import compose
from leadflow.rules.text_format import read_yaml
from tests.unit.campaigns.written import program

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "campaigns"
STEPS: list[dict[str, Any]] = [
    {"step": "hello", "send": "hello"},
    {"step": "pause", "wait": "P2D"},
    {"step": "tagged", "do": {"tag": ["a"]}},
]
ENTERS = "2026-03-06 17:50"
EXPECTED = [
    {"at": "2026-03-06 17:50", "sends": "hello"},
    {"at": "2026-03-08 17:50", "does": "tagged"},
    {"at": "2026-03-08 17:50", "ends": "finished"},
]


def ran(expect: list[dict[str, Any]], **others: Any) -> Trial:
    made = program(STEPS)
    said = {"name": "a", "campaign": "series", "enters": ENTERS, "expect": expect, **others}
    return tried(made, read_scenarios({"scenarios": [said]}, {"series": made}))


def test_what_goes_as_expected_passes_and_what_nobody_tried_is_named() -> None:
    result = ran(EXPECTED)
    assert result.ran[0].as_expected
    assert [str(edge) for edge in result.missing] == ["* --opted_out--> opted_out"]
    assert not result.passed


def test_what_differs_is_told_line_by_line_as_it_was_expected_and_as_it_was() -> None:
    late = {"at": "2026-03-08 17:51", "does": "tagged"}
    assert ran([EXPECTED[0], late, EXPECTED[2]]).ran[0].differences() == [
        "+ 2026-03-08 17:50  does tagged",
        "- 2026-03-08 17:51  does tagged",
    ]


def test_what_is_left_out_of_the_expected_is_a_difference() -> None:
    assert ran(EXPECTED[1:]).ran[0].differences() == ["+ 2026-03-06 17:50  sends hello"]


def test_what_is_expected_twice_and_happens_once_is_a_difference() -> None:
    assert not ran([EXPECTED[0], *EXPECTED]).ran[0].as_expected


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "another campaign": ({"campaign": "serie"}, "campaign", "Did you mean series"),
    "an unknown field": ({"lead": {"levle": "hot"}}, "lead.levle", "There is no field"),
    "an unknown step": (
        {"expect": [{"at": ENTERS, "sends": "helo"}, EXPECTED[2]]},
        "expect[0].sends",
        "Did you mean hello",
    ),
    "no end": ({"expect": EXPECTED[:2]}, "expect", "Say how it ends"),
    "an end that there is not": (
        {"expect": [{"at": ENTERS, "ends": "bought"}]},
        "expect[0].ends",
        "It never ends as 'bought'",
    ),
    "a day that there is not": ({"enters": "2026-02-30 10:00"}, "enters", "no such moment"),
    "a moment of no form": ({"enters": "2026-02-20T10:00Z"}, "enters", "such as 2026-03-06 17:50"),
    "a value that no lead has": (
        {"lead": {"level": "hott"}},
        "lead.level",
        "No lead has the level",
    ),
    "a value of another kind": (
        {"life": [{"after": "P1D", "becomes": {"open_tasks": "many"}}]},
        "life[0].becomes.open_tasks",
        "open_tasks is a number",
    ),
    "an event that there is not": (
        {"life": [{"after": "P1D", "happens": "lead.losst"}]},
        "life[0].happens",
        "Did you mean lead.lost",
    ),
    "a fact that nothing tells": (
        {"life": [{"after": "P1D", "facts": {"lvl": "hot"}}]},
        "life[0].facts.lvl",
        "Did you mean level",
    ),
    "a life before it": (
        {"life": [{"at": "2026-03-01 10:00"}]},
        "life[0].at",
        "This is before it enters",
    ),
    "a country by its name": ({"country": "Germany"}, "country", "such as DE"),
    "a region that there is not": (
        {"place": {"country": "DE", "region": "ZZ"}},
        "place",
        "DE has no region ZZ",
    ),
    "two places": (
        {"country": "DE", "place": {"country": "DE", "region": "BE"}},
        "",
        "not both",
    ),
    "a moment without one": ({"life": [{"happens": "lead.lost"}]}, "life[0]", "say either `at`"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_told_at_its_place(mistake: str) -> None:
    others, place, words = WRONG[mistake]
    with pytest.raises(ScenariosInvalid) as refused:
        ran(**{"expect": EXPECTED, **others})
    found = {one.place.removeprefix("scenarios[0]."): one.problem for one in refused.value.problems}
    assert words.lower() in found.get(place, f"nothing at {place}: {found}").lower()


SKIPS = "Clocks in Europe/Berlin skip 2026-03-29 02:30"


@pytest.mark.parametrize(
    ("others", "place", "words"),
    [
        ({"enters": "2026-03-29 02:30"}, "enters", SKIPS),
        ({"life": [{"at": "2026-03-29 02:30"}]}, "life[0].at", SKIPS),
        (
            {"expect": [*EXPECTED[:2], {"at": "2026-03-29 02:30", "ends": "finished"}]},
            "expect[2].at",
            "due at 2026-03-29 03:00",
        ),
        (
            {"enters": "2026-03-29 01:30", "zones": ["Europe/London"]},
            "enters",
            "Clocks in Europe/London skip",
        ),
        ({"lead": {"attributes.ends": "2026-02-30"}}, "lead.attributes.ends", "'2026-02-30' is no"),
        (
            {"life": [{"after": "P1D", "becomes": {"attributes.ends": "soon"}}]},
            "life[0].becomes.attributes.ends",
            "such as 2026-03-06",
        ),
    ],
)
def test_an_hour_that_clocks_skip_and_a_date_that_is_none_are_refused(
    others: dict[str, Any], place: str, words: str
) -> None:
    until = {"until": {"field": "attributes.ends", "at": "09:00"}, "otherwise": "tagged"}
    made = program([STEPS[0], {"step": "pause", "wait": until}, STEPS[2]])
    written = {"name": "one", "campaign": "series", "enters": ENTERS, "expect": EXPECTED, **others}
    with pytest.raises(ScenariosInvalid) as refused:
        read_scenarios({"scenarios": [written]}, {"series": made})
    said = {one.place.removeprefix("scenarios[0]."): one.problem for one in refused.value.problems}
    assert words in said.get(place, f"nothing at {place}: {said}")


def test_of_an_hour_that_there_is_twice_the_first_is_meant() -> None:
    twice = [{"at": "2026-10-25 02:30", "sends": "hello"}]
    twice.append({"at": "2026-10-25 02:30", "ends": "finished"})
    made, enters = program([{"step": "hello", "send": "hello"}]), "2026-10-25 02:30"
    written = {"name": "one", "campaign": "series", "enters": enters, "expect": twice}
    [one] = tried(made, read_scenarios({"scenarios": [written]}, {"series": made})).ran
    assert one.as_expected


def command(*arguments: str | Path) -> tuple[int, str]:
    compose()
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return result.exit_code, str(result.exception)
    return result.exit_code, result.output


def test_every_example_does_what_its_scenarios_say_on_every_way() -> None:
    code, said = command("test", EXAMPLES)
    assert code == 0, said
    for path in EXAMPLES.glob("*.scenarios.yaml"):
        assert len(read_yaml(path.read_text())["scenarios"]) >= 5
    assert said.count("100% of its ways") == len(list(EXAMPLES.glob("*.scenarios.yaml")))


def test_the_guide_s_campaign_is_tested_as_the_guide_shows(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "campaigns.md").read_text()
    campaign, scenarios = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "after_the_fair.yaml").write_text(campaign)
    (tmp_path / "after_the_fair.scenarios.yaml").write_text(scenarios)
    code, said = command("test", tmp_path)
    shown = re.findall(r"```\n(after_the_fair: .*?)```", guide, re.DOTALL)[0]
    assert (code, said) == (1, shown)


def test_faults_are_told_by_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "torn.yaml"
    path.write_text(
        "campaigns:\n  a:\n    name: A\n    type: educational\n    zone: Europe/Berlin\n"
        "    steps:\n      - step: pause\n        wait: 2 days\n"
    )
    code, said = command("test", path)
    assert code == 1
    assert said.startswith(f"{path}:8: campaigns.a.steps[0].wait: ")


def test_a_file_of_scenarios_is_not_taken_for_one_of_campaigns() -> None:
    said = command("test", EXAMPLES / "upsell.scenarios.yaml")[1]
    assert said.endswith("Name the campaigns that they are about: upsell.yaml.")


def test_what_is_not_there_and_a_folder_without_campaigns_are_told(tmp_path: Path) -> None:
    assert "There is no such file" in command("test", tmp_path / "none.yaml")[1]
    assert "There are no campaigns in it" in command("test", tmp_path)[1]


def test_examples_keep_to_the_schema_that_editors_are_given() -> None:
    import jsonschema

    validator = jsonschema.Draft202012Validator(json_schema())
    files = [one for one in EXAMPLES.glob("*.yaml") if ".scenarios" not in one.name]
    assert files
    for path in files:
        assert [error.message for error in validator.iter_errors(read_yaml(path.read_text()))] == []
    wrong = {"campaigns": {"a": {"name": "A", "steps": [{"step": "a", "wait": "2 days"}]}}}
    assert list(validator.iter_errors(wrong))


def test_the_schema_beside_the_examples_is_the_one_that_is_printed() -> None:
    assert command("schema")[1] == (EXAMPLES / "campaigns.schema.json").read_text()

"""Reading scenarios, and holding them against the campaigns that they are about."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from leadflow.campaigns.definitions.explaining import Beside, explained
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.steps import UntilThen
from leadflow.campaigns.scenarios.running import instead_of, where_it_is
from leadflow.campaigns.scenarios.schemas import Expected, Moment, Scenario, ScenarioFile
from leadflow.campaigns.scenarios.schemas import shown as written
from leadflow.conditions.problems import Problem, RuleSetInvalid, listed, nearest, shown
from leadflow.conditions.values import Codes, ValueKind, read
from leadflow.domain_events.types import DID, FACTS, TYPES
from leadflow.rules.field_catalogue import kinds_of, values_of

_BESIDE: Beside = {"scenarios": Scenario, "life": Moment, "expect": Expected}


class ScenariosInvalid(RuleSetInvalid):
    """Scenarios that cannot be run; ``problems`` has everything that is wrong with them."""

    heading = "The scenarios cannot be run:"


def read_scenarios(content: Any, programs: Mapping[str, Program]) -> tuple[Scenario, ...]:
    """The scenarios that this content, JSON values, describes.

    Raises:
        ScenariosInvalid: everything that is wrong.
    """
    try:
        file = ScenarioFile.model_validate(content)
    except ValidationError as error:
        raise ScenariosInvalid(explained(error, ScenarioFile, _BESIDE)) from None
    problems = [
        Problem(f"scenarios[{number}].{place}", said)
        for number, scenario in enumerate(file.scenarios)
        for place, said in _wrong(scenario, programs)
    ]
    if problems:
        raise ScenariosInvalid(problems)
    return file.scenarios


def _wrong(scenario: Scenario, programs: Mapping[str, Program]) -> Iterator[tuple[str, str]]:
    program = programs.get(scenario.campaign)
    if program is None:
        said = f"There is no campaign {shown(scenario.campaign)} here. "
        yield "campaign", said + nearest(scenario.campaign, programs)
        return
    yield from _no_moments(scenario, program)
    yield from _wrong_values(scenario.lead, "lead")
    for number, one in enumerate(scenario.life):
        yield from _wrong_values(one.becomes, f"life[{number}].becomes")
        if one.happens not in TYPES and not one.happens.startswith(DID):
            said = f"Nothing of this name happens. {nearest(one.happens, [*TYPES, f'{DID}reply'])}"
            yield f"life[{number}].happens", said
        for name in one.facts:
            if name not in FACTS:
                said = f"Nothing that happens tells {shown(name)}. {nearest(name, FACTS)}"
                yield f"life[{number}].facts.{name}", said
        if one.at is not None and one.at < scenario.enters:
            yield (
                f"life[{number}].at",
                "This is before it enters; say in `lead` what is known then.",
            )
    for number, expected in enumerate(scenario.expect):
        yield from _unknown_step(expected, program, f"expect[{number}]")
    ends = [one for one in scenario.expect if one.ends is not None]
    if len(ends) != 1:
        yield "expect", "Say how it ends, once: {at: …, ends: finished}."


def _no_moments(scenario: Scenario, program: Program) -> Iterator[tuple[str, str]]:
    """Hours that clocks skip where the lead is, and what is no date where a step waits for one."""
    moments = [(scenario.enters, "enters")]
    moments += [(one.at, f"life[{n}].at") for n, one in enumerate(scenario.life) if one.at]
    moments += [(one.at, f"expect[{n}].at") for n, one in enumerate(scenario.expect)]
    zone = where_it_is(program.campaign, scenario).places[0][0]
    for at, place in moments:
        if (instead := instead_of(at, zone)) is not None:
            yield (
                place,
                f"Clocks in {zone} skip {written(at)}, as they are put forward. Write an hour that "
                f"they show; what is due then is due at {written(instead)}.",
            )
    values = [(scenario.lead, "lead")]
    values += [(one.becomes, f"life[{n}].becomes") for n, one in enumerate(scenario.life)]
    waited_for = {
        node.step.wait.until.field or ""
        for node in program.nodes
        if isinstance(node.step.wait, UntilThen)
    }
    for known, place in values:
        for name in sorted(waited_for & known.keys()):
            if known[name] is not None and read(ValueKind.MOMENT, known[name]) is None:
                said = f"A step waits for this date, and {shown(known[name])} is none. "
                yield f"{place}.{name}", said + "Write one such as 2026-03-06."


def _wrong_values(values: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    """Fields that there are not, and values that a field cannot have; null empties one."""
    for name, value in values.items():
        kinds, can_be = kinds_of(name), values_of(name)
        if isinstance(kinds, str):
            yield f"{place}.{name}", kinds
        elif value is not None and all(read(kind, value) is None for kind in kinds):
            yield f"{place}.{name}", f"{name} is a {listed(kinds)}, which {shown(value)} is not."
        elif isinstance(value, str) and can_be is not None and value.lower() not in can_be:
            advice = (
                can_be.advice(value) if isinstance(can_be, Codes) else f"It is {listed(can_be)}."
            )
            yield f"{place}.{name}", f"No lead has the {name} {shown(value)}. {advice}"


def _unknown_step(expected: Expected, program: Program, place: str) -> Iterator[tuple[str, str]]:
    for kind, verb, name in (
        ("send", "sends", expected.sends),
        ("do", "does", expected.does),
    ):
        steps = [node.name for node in program.nodes if node.kind == kind]
        if name is not None and name not in steps:
            yield f"{place}.{verb}", f"No `{kind}` is called {shown(name)}. {nearest(name, steps)}"
    if expected.ends is not None and expected.ends not in program.ends:
        said = f"It never ends as {shown(expected.ends)}. {nearest(expected.ends, program.ends)}"
        yield f"{place}.ends", said

"""A crowd whose lives are written down, in a simulation."""

from collections.abc import Sequence

import numpy as np

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.interpreter.enrolments import Passed
from leadflow.campaigns.interpreter.zones import Numbers, Zones
from leadflow.campaigns.simulating.simulation import Crowd, simulated
from leadflow.campaigns.simulating.written_lives import Happened, Written, lives_of
from tests.unit.campaigns.crowd import PLACES, Member, Told


def simulated_crowd(program: Program, crowd: Sequence[Member]) -> list[Told]:
    """What each of a crowd goes through, as ``crowd.told`` says it."""
    happened = [
        Happened(number, one.at, one.type, one.facts, one.becomes)
        for number, member in enumerate(crowd)
        for one in member.life.happenings
    ]
    entered = np.array([one.enters for one in crowd], dtype="datetime64[us]")
    lives = lives_of(entered, [one.life.lead for one in crowd], happened)
    zones = Zones(PLACES, np.array([one.place for one in crowd], dtype=np.int64))
    found: list[Told] = [[] for _ in crowd]

    def note(one: Passed, leads: Numbers) -> None:
        step = "*" if one.node is None else one.node.name
        for lead, at in zip(leads.tolist(), one.at, strict=True):
            found[lead].append((step, one.way, at))

    everybody = Crowd(Written(lives), [str(number) for number in range(len(crowd))], zones)
    simulated(program, everybody, 400, note)
    return [_ended(program, one) for one in found]


def _ended(program: Program, way: Told) -> Told:
    """With how it ended as its last word."""
    step, name, at = way[-1]
    if step == "*":
        return way
    node = program.nodes[program.numbers[step]]
    return [*way, ("*", name if node.kind == "end" else program.end_of(node), at)]

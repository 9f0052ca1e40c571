"""A simulation: leads come into a campaign, go through it, and are counted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.interpreter.enrolments import Passed
from leadflow.campaigns.interpreter.zones import Moments, Numbers, Zones
from leadflow.campaigns.simulating.entering import (
    Coming,
    coming_again,
    coming_in,
    held_out,
    reached,
)
from leadflow.campaigns.simulating.running import Noted, World, go_through
from leadflow.campaigns.simulating.tallying import Tally
from leadflow.campaigns.store.programs import ANY, fields_asked, types_of


@dataclass(frozen=True)
class Crowd:
    """Leads that a campaign is simulated with: their world, their ids, and where each is."""

    world: World
    ids: Sequence[str]
    zones: Zones


def simulated(
    program: Program,
    crowd: Crowd,
    days: float,
    note: Noted | None = None,
    latest: np.datetime64 | None = None,
) -> Tally:
    """Let everybody of a crowd come in, and watch each for so many days from when they came in.

    Args:
        note: is told of each way that is taken, by the number of the lead.
        latest: up to when they come in and are watched (UTC); None: they come in within as many
            days after they arrived.
    """
    world = crowd.world
    tally = Tally(
        leads=len(crowd.ids),
        unknown=fields_asked(program) - world.lives.fields,
        never=_heard(program) - world.lives.types,
    )
    length = np.timedelta64(round(days * 86_400_000_000), "us")
    arrived = world.lives.arrived
    comes = arrived + length if latest is None else np.full(arrived.shape, latest)
    came = coming_in(program, world.lives, comes)
    out = held_out(program, [crowd.ids[lead] for lead in came.leads.tolist()])
    until = np.full(len(crowd.ids), np.datetime64("NaT", "us"))
    until[came.leads] = came.at + length
    if latest is not None:
        until = np.minimum(until, latest)
    inside, outside = came.of(~out), came.of(out)
    tally.kept_out, tally.watched = len(outside.leads), len(inside.leads)
    often, now = np.zeros(len(crowd.ids), dtype=np.int64), inside
    while now.leads.size:
        now = _once(program, crowd, now, until, tally, note)
        often[now.leads] += 1
        now = now.of(often[now.leads] < (program.campaign.reentry.most or np.inf))
        now = coming_again(program, world.lives, now, until[now.leads])
    goal = next((one.watch for one in program.exits if one.name == "goal"), None)
    if goal is not None:
        tally.reached = reached(goal, world.lives, inside, until[inside.leads])
        tally.reached_out = reached(goal, world.lives, outside, until[outside.leads])
    return tally


def _once(
    program: Program,
    crowd: Crowd,
    came: Coming,
    until: Moments,
    tally: Tally,
    note: Noted | None,
) -> Coming:
    """Let leads go through it once; those that ended, and when."""

    def told(one: Passed, rows: Numbers) -> None:
        tally.note(one, rows)
        if note is not None:
            note(one, came.leads[rows])

    zones = crowd.zones.of_rows(came.leads)
    through = go_through(program, crowd.world, came.leads, came.at, until[came.leads], zones, told)
    tally.close(came.at, through)
    return Coming(came.leads, through.ended_at).of(through.ended >= 0)


def _heard(program: Program) -> frozenset[str]:
    enters, goes_on = types_of(program)
    return (enters | goes_on) - {ANY}

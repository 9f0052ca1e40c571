"""Who of many leads comes into a campaign, when, and who is kept out to compare with. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5

import numpy as np

from leadflow.campaigns.definitions.program import Program, Watch
from leadflow.campaigns.definitions.spans import Span
from leadflow.campaigns.interpreter.enrolments import INSTANT
from leadflow.campaigns.interpreter.moments import added
from leadflow.campaigns.interpreter.zones import NEVER, Mask, Moments, Numbers, Zones
from leadflow.campaigns.simulating.lives import Lives


@dataclass(frozen=True)
class Coming:
    """Leads that come in, each at its moment."""

    leads: Numbers
    at: Moments

    def of(self, some: Mask) -> "Coming":
        """Some of them."""
        return Coming(self.leads[some], self.at[some])


def coming_in(program: Program, lives: Lives, until: Moments) -> Coming:
    """Every lead that comes into a campaign for the first time up to a moment of its own: by what
    happens to it, or is known of it; where the campaign says neither, as it arrives."""
    everybody = np.arange(len(lives.arrived))
    if program.enter is None:
        return Coming(everybody, lives.arrived)
    at = lives.first(program.enter, everybody, lives.arrived - INSTANT, until)
    came = np.flatnonzero(~np.isnat(at))
    # Who fits from before it arrived on comes in as it arrives.
    return Coming(came, np.maximum(at[came], lives.arrived[came]))


def coming_again(program: Program, lives: Lives, left: Coming, until: Moments) -> Coming:
    """Of leads that left at these moments those that come in again, each until a moment of its own:
    where the campaign lets them, and the same happens to them again. Whoever comes in by what is
    known of it alone, does so once."""
    reentry, enter = program.campaign.reentry, program.enter
    if reentry.allow != "after_exit" or enter is None or not enter.on:
        return left.of(np.zeros(left.leads.shape, dtype=bool))
    at = left.at
    back = np.full(left.at.shape, NEVER)
    asked = np.arange(len(left.leads))
    while asked.size:
        at = lives.first(enter, left.leads[asked], at, until[asked])
        asked, at = asked[~np.isnat(at)], at[~np.isnat(at)]
        soon = _too_soon(reentry.gap, left.at[asked], at, program.campaign.zone)
        back[asked[~soon]] = at[~soon]
        asked, at = asked[soon], at[soon]
    return Coming(left.leads, back).of(~np.isnat(back))


def _too_soon(gap: Span | None, left: Moments, at: Moments, zone: str) -> Mask:
    if gap is None:
        return np.zeros(at.shape, dtype=bool)
    zones = Zones(((zone,),), np.zeros(at.shape, dtype=np.int64))
    return left > added(at, gap, zones, sign=-1)


def held_out(program: Program, ids: Sequence[str]) -> Mask:
    """Which leads a campaign keeps out to compare with; the same that production keeps out."""
    name, percent = program.name, program.campaign.holdout
    if not percent:
        return np.zeros(len(ids), dtype=bool)
    # A number that is spread evenly, no secret.
    numbers = (
        int(md5(f"{name}:{one}".encode(), usedforsecurity=False).hexdigest()[:8], 16) for one in ids
    )
    return np.fromiter((number % 100 < percent for number in numbers), dtype=bool, count=len(ids))


def reached(watch: Watch, lives: Lives, came: Coming, until: Moments) -> int:
    """How many reach what a campaign is for, after they came in, until moments of their own."""
    at = lives.first(watch, came.leads, came.at, until)
    return int((~np.isnat(at)).sum())

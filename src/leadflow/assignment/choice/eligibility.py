"""Eligibility of salespeople for a lead: named constraints, kept as one bit each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntFlag
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leadflow.assignment.snapshots import LeadSnapshot, RepSnapshot

Masks = NDArray[np.uint16]
EVERYONE = "everyone"
MOST_KEPT = 50_000


class Constraint(IntFlag):
    """Why a salesperson cannot have a lead; several may hold at once."""

    INACTIVE = 1
    AWAY = 2
    POOL = 4
    TERRITORY = 8
    LANGUAGE = 16
    SKILL = 32
    HOURS = 64
    TURNED_DOWN = 128
    FULL = 256
    RESERVE = 512


WORDS: dict[Constraint, str] = {
    Constraint.INACTIVE: "is not active",
    Constraint.AWAY: "has the day off",
    Constraint.POOL: "is not in the pool that the rule names",
    Constraint.TERRITORY: "does not cover the territory of the lead",
    Constraint.LANGUAGE: "does not speak the language of the lead",
    Constraint.SKILL: "knows none of what the lead asks for well enough",
    Constraint.HOURS: "is not at work at this hour",
    Constraint.TURNED_DOWN: "had this lead before and declined it, or did not get in touch in time",
    Constraint.FULL: "has as many leads in work as the capacity allows",
    Constraint.RESERVE: "is the fallback owner, who takes only what nobody else can",
}


@dataclass(frozen=True)
class Terms:
    """What a rule asks of salespeople. Empty ``teams`` and ``reps``: everybody is in the pool.

    ``least_skill``: lowest level that counts as knowing a skill, 0 where skills do not matter.
    ``at_work``: only who is at work at the moment of the decision.
    """

    teams: frozenset[str] = frozenset()
    reps: frozenset[str] = frozenset()
    territory: Literal["require", "ignore"] = "require"
    language: Literal["require", "ignore"] = "require"
    least_skill: int = 1
    at_work: bool = False

    @property
    def pool(self) -> str:
        """A name for the salespeople in question; those of one pool take turns among each other."""
        if not (self.teams or self.reps):
            return EVERYONE
        return "|".join([*sorted(f"team {name}" for name in self.teams), *sorted(self.reps)])


def constraints(mask: int) -> list[Constraint]:
    """The constraints in a mask, in the order they are listed."""
    return [constraint for constraint in Constraint if mask & constraint]


def exclusions(
    leads: Sequence[LeadSnapshot],
    covering: Sequence[frozenset[str]],
    people: "People",
    now: datetime,
    turned_down: Mapping[str, frozenset[str]] | None = None,
) -> Masks:
    """A mask for every lead and salesperson, (leads, reps); 0 where all but room is given.

    ``covering``: the territories whose salespeople may have each lead. What is not known of a lead
    excludes nobody, but for the territory: whoever works everywhere covers it all the same.
    """
    reps, always = people.reps, people.at(now)
    masks = np.empty((len(leads), len(reps)), dtype=np.uint16)
    for row, (lead, areas) in enumerate(zip(leads, covering, strict=True)):
        masks[row] = always | people.lacking(lead, areas)
    if not turned_down:
        return masks
    place = {rep.rep_id: column for column, rep in enumerate(reps)}
    for row, lead in enumerate(leads):
        for rep_id in turned_down.get(lead.lead_id, ()):
            if rep_id in place:
                masks[row, place[rep_id]] |= Constraint.TURNED_DOWN
    return masks


class People:
    """What salespeople lack on some terms, worked out once for leads that ask for the same.

    It may be kept as long as the team stays as it is.
    """

    def __init__(self, reps: Sequence[RepSnapshot], terms: Terms) -> None:
        self.reps, self._terms = reps, terms
        self._known: dict[object, Masks] = {}
        self._minute: tuple[datetime, Masks] | None = None

    def at(self, now: datetime) -> Masks:
        """What excludes each from every lead in this minute."""
        minute = now.replace(second=0, microsecond=0)
        kept = self._minute
        if kept is None or kept[0] != minute:
            found = [_of_rep(rep, self._terms, now) for rep in self.reps]
            kept = self._minute = (minute, np.array(found, dtype=np.uint16))
        return kept[1]

    def lacking(self, lead: LeadSnapshot, covering: frozenset[str]) -> Masks:
        """What each lacks for this lead, whose territories are ``covering``."""
        areas = covering if self._terms.territory == "require" else None
        language = lead.language if self._terms.language == "require" else None
        wants = lead.wants if self._terms.least_skill else frozenset()
        key = (areas, language, wants)
        if key not in self._known:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[key] = self._masks(areas, language, wants)
        return self._known[key]

    def _masks(
        self, areas: frozenset[str] | None, language: str | None, wants: frozenset[str]
    ) -> Masks:
        least = self._terms.least_skill
        masks = np.zeros(len(self.reps), dtype=np.uint16)
        for column, rep in enumerate(self.reps):
            if areas is not None and rep.territories and not rep.territories & areas:
                masks[column] |= Constraint.TERRITORY
            if language is not None and rep.languages and language not in rep.languages:
                masks[column] |= Constraint.LANGUAGE
            if wants and not any(rep.skills.get(skill, 0) >= least for skill in wants):
                masks[column] |= Constraint.SKILL
        return masks


def _of_rep(rep: RepSnapshot, terms: Terms, now: datetime) -> int:
    """What excludes the salesperson from every lead."""
    mask = 0 if rep.active else Constraint.INACTIVE
    if rep.capacity is None:
        mask |= Constraint.RESERVE
    named = rep.team in terms.teams or not terms.reps.isdisjoint((rep.rep_id, rep.external_id))
    if (terms.teams or terms.reps) and not named:
        mask |= Constraint.POOL
    if rep.calendar is not None:
        if rep.calendar.away(now):
            mask |= Constraint.AWAY
        elif terms.at_work and not rep.calendar.working(now):
            mask |= Constraint.HOURS
    return mask

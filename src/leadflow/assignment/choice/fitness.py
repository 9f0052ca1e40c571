"""Fit between salespeople and leads (skill, territory), computed once for leads that are alike.
Pure."""

from functools import lru_cache

import numpy as np

from leadflow.assignment.choice.plan import Setting
from leadflow.assignment.choice.strategies import Floats

BEST_SKILL = 5


class Fitness:
    """Skill and territory of every salesperson for a lead, numbers between 0 and 1."""

    @staticmethod
    @lru_cache(maxsize=8)
    def of(setting: Setting) -> "Fitness":
        """That of a setting, kept for the next batch."""
        return Fitness(setting)

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._skills: dict[frozenset[str], Floats] = {}
        self._territories: dict[frozenset[str], Floats] = {}

    def skill(self, wants: frozenset[str]) -> Floats:
        """Mean level (of 5) in what the lead asks for, unknown skills counting 0; 1 where it asks
        for nothing."""
        if wants not in self._skills:
            self._skills[wants] = self._skill(wants)
        return self._skills[wants]

    def territory(self, areas: frozenset[str]) -> Floats:
        """1 for the most specific territory, 0.5 for an overlay, 0 for working everywhere, where
        these territories cover the lead."""
        if areas not in self._territories:
            overlays = self._setting.overlays
            self._territories[areas] = np.array(
                [
                    max(((0.5 if name in overlays else 1.0) for name in own), default=0.0)
                    for own in (rep.territories & areas for rep in self._setting.reps)
                ]
            )
        return self._territories[areas]

    def _skill(self, wants: frozenset[str]) -> Floats:
        if not wants:
            return np.ones(len(self._setting.reps))
        return np.array(
            [
                sum(rep.skills.get(skill, 0) for skill in wants) / (BEST_SKILL * len(wants))
                for rep in self._setting.reps
            ]
        )

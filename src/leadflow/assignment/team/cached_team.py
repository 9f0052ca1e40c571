"""Cached team snapshot plus current loads. The snapshot is kept in memory until the team changes,
or the day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.assignment.choice.fit_known import FitKnown
from leadflow.assignment.choice.plan import Setting, State, with_effects
from leadflow.assignment.snapshots import TeamSnapshot
from leadflow.assignment.tables import Skill
from leadflow.assignment.team.snapshot import read_loads, read_team
from leadflow.assignment.team.tables import TeamVersion
from leadflow.assignment.team.track_record import read_effects
from leadflow.assignment.territory.tree import TerritoryTree
from leadflow.settings import Settings

Newest = tuple[int, datetime]


@dataclass(frozen=True)
class _Kept:
    """What is read anew when the team has changed, or the day. ``skills``: what some salesperson
    may know; ``newcomer``: who has too little history to be judged by it, in the order of the team;
    ``fit``: whether that history is enough to go by."""

    team: TeamSnapshot
    setting: Setting
    skills: frozenset[str]
    newcomer: NDArray[np.bool_]
    fit: FitKnown


@dataclass(frozen=True)
class CachedTeam(_Kept):
    """The team as decisions need it. ``loads``: leads in work, by id."""

    loads: Mapping[str, int]

    def state(self) -> State:
        """How everybody stands before anything is handed out."""
        reps = self.team.reps
        return State(
            load=np.array([self.loads.get(rep.rep_id, 0) for rep in reps], dtype=float),
            limit=self.setting.limit.copy(),
            newcomer=self.newcomer,
        )


_kept: dict[tuple[Newest, date], _Kept] = {}


def read_cached_team(session: Session, settings: Settings, now: datetime) -> CachedTeam:
    """The team of this moment. Read where loads are to be relied on: with the assignment lock."""
    stored = select(TeamVersion.version, TeamVersion.created_at)
    newest = session.execute(stored.order_by(TeamVersion.version.desc()).limit(1)).first()
    loads = read_loads(session)
    return cached_team_with(
        session, settings, None if newest is None else newest._tuple(), loads, now
    )


def cached_team_with(
    session: Session,
    settings: Settings,
    newest: Newest | None,
    loads: Mapping[str, int],
    now: datetime,
) -> CachedTeam:
    """The team of its newest version (with the moment it was stored), where that and the loads
    have been read already."""
    if newest is None:
        kept = _read(session, settings, now)
    else:
        kept = _remembered(session, settings, newest, now)
    return CachedTeam(kept.team, kept.setting, kept.skills, kept.newcomer, kept.fit, loads)


def _remembered(session: Session, settings: Settings, newest: Newest, now: datetime) -> _Kept:
    key = (newest, now.date())
    kept = _kept.get(key)
    if kept is None:
        kept = _read(session, settings, now)
        _kept.clear()
        _kept[key] = kept
    return kept


def _read(session: Session, settings: Settings, now: datetime) -> _Kept:
    team = read_team(session, now)
    staffed = frozenset(name for rep in team.reps if rep.active for name in rep.territories)
    ids = [rep.rep_id for rep in team.reps]
    effects = read_effects(session, ids, now, settings.horizon_days)
    tree = TerritoryTree(team.territories)
    setting = Setting(
        reps=team.reps,
        overlays=frozenset(area.name for area in team.territories if area.overlay),
        covering=lambda lead: tree.covering(lead, staffed),
        chances=with_effects(effects),
    )
    skills = frozenset(session.scalars(select(Skill.name)))
    few = settings.assignment_newcomer_leads
    newcomer = np.asarray(effects.leads < few)
    fit = FitKnown(
        leads=round(effects.leads.sum()),
        converted=round(effects.converted),
        apart=effects.apart,
        least=settings.minimum_outcomes,
    )
    return _Kept(team, setting, skills, newcomer, fit)

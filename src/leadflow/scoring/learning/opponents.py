"""What a challenger is compared with: a version, or the rubric, and what it learned from."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from leadflow.database.engine import unit_of_work
from leadflow.scoring.serving.champion import (
    RUBRIC,
    VersionNotApproved,
    approved_champion,
    registry,
)
from leadflow.settings import Settings
from models.refused import ModelAltered

if TYPE_CHECKING:
    from models.refitting import RecipeName
    from models.registry import Registry, Version
    from models.scores import Scorer

THE_RUBRIC = "the expert rubric"


@dataclass(frozen=True)
class Opponent:
    """A scorer, its name in words, and the last moment it learned from, which is None of what
    learned from nothing. ``recipe`` and ``sha256`` (of its files) are those of a learned one."""

    scorer: "Scorer"
    name: str
    learned_until: datetime | None
    recipe: "RecipeName | None" = None
    sha256: str | None = None


def serving_opponent(settings: Settings) -> Opponent:
    """What serves now. A champion that is refused cannot be compared with: the rubric takes its
    place, and its name says so."""
    from models.rubric import Rubric

    models, rubric = registry(settings), Rubric.load()
    try:
        with unit_of_work() as session:
            champion = approved_champion(session, models)
        if champion is None:
            return Opponent(rubric, THE_RUBRIC, None)
        return _learned(models, champion, f"champion version {champion.version}")
    except (ModelAltered, VersionNotApproved) as error:
        return Opponent(rubric, f"{THE_RUBRIC} (the champion is refused: {error})", None)


def opponent(models: "Registry", name: str) -> Opponent:
    """A version by its number or alias, or the rubric.

    Raises:
        NoSuchVersion: there is none.
        ModelAltered: its files are not those that were registered.
    """
    from models.rubric import Rubric

    if name == RUBRIC:
        return Opponent(Rubric.load(), THE_RUBRIC, None)
    number = models.alias_version(name) or name
    return _learned(models, models.version(number), f"version {number}")


def _learned(models: "Registry", version: "Version", name: str) -> Opponent:
    from models.refitting import recipe_name

    scorecard = models.load(version)
    until = models.facts_of(version).last_moment
    return Opponent(scorecard, name, until, recipe_name(scorecard), version.sha256)

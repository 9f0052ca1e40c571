"""How good a lead is and why, drawn: the score as one bar of reasons, the chance as an interval.
Pure, but for what would raise it, which is asked of the scorer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from features.definitions import DEFINITIONS
from leadflow.scoring.serving.feature_frames import definitions_of
from leadflow.scoring.serving.score import steps_up
from leadflow.scoring.tables import LeadScore

if TYPE_CHECKING:
    from models.raising import Raise
    from models.scores import Scorer

AVERAGE = 50.0
LEAST = 0.05
# Units of the pictures.
WIDTH = 400.0
# What the chance's picture ends at, of which it takes the first that is wide enough.
ENDS = (0.05, 0.1, 0.25, 0.5, 1.0)
REGIMES = {
    "rubric": "by the experts' rules",
    "blend": "by the experts' rules and a model",
    "model": "by a model",
}


@dataclass(frozen=True)
class Segment:
    """A part of the bar: ``words`` and points; ``x`` and ``width`` in units of the picture."""

    words: str
    points: float
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """The score as one bar. What speaks for the lead begins at the average and goes to the right;
    what speaks against it goes back from there to where the score is."""

    speaks_for: list[Segment]
    against: list[Segment]
    average: float
    here: float


@dataclass(frozen=True)
class Chance:
    """A chance on a line from 0 to ``end``: where it is, and where its interval begins and ends."""

    here: float
    low: float
    high: float
    end: float


@dataclass(frozen=True)
class Point:
    """What moves the score, in words, with its points."""

    words: str
    points: float


def labels(session: Session, scorer: "Scorer | None") -> dict[str, str]:
    """What every feature is called, those of a company's own attributes and events too."""
    known = (*DEFINITIONS, *definitions_of(session, scorer))
    return {one.feature.name: one.feature.label for one in known}


def points_of(score: LeadScore, names: Mapping[str, str]) -> list[Point]:
    """All that moves the score, the strongest first: with the lead's own value where it is among
    the reasons, else by what it is called."""
    said = {reason["feature"]: str(reason["text"]) for reason in score.reasons}
    moving = {name: own for name, own in score.contributions.items() if abs(own) >= LEAST}
    return [
        Point(said.get(name) or names.get(name) or in_words(name), own)
        for name, own in sorted(moving.items(), key=lambda item: -abs(item[1]))
    ]


def in_words(name: str) -> str:
    """A feature that nothing is known of any more, by its name."""
    own = name.removeprefix("attributes.").removeprefix("events.")
    return own.replace("_", " ").replace(".", " ")


def bar(points: Sequence[Point]) -> Bar:
    """The points as one bar."""
    good = [one for one in points if one.points > 0]
    bad = [one for one in points if one.points < 0]
    top = AVERAGE + sum(one.points for one in good)
    end = top + sum(one.points for one in bad)
    least, most = min(AVERAGE, end) - 2, max(top, AVERAGE) + 2

    def at(value: float) -> float:
        return round((value - least) / (most - least) * WIDTH, 1)

    speaks_for, place = [], AVERAGE
    for one in good:
        speaks_for.append(_segment(one, at(place), at(place + one.points)))
        place += one.points
    against = []
    for one in bad:
        against.append(_segment(one, at(place + one.points), at(place)))
        place += one.points
    return Bar(speaks_for, against, at(AVERAGE), at(end))


def _segment(one: Point, start: float, end: float) -> Segment:
    return Segment(one.words, one.points, start, round(end - start, 1))


def chance(probability: float, low: float, high: float) -> Chance:
    """The chance with its interval, on a line that is as long as needed."""
    end = next(end for end in ENDS if high <= end)
    here, least, most = (round(share / end * WIDTH, 1) for share in (probability, low, high))
    return Chance(here, least, most, end)


def raising(
    session: Session, scorer: "Scorer | None", lead_id: str, now: datetime
) -> "list[Raise]":
    """What a person could do to raise the score; nothing while nothing can score."""
    return [] if scorer is None else steps_up(session, scorer, lead_id, now)

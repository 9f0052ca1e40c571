"""Fields of a lead's score that conditions may ask about: the one that counts, and the model's
parts of it."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from leadflow.conditions.fields import Expression, Field, RowsAtHand
from leadflow.conditions.values import ValueKind
from leadflow.scoring.levels import BEST_FIRST
from leadflow.scoring.overrides.standing import effective_level, effective_score
from leadflow.scoring.tables import LeadScore

_NUMBER, _TEXT = ValueKind.NUMBER, ValueKind.TEXT
REGIMES = ("rubric", "blend", "model")


def _column(name: str, kind: ValueKind, values: tuple[str, ...] | None = None) -> Field:
    return Field(name, kind, _as_it_is(getattr(LeadScore, name)), _of_score(name), values)


def _as_it_is(column: Any) -> Expression:
    return lambda now: column


def _of_score(name: str) -> Callable[[RowsAtHand], Any]:
    read = attrgetter(name)
    return lambda rows: None if rows.score is None else read(rows.score)


def _total(rows: RowsAtHand) -> float | None:
    if rows.override is not None:
        score: float = rows.override.new_score
        return score
    return None if rows.score is None else rows.score.total_score


def _level(rows: RowsAtHand) -> str | None:
    counts = rows.override or rows.score
    return None if counts is None else counts.level


FIELDS = (
    Field("total_score", _NUMBER, lambda now: effective_score(), _total),
    Field("level", _TEXT, lambda now: effective_level(), _level, BEST_FIRST),
    _column("probability", _NUMBER),
    _column("confidence", _TEXT),
    _column("regime", _TEXT, REGIMES),
    _column("demographic", _NUMBER),
    _column("behavioural", _NUMBER),
    _column("engagement", _NUMBER),
    _column("fit", _NUMBER),
    _column("ai", _NUMBER),
)

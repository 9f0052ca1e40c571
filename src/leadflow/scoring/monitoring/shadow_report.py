"""Comparison of a shadow challenger with the champion: levels and scores now, errors on matured
leads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.scoring.monitoring.matured import Serving, paired, paired_scores

if TYPE_CHECKING:
    from models.evaluation import Metrics

MINIMUM = 20


@dataclass(frozen=True)
class ShadowReport:
    """What serves and the challenger on the same leads at the same moments.

    ``moved``: how many leads go from a level to another, most first. ``mean_shift`` and
    ``mean_distance``: points the challenger gives more, and either way. ``serving_metrics`` and
    ``challenger_metrics`` are on ``matured`` leads; None with fewer than 20 of either outcome.
    """

    serving: str
    challenger: str
    leads: int
    mean_shift: float
    mean_distance: float
    moved: tuple[tuple[str, str, int], ...]
    matured: int
    serving_metrics: "Metrics | None"
    challenger_metrics: "Metrics | None"

    @property
    def changed(self) -> int:
        """How many leads would change level."""
        return sum(count for _, _, count in self.moved)

    @property
    def words(self) -> str:
        """The finding in a sentence."""
        if not self.leads:
            return f"Challenger {self.challenger} has not scored beside {self.serving} yet."
        return (
            f"With challenger {self.challenger}, {self.changed:,} of "
            f"{how_many(self.leads, 'lead')} would "
            f"change level; scores move by {self.mean_shift:+.1f} on average. {self._errors}"
        )

    @property
    def _errors(self) -> str:
        ours, theirs = self.serving_metrics, self.challenger_metrics
        if ours is None or theirs is None:
            have = of_number(self.matured, "has")
            return f"{self.matured:,} of them {have} matured: too few to compare errors."
        return (
            f"On {how_many(self.matured, 'matured lead')} its Brier score is "
            f"{theirs.brier:.4f} against {ours.brier:.4f}, "
            f"its AUC {theirs.auc:.3f} against {ours.auc:.3f}."
        )


def shadow_report(
    session: Session,
    serving: Serving,
    challenger: str,
    since: datetime,
    now: datetime,
    horizon: timedelta,
) -> ShadowReport:
    """Compare both on every lead's latest score, and on scores since ``since`` that matured."""
    from models.evaluation import evaluate

    newest = _newest(serving, challenger).subquery("newest")
    difference = newest.c.total_beside - newest.c.total
    leads, shift, distance = session.execute(
        select(func.count(), func.avg(difference), func.avg(func.abs(difference)))
    ).one()
    moved = session.execute(
        select(newest.c.level, newest.c.level_beside, func.count().label("leads"))
        .where(newest.c.level != newest.c.level_beside)
        .group_by(newest.c.level, newest.c.level_beside)
        .order_by(func.count().desc(), newest.c.level, newest.c.level_beside)
    )
    pairs = paired_scores(session, serving, challenger, since, now, horizon)
    converted, total = int(pairs.converted.sum()), len(pairs.converted)
    enough = min(converted, total - converted) >= MINIMUM
    return ShadowReport(
        str(serving),
        challenger,
        int(leads),
        float(shift or 0.0),
        float(distance or 0.0),
        tuple((str(old), str(new), int(count)) for old, new, count in moved),
        total,
        evaluate(pairs.probability, pairs.converted) if enough else None,
        evaluate(pairs.beside, pairs.converted) if enough else None,
    )


def _newest(serving: Serving, challenger: str) -> Any:
    both = paired(serving, challenger).subquery("both")
    return select(both).distinct(both.c.lead_id).order_by(both.c.lead_id, both.c.as_of.desc())

"""Did people who overrode scores know better than the model? Judged by what came of the leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from statistics import fmean, variance

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from features.training_moments import ended_at
from leadflow.leads.tables import Outcome
from leadflow.scoring.overrides.effective import implied_probability
from leadflow.scoring.tables import ScoreOverride

ENOUGH = 20
SURE = 1.96  # standard errors: 95 of 100 such reports show less where there is no difference


@dataclass(frozen=True)
class Judged:
    """An override and what came of its lead; chances are as of when it was made."""

    new_score: float
    model_points: float
    model_probability: float
    converted: bool

    @property
    def person(self) -> float:
        """The chance the person's score stands for."""
        return implied_probability(self.new_score, self.model_points, self.model_probability)


@dataclass(frozen=True)
class OverrideReport:
    """How overrides and the model compare on the same leads.

    ``*_brier``: mean squared error of the chance, lower is better. ``*_auc``: how often a lead that
    converted stood above one that did not; None where all ended alike. ``open``: overrides whose
    lead's end is not known yet.
    """

    judged: int
    converted: int
    open: int
    verdict: str
    person_brier: float | None = None
    model_brier: float | None = None
    person_auc: float | None = None
    model_auc: float | None = None


def override_report(session: Session, horizon: timedelta, now: datetime) -> OverrideReport:
    """Compare the overrides that came into force with the model they stood beside.

    A lead counts once, by the last override before its end, and as training counts it: converted
    if it did within the horizon, not converted if it was lost or the horizon has passed. A lead
    whose last override was withdrawn is left out: nobody stands by it.
    """
    made, ended = ScoreOverride, Outcome.lead_id == ScoreOverride.lead_id
    after = and_(ended, Outcome.occurred_at > made.created_at)
    within = Outcome.occurred_at <= made.created_at + horizon
    converted = exists().where(after, within, Outcome.outcome == "converted")
    known = or_(exists().where(after, within), made.created_at + horizon <= now)
    over = ended_at(made.created_at, made.lead_id)
    of_leads = (
        select(
            made.new_score,
            made.model_points,
            made.model_probability,
            case((converted, True), else_=False).label("converted"),
            known.label("known"),
            made.status,
        )
        .where(made.in_force_from.is_not(None), ~over)
        .distinct(made.lead_id)
        .order_by(made.lead_id, made.created_at.desc())
        .subquery()
    )
    stood_by = of_leads.c.status != "withdrawn"
    rows = session.execute(select(of_leads).where(of_leads.c.known, stood_by)).all()
    not_known = session.scalar(select(func.count()).where(~of_leads.c.known, stood_by)) or 0
    return judge([Judged(*row[:4]) for row in rows], not_known)


def judge(judged: Sequence[Judged], not_known: int = 0) -> OverrideReport:
    """The comparison of overrides whose leads have ended."""
    if not judged:
        return OverrideReport(0, 0, not_known, _verdict([]))
    ends = [item.converted for item in judged]
    gains = [
        (item.model_probability - item.converted) ** 2 - (item.person - item.converted) ** 2
        for item in judged
    ]
    return OverrideReport(
        judged=len(judged),
        converted=sum(ends),
        open=not_known,
        person_brier=fmean((item.person - item.converted) ** 2 for item in judged),
        model_brier=fmean((item.model_probability - item.converted) ** 2 for item in judged),
        person_auc=ranking([item.new_score for item in judged], ends),
        model_auc=ranking([item.model_points for item in judged], ends),
        verdict=_verdict(gains),
    )


def ranking(scores: Sequence[float], ends: Sequence[bool]) -> float | None:
    """How often a lead that converted stands above one that did not, ties counting half: ROC AUC
    by the Mann-Whitney statistic. None where all leads ended alike."""
    won = [score for score, end in zip(scores, ends, strict=True) if end]
    not_won = [score for score, end in zip(scores, ends, strict=True) if not end]
    if not won or not not_won:
        return None
    above = sum((a > b) + (a == b) / 2 for a in won for b in not_won)
    return above / (len(won) * len(not_won))


def _verdict(gains: Sequence[float]) -> str:
    """In words, from how much smaller each squared error of the people is than the model's."""
    if len(gains) < ENOUGH:
        return f"Too few to say: {len(gains)} of the {ENOUGH} leads with a known end it takes."
    gain, doubt = fmean(gains), SURE * sqrt(variance(gains) / len(gains))
    if gain > doubt:
        return "Overrides beat the model: people's chances were closer to what happened."
    if -gain > doubt:
        return "The model beats the overrides: its chances were closer to what happened."
    return "No clear difference: neither people nor the model were surely closer."

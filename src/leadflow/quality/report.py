"""The quality report: people's judgements weighted to all decisions, and the outcomes since."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.quality.actions import open_actions
from leadflow.quality.estimates import answer_weights, weighted_share
from leadflow.quality.kappa import cohen_kappa
from leadflow.quality.review_kinds import KINDS, SEVERITIES, ReviewKind
from leadflow.quality.reviewed_items import Looked, looked_at, populations
from leadflow.quality.schemas import (
    ActionOut,
    FlagsOut,
    KappaOut,
    KindReportOut,
    OutcomesOut,
    QualityReport,
    SampledConversionOut,
    ShareOut,
    StratumOut,
)
from leadflow.quality.tables import QualityFlag
from leadflow.settings import Settings

Weighted = tuple[Looked, float]
FEW = 20


def quality_report(
    session: Session, since: date, until: date, settings: Settings, now: datetime
) -> QualityReport:
    """The report on the decisions from one day to another (UTC), both included.

    Shares are estimates of all decisions of the drawn days, not of the items alone.
    """
    horizon = timedelta(days=settings.horizon_days)
    items = looked_at(session, since, until, horizon, now)
    decided = populations(session, since, until)
    actions = [ActionOut.of(action) for action in open_actions(session)]
    return QualityReport(
        since=since,
        until=until,
        kinds=[
            _kind(
                KINDS[name],
                items.get(name, []),
                decided.get(name, 0),
                [action for action in actions if action.decision_kind == name],
            )
            for name in sorted(KINDS)
        ],
        flags=_flags(session),
    )


def _kind(
    kind: ReviewKind, items: Sequence[Looked], population: int, actions: list[ActionOut]
) -> KindReportOut:
    judged = _weighted(items)
    agreed = _share((item.agreed, weight) for item, weight in judged)
    counts = Counter(item.status for item in items)
    severities = Counter(item.severity for item, _ in judged)
    pairs = [(item.said[0].category, item.said[1].category) for item in items if len(item.said) > 1]
    kappa = cohen_kappa(pairs)
    return KindReportOut(
        decision_kind=kind.name,
        finding=_finding(kind, agreed),
        population=population,
        drawn=len(items),
        judged=len(judged),
        waiting=counts["waiting"],
        overdue=sum(item.overdue for item in items),
        disputed=counts["disputed"],
        agreed=agreed,
        strata=_strata(items, judged),
        kappa=None if kappa is None else KappaOut.model_validate(kappa),
        severities={name: severities[name] for name in SEVERITIES},
        outcomes=_outcomes(kind, judged),
        actions=actions,
    )


def _weighted(items: Sequence[Looked]) -> list[Weighted]:
    """The judged items with what each stands for: decisions of its stratum on its day."""
    weights = answer_weights(
        [item.inclusion_probability for item in items],
        [(item.sample_id, item.stratum) for item in items],
        [item.judged for item in items],
    )
    return list(zip((item for item in items if item.judged), weights, strict=True))


def _share(held: Iterable[tuple[bool, float]]) -> ShareOut | None:
    pairs = list(held)
    found = weighted_share([holds for holds, _ in pairs], [weight for _, weight in pairs])
    return None if found is None else ShareOut.model_validate(found)


def _finding(kind: ReviewKind, agreed: ShareOut | None) -> str:
    if agreed is None:
        return f"Nothing is known of {kind.plural} yet: none was judged."
    said = (
        f"People agree with {agreed.value:.0%} of {kind.plural}; the true share lies between "
        f"{agreed.low:.0%} and {agreed.high:.0%}, 9 times in 10."
    )
    return said if agreed.items >= FEW else f"{said} That is from {agreed.items} judged: few."


def _strata(items: Sequence[Looked], judged: Sequence[Weighted]) -> list[StratumOut]:
    """By stratum; its population is the sum of one over the inclusion probabilities, exactly."""
    drawn: dict[str, list[Looked]] = defaultdict(list)
    for item in items:
        drawn[item.stratum].append(item)
    done: dict[str, list[Weighted]] = defaultdict(list)
    for item, weight in judged:
        done[item.stratum].append((item, weight))
    return [
        StratumOut(
            stratum=name,
            population=round(sum(1.0 / item.inclusion_probability for item in some)),
            drawn=len(some),
            judged=len(done[name]),
            agreed=_share((item.agreed, weight) for item, weight in done[name]),
        )
        for name, some in sorted(drawn.items())
    ]


def _outcomes(kind: ReviewKind, judged: Sequence[Weighted]) -> OutcomesOut:
    """Conversion by what people said and by what the machine said, of the same leads. Leads that
    had ended before the decision are left out."""
    known = [(item, weight) for item, weight in judged if item.converted is not None]
    by_reviewer: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    by_machine: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for item, weight in known:
        ended = bool(item.converted), weight
        machine = None if kind.answer_category is None else kind.answer_category(item.answer)
        person = item.final.category if item.final is not None else machine or "agree"
        by_reviewer[person].append(ended)
        if machine is not None:
            by_machine[machine].append(ended)
    return OutcomesOut(
        judged=len(known),
        open=sum(item.converted is None and not item.ended_before for item, _ in judged),
        by_reviewer=_conversions(by_reviewer),
        by_machine=_conversions(by_machine),
    )


def _conversions(ended: dict[str, list[tuple[bool, float]]]) -> list[SampledConversionOut]:
    rows: list[dict[str, Any]] = [
        {
            "category": category,
            "leads": len(some),
            "converted": sum(converted for converted, _ in some),
            "share": _share(some),
        }
        for category, some in ended.items()
    ]
    made = [SampledConversionOut.model_validate(row) for row in rows]
    return sorted(made, key=lambda row: (-row.share.value, row.category))


def _flags(session: Session) -> FlagsOut:
    # Why is encrypted, so the database cannot count it.
    live = session.scalars(select(QualityFlag.why).where(QualityFlag.lifted_at.is_(None)))
    counted = sorted(Counter(live).items(), key=lambda one: (-one[1], one[0]))
    by_reason = dict(counted)
    return FlagsOut(leads=sum(by_reason.values()), by_reason=by_reason)

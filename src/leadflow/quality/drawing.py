"""The decisions of a day, sorted into strata and put into a seeded random order, in one statement.

However many there are, only the first few of each stratum leave the database.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import CTE, Double, Text, case, cast, func, select
from sqlalchemy.orm import Session

from leadflow.leads.tables import Lead
from leadflow.quality.kinds import DecisionKind
from leadflow.quality.sampling import Candidate, Stratum

# A value above that of so many of the day's decisions is middle, or high.
MIDDLE_FROM, HIGH_FROM = 0.5, 0.8


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """The moments at which a day (UTC) begins and ends."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def candidates(
    session: Session, kind: DecisionKind, day: date, seed: str, most: int
) -> list[Candidate]:
    """The first ``most`` decisions of each stratum of the day, in the order of the seed.

    The order is by MD5 of the seed and the decision's id: the same for ever, and unlike anything
    the decision depends on.
    """
    decisions = _valued(kind, day)
    strata = _in_strata(decisions).cte("stratified")
    sizes = (
        select(strata.c.confidence, strata.c.value, func.count().label("population"))
        .group_by(strata.c.confidence, strata.c.value)
        .cte("size")
    )
    random = func.md5(seed + strata.c.subject_id).collate("C")
    place = func.row_number().over(
        partition_by=(strata.c.confidence, strata.c.value), order_by=(random, strata.c.subject_id)
    )
    ordered = select(*strata.c, place.label("place")).subquery("ordered")
    rows = session.execute(
        select(*ordered.c, sizes.c.population)
        .join(
            sizes,
            (sizes.c.confidence == ordered.c.confidence) & (sizes.c.value == ordered.c.value),
        )
        .where(ordered.c.place <= most)
    )
    return [
        Candidate(
            row.subject_id,
            row.lead_id,
            Stratum(row.confidence, row.value),
            row.place,
            row.population,
        )
        for row in rows
    ]


def _valued(kind: DecisionKind, day: date) -> CTE:
    """What is at stake: the chance of converting × the lead's budget against the usual one in its
    currency; without a budget, the usual one. No rates of exchange are needed."""
    made = kind.population(*bounds_of(day)).subquery("made")
    known = (
        select(*made.c, Lead.budget_minor.label("budget"), Lead.budget_currency.label("currency"))
        .join(Lead, Lead.id == made.c.lead_id)
        .cte("known")
    )
    median = func.percentile_disc(0.5).within_group(known.c.budget)
    usual = (
        select(known.c.currency, median.label("budget"))
        .where(known.c.budget > 0)
        .group_by(known.c.currency)
        .cte("usual")
    )
    times_usual = func.coalesce(cast(known.c.budget, Double) / usual.c.budget, 1.0)
    return (
        select(
            known.c.subject_id,
            known.c.lead_id,
            cast(known.c.confidence, Text).label("confidence"),
            (known.c.chance * times_usual).label("stake"),
        )
        .outerjoin(usual, usual.c.currency == known.c.currency)
        .cte("valued")
    )


def _in_strata(valued: CTE) -> Any:
    def above(share: float) -> Any:
        bound = func.percentile_disc(share).within_group(valued.c.stake)
        return valued.c.stake > select(bound).scalar_subquery()

    value = case((above(HIGH_FROM), "high"), (above(MIDDLE_FROM), "middle"), else_="low")
    return select(
        valued.c.subject_id,
        valued.c.lead_id,
        valued.c.confidence,
        cast(value, Text).label("value"),
    )

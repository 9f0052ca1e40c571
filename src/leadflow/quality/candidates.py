"""The decisions of a day, sorted into strata and put into a seeded random order, in one statement.

However many there are, only the first few of each stratum leave the database.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Double,
    Integer,
    Select,
    Subquery,
    cast,
    func,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from leadflow.leads.tables import Lead
from leadflow.quality.review_kinds import ReviewKind
from leadflow.quality.sampling import Candidate, Stratum

# A value above that of so many of the day's decisions is middle, or high.
MIDDLE_FROM, HIGH_FROM = 0.5, 0.8
VALUES = ("low", "middle", "high")
HIGHEST = 0xFFFFFFFF
MEMORY = text("SET LOCAL work_mem = '64MB'")  # a day may have a million decisions


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """The moments at which a day (UTC) begins and ends."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def candidates(
    session: Session, kind: ReviewKind, day: date, seed: str, most: int
) -> list[Candidate]:
    """The first ``most`` decisions of each stratum of the day, in the order of the seed.

    The order is by MD5 of the seed and the decision's id: the same for ever, and unlike anything
    the decision depends on.
    """
    session.execute(MEMORY)
    drawn = _early(_in_strata(_valued(kind, day)), seed, most).subquery("early")
    place = func.row_number().over(
        partition_by=(drawn.c.confidence, drawn.c.value),
        order_by=(drawn.c.random, drawn.c.subject_id),
    )
    ordered = select(*drawn.c, place.label("place")).subquery("ordered")
    rows = session.execute(select(*ordered.c).where(ordered.c.place <= most))
    return [
        Candidate(
            row.subject_id,
            row.lead_id,
            Stratum(row.confidence, VALUES[row.value]),
            row.place,
            row.population,
        )
        for row in rows
    ]


def _early(strata: Subquery, seed: str, most: int) -> Select[Any]:
    """The decisions that may be among the first of their stratum: sorting all would take longest.

    The beginning of an MD5 is as a number drawn evenly between 0 and 1. Of those below a bound,
    four times ``most`` and forty are expected; that there are fewer than ``most`` has a chance of
    less than one in 10^15.
    """
    expected = cast(4 * most + 40, Double) / func.count()
    bound = func.to_hex(cast(func.least(expected, 1.0) * HIGHEST, BigInteger))
    sizes = (
        select(
            strata.c.confidence,
            strata.c.value,
            func.count().label("population"),
            func.lpad(bound, 8, "0").collate("C").label("bound"),
        )
        .group_by(strata.c.confidence, strata.c.value)
        .cte("size")
    )
    random = func.md5(seed + strata.c.subject_id).collate("C").label("random")
    drawn = (
        select(*strata.c, random, sizes.c.population, sizes.c.bound)
        .join(
            sizes, (sizes.c.confidence == strata.c.confidence) & (sizes.c.value == strata.c.value)
        )
        .subquery("drawn")
    )
    return select(*drawn.c).where(func.left(drawn.c.random, 8) <= drawn.c.bound)


def _valued(kind: ReviewKind, day: date) -> Subquery:
    """What is at stake: the chance of converting × the lead's budget against the usual one in its
    currency; without a budget, the usual one. No rates of exchange are needed.

    What is known is kept once; all else is worked out anew where it is needed, which is quicker
    than to keep a million rows again.
    """
    made = kind.population(*bounds_of(day)).subquery("made")
    known = (
        select(
            *made.c,
            cast(Lead.budget_minor, Double).label("budget"),
            Lead.budget_currency.label("currency"),
        )
        .join(Lead, Lead.id == made.c.lead_id)
        .cte("known")
    )
    median = func.percentile_disc(0.5).within_group(known.c.budget)
    usual = (
        select(known.c.currency, cast(median, Double).label("budget"))
        .where(known.c.budget > 0)
        .group_by(known.c.currency)
        .cte("usual")
    )
    return (
        select(
            known.c.subject_id,
            known.c.lead_id,
            known.c.confidence,
            (known.c.chance * func.coalesce(known.c.budget / usual.c.budget, 1.0)).label("stake"),
        )
        .outerjoin(usual, usual.c.currency == known.c.currency)
        .subquery("valued")
    )


def _in_strata(valued: Subquery) -> Subquery:
    """The decisions with the place of their value in ``VALUES``."""
    bounds = select(
        func.percentile_disc(array([MIDDLE_FROM, HIGH_FROM]))
        .within_group(valued.c.stake)
        .label("of")
    ).cte("bound")
    above = [valued.c.stake > literal_column(f"bound.of[{place}]") for place in (1, 2)]
    return (
        select(
            valued.c.subject_id,
            valued.c.lead_id,
            valued.c.confidence,
            (cast(above[0], Integer) + cast(above[1], Integer)).label("value"),
        )
        .join(bounds, true())
        .subquery("stratified")
    )

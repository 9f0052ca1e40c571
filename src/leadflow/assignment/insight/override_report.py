"""Did people who gave a lead to somebody else than the machine did know better?

What would have become of these leads with the salesperson the machine chose, nobody knows. So both
are held against what the score expected: leads that people moved, and leads that stayed with whom
the machine gave them to.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from features.how_many import how_many
from leadflow.assignment.insight.performance_report import INTERVAL, Conversion, conversion
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.track_record import mature

BY_MACHINE = ("sweep", "request", "escalation", "redistribution")
ENOUGH = 20


@dataclass(frozen=True)
class AssignmentOverrideReport:
    """``moved``: leads that people moved; ``stayed``: those left with the machine's salesperson.
    ``ratio``: how many times as many converted of the moved, each against what was expected; the
    true one lies between ``low`` and ``high`` in 9 of 10 cases. None where none converted.
    ``open``: moved leads that have not had their time yet."""

    moved: Conversion
    stayed: Conversion
    open: int
    ratio: float | None
    low: float | None
    high: float | None
    verdict: str


def assignment_override_report(
    session: Session, horizon: timedelta, now: datetime
) -> AssignmentOverrideReport:
    """Compare leads that people moved away from the machine's choice with those they left alone."""
    earlier = aliased(Assignment)
    taken_from_machine = exists().where(
        earlier.lead_id == Assignment.lead_id,
        earlier.source.in_(BY_MACHINE),
        earlier.end_reason == "reassigned",
        earlier.ended_at <= Assignment.assigned_at,
    )
    moved_ids = select(Assignment.id).where(Assignment.source == "person", taken_from_machine)
    ended = mature(now, horizon).subquery()
    left_alone = select(Assignment.id).where(Assignment.source.in_(BY_MACHINE))
    moved = session.execute(select(ended).where(ended.c.assignment_id.in_(moved_ids))).all()
    stayed = session.execute(select(ended).where(ended.c.assignment_id.in_(left_alone))).all()
    still_open = select(func.count()).where(
        Assignment.assigned_at > now - horizon, Assignment.id.in_(moved_ids)
    )
    return compare(conversion(moved), conversion(stayed), session.scalar(still_open) or 0)


def compare(moved: Conversion, stayed: Conversion, still_open: int = 0) -> AssignmentOverrideReport:
    """The comparison of two counts against what was expected of each.

    Given how many converted of both together, those of the moved are binomial with the odds
    ``ratio`` times expected to expected; the interval is Jeffreys' for that share (J. Przyborowski
    and H. Wilenski, "Homogeneity of results in testing samples from Poisson series", Biometrika 31,
    1940, with L. D. Brown and others, "Interval estimation for a binomial proportion", Statistical
    Science 16, 2001).
    """
    together = moved.converted + stayed.converted
    if moved.expected <= 0 or stayed.expected <= 0 or not together:
        words = _verdict(min(moved.leads, stayed.leads), None, None)
        return AssignmentOverrideReport(moved, stayed, still_open, None, None, None, words)
    from scipy.stats import beta

    shares = beta.ppf(INTERVAL, moved.converted + 0.5, stayed.converted + 0.5)
    low, high = (float(share / (1 - share)) * stayed.expected / moved.expected for share in shares)
    ratio = (
        moved.converted / moved.expected / (stayed.converted / stayed.expected)
        if stayed.converted
        else None
    )
    words = _verdict(min(moved.leads, stayed.leads), low, high)
    return AssignmentOverrideReport(moved, stayed, still_open, ratio, low, high, words)


def _verdict(leads: int, low: float | None, high: float | None) -> str:
    if leads < ENOUGH or low is None or high is None:
        return (
            f"Too few to say: {how_many(leads, 'lead')} with a known end where it takes {ENOUGH} "
            "of each."
        )
    if low > 1:
        return "Leads that people moved converted more often than those they left alone."
    if high < 1:
        return "Leads that people moved converted less often than those they left alone."
    return "No clear difference: moved leads did as those left with the machine's choice."

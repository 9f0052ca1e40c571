"""How often people stepped in: did otherwise than the machine had decided or proposed."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.analytics.period import Period
from leadflow.analytics.schemas import SteppedIn

# Each kind with how often people stepped in, and of how many. People act under an id of theirs,
# programs under theirs in somebody's name; what the machine does has neither.
STEPPED_IN = text(
    """
WITH merged AS (
    SELECT id FROM leads WHERE merged_into IS NOT NULL
), given AS (
    SELECT count(*) AS all_of_them, count(*) FILTER (WHERE source = 'person') AS by_people
    FROM assignments WHERE assigned_at >= :since AND assigned_at < :until AND source <> 'import'
), let_go AS (
    SELECT count(*) FILTER (WHERE end_reason = 'declined') AS declined,
        count(*) FILTER (WHERE end_reason = 'returned') AS returned
    FROM assignments WHERE ended_at >= :since AND ended_at < :until
), acts AS (
    SELECT count(*) AS ended,
        count(*) FILTER (WHERE settled_by LIKE 'person%' OR settled_by LIKE 'terminal%') AS settled
    FROM outbox WHERE ended_at >= :since AND ended_at < :until
), decided AS (
    SELECT count(*) AS all_of_them, count(*) FILTER (WHERE status = 'rejected') AS rejected
    FROM approvals WHERE decided_at >= :since AND decided_at < :until
), reviewed AS (
    SELECT count(*) AS all_of_them, count(*) FILTER (WHERE verdict <> 'agree') AS disagreed
    FROM quality_reviews WHERE judged_at >= :since AND judged_at < :until
)
SELECT 'score_overridden',
    (SELECT count(*) FROM score_overrides
        WHERE in_force_from >= :since AND in_force_from < :until
        AND lead_id NOT IN (SELECT id FROM merged)),
    (SELECT count(DISTINCT lead_id) FROM lead_scores WHERE as_of >= :since AND as_of < :until
        AND lead_id NOT IN (SELECT id FROM merged))
UNION ALL SELECT 'lead_given_by_hand', by_people, all_of_them FROM given
UNION ALL SELECT 'lead_declined', declined, all_of_them FROM let_go, given
UNION ALL SELECT 'lead_returned', returned, all_of_them FROM let_go, given
UNION ALL SELECT 'proposal_rejected', rejected, all_of_them FROM decided
UNION ALL SELECT 'review_disagreed', disagreed, all_of_them FROM reviewed
UNION ALL SELECT 'act_settled', settled, ended FROM acts
"""
)


def stepped_in(session: Session, period: Period) -> list[SteppedIn]:
    """Each kind of stepping in, with how often in a period."""
    return [
        SteppedIn(kind=kind, times=times, of=of, share=times / of if of else None)
        for kind, times, of in session.execute(STEPPED_IN, period.bounds)
    ]

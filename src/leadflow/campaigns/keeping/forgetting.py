"""Enrolments that ended long ago are forgotten; what a campaign must still know of them stays."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.database.ids import first_id

AT_A_TIME = 5_000
# Those that ended began before. What they were counted as stays counted.
FORGET = text(
    """
WITH old AS (
    SELECT id FROM enrolments e WHERE id < :first AND ended_at < :before
        AND NOT EXISTS (SELECT FROM campaign_messages m WHERE m.enrolment_id = e.id)
    ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM enrolments e USING old WHERE e.id = old.id
    RETURNING e.campaign, e.version, e.lead_id, e.key, e.ended_at, e.ended_as
), past AS (
    INSERT INTO past_enrolments AS p (lead_id, campaign, key, times, last_ended_at)
    SELECT lead_id, campaign, key, count(*), max(ended_at) FROM gone GROUP BY 1, 2, 3
    ON CONFLICT (lead_id, campaign, key) DO UPDATE SET times = p.times + excluded.times,
        last_ended_at = greatest(p.last_ended_at, excluded.last_ended_at)
)
SELECT count(*) FROM gone
"""
)


def forget_ended(session: Session, before: datetime, most: int = AT_A_TIME) -> int:
    """Forget enrolments that ended before a moment and have no message any more, at most so many;
    how many. Of each lead stays how often it was in a campaign under a key, and until when; the
    numbers of campaigns stay as they are."""
    asked = {"first": first_id("enr", before), "before": before, "most": most}
    return int(session.scalar(FORGET, asked) or 0)

"""What somebody waits for on a page, as a short text that changes when it does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

# A lead that was handed out earlier is no news.
NEWS = timedelta(minutes=10)
APPROVALS = text(
    """
SELECT a.id, concat_ws(' ', a.status, a.level, a.carried_out_at, count(v.person_id))
FROM approvals a LEFT JOIN approval_votes v ON v.approval_id = a.id
WHERE a.id = ANY(:ids) GROUP BY a.id
"""
)
IMPORTS = text(
    """
SELECT u.id, concat_ws(' ', u.state, md5(i.result::text))
FROM uploads u LEFT JOIN inbox i ON i.id = u.inbox_id WHERE u.id = ANY(:ids)
"""
)
HOT_LEADS = text(
    """
SELECT a.rep_id, max(a.assigned_at)::text
FROM assignments a JOIN lead_scores s ON s.lead_id = a.lead_id AND s.is_current
WHERE a.rep_id = ANY(:ids) AND a.ended_at IS NULL AND s.level = 'hot' AND a.assigned_at > :since
GROUP BY a.rep_id
"""
)


def approvals(session: Session, ids: Sequence[str], now: datetime) -> dict[str, str]:
    """How each stands, by its id: decided, or a step further."""
    return dict(session.execute(APPROVALS, {"ids": list(ids)}).tuples().all())


def imports(session: Session, ids: Sequence[str], now: datetime) -> dict[str, str]:
    """How far each import of a file is, by its id."""
    return dict(session.execute(IMPORTS, {"ids": list(ids)}).tuples().all())


def hot_leads(session: Session, ids: Sequence[str], now: datetime) -> dict[str, str]:
    """When each salesperson was last given a hot lead, by their id; empty: not of late."""
    given = {"ids": list(ids), "since": now - NEWS}
    found = dict(session.execute(HOT_LEADS, given).tuples().all())
    return {one: found.get(one, "") for one in ids}

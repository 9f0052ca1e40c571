"""Leads that cannot be scored: found among the others, set aside with their error, tried again."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import psycopg
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from leadflow.failures import describe_with_traceback
from leadflow.leads.changes import mark_changed
from leadflow.scoring.batch.tables import SetAsideLead

FIRST, LONGEST = timedelta(minutes=10), timedelta(days=1)
AT_A_TIME = 500
logger = logging.getLogger(__name__)


def score_apart(
    session: Session, lead_ids: Sequence[str], score: Callable[[Sequence[str]], None]
) -> dict[str, Exception]:
    """Score leads together; where that fails, in halves, until it is known which of them cannot be
    scored. Their errors by lead.

    Raises:
        Exception: the database is away, or several were given and none of them can be scored, which
            is then no matter of the leads.
    """
    failed = _try(session, lead_ids, score)
    if len(failed) == len(lead_ids) > 1:
        raise next(iter(failed.values()))
    return failed


def set_aside(session: Session, failed: dict[str, Exception], now: datetime) -> None:
    """Keep these leads with their errors, each to be tried again later than the last time."""
    for lead_id, error in failed.items():
        logger.error("lead %s cannot be scored and is set aside: %s", lead_id, type(error).__name__)
        first = {
            "lead_id": lead_id,
            "since": now,
            "next_try_at": now + FIRST,
            "error": describe_with_traceback(error),
        }
        wait = func.least(FIRST * func.power(2, SetAsideLead.failures), LONGEST)
        changed = {
            "failures": func.least(SetAsideLead.failures + 1, 30),
            "next_try_at": now + wait,
            "error": first["error"],
        }
        written = insert(SetAsideLead).values(first)
        session.execute(written.on_conflict_do_update(index_elements=["lead_id"], set_=changed))


def scored_after_all(session: Session, lead_ids: Sequence[str]) -> None:
    """These leads could be scored: none of them is set aside any more."""
    session.execute(delete(SetAsideLead).where(SetAsideLead.lead_id.in_(lead_ids)))


def bring_back(session: Session, now: datetime) -> int:
    """Mark those whose time has come, to be scored with the others; how many."""
    due = select(SetAsideLead.lead_id).where(SetAsideLead.next_try_at <= now)
    found = session.scalars(due.order_by(SetAsideLead.next_try_at).limit(AT_A_TIME)).all()
    mark_changed(session, found, bulk=True)
    return len(found)


def _try(
    session: Session, lead_ids: Sequence[str], score: Callable[[Sequence[str]], None]
) -> dict[str, Exception]:
    try:
        with session.begin_nested():
            score(lead_ids)
    except (OperationalError, psycopg.OperationalError):
        raise
    except Exception as error:
        if len(lead_ids) == 1:
            return {lead_ids[0]: error}
        half = len(lead_ids) // 2
        return _try(session, lead_ids[:half], score) | _try(session, lead_ids[half:], score)
    return {}

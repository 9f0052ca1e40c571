"""Scoring the leads whose facts are newer than their score, as the facts come."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from features.moments import these_leads
from leadflow.leads.changes import Cause, Claimed, claim_changed, release_claimed, say_cause
from leadflow.scoring.batch.set_aside import score_apart, scored_after_all, set_aside
from leadflow.scoring.serving.audit_entries import audit_batch
from leadflow.scoring.serving.score import score_leads
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer

CLOCKS_DIFFER = timedelta(minutes=1)


def rescore_changed(
    session: Session, scorer: "Scorer", now: datetime, settings: Settings, limit: int
) -> int:
    """Score up to ``limit`` marked leads at once and delete their marks; how many were taken.

    Those that came alone go before those that came in bulk, each kind oldest first. Many processes
    may call it at once: each takes leads that no other has. A lead that cannot be scored is set
    aside with its error and stops none of the others.

    Raises:
        Exception: none of several leads can be scored; nothing is changed then.
    """
    claimed = claim_changed(session, limit)
    if claimed.newest is None:
        return 0
    as_of = _moment(session, claimed.lead_ids, max(now, claimed.newest))

    def score(lead_ids: Sequence[str]) -> None:
        for cause, these in _by_cause(claimed, lead_ids).items():
            say_cause(session, cause)
            score_leads(session, scorer, these_leads(as_of, these), as_of, settings)
        say_cause(session, Cause())

    failed = score_apart(session, claimed.lead_ids, score)
    set_aside(session, failed, now)
    scored = [lead_id for lead_id in claimed.lead_ids if lead_id not in failed]
    scored_after_all(session, scored)
    release_claimed(session, claimed)
    if not scored:
        return len(claimed.lead_ids)
    audit_batch(
        session,
        "rescoring",
        f"rescoring/{as_of.isoformat()}",
        as_of,
        scorer.version,
        len(scored),
        why="facts of these leads had changed",
    )
    return len(claimed.lead_ids)


def _by_cause(claimed: Claimed, lead_ids: Sequence[str]) -> dict[Cause, list[str]]:
    """What a score causes is as deep as what it came of: most came of no rule."""
    found: dict[Cause, list[str]] = defaultdict(list)
    for lead_id in lead_ids:
        found[claimed.causes[lead_id]].append(lead_id)
    return found


def _moment(session: Session, lead_ids: list[str], now: datetime) -> datetime:
    """Now, or a little later where other clocks run ahead: no fact that was marked is left out, and
    no score given meanwhile, without that fact, stays the current one."""
    newest = session.scalar(
        select(func.max(LeadScore.as_of)).where(
            LeadScore.lead_id.in_(lead_ids),
            LeadScore.is_current,
            # A lead that was scored as of a day to come takes no other along.
            LeadScore.as_of <= now + CLOCKS_DIFFER,
        )
    )
    return now if newest is None else max(now, newest + timedelta.resolution)

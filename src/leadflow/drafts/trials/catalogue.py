"""Which kinds of configuration can be tried, and how; of the others, why not."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.assignment.routing.reopening import KIND as REOPENING
from leadflow.assignment.routing.rulebook import KIND as ASSIGNMENT
from leadflow.drafts.trials.policies import policies
from leadflow.drafts.trials.rules import assignment, reopening, workflow
from leadflow.drafts.trials.segments import segments
from leadflow.drafts.trials.sources import sources
from leadflow.drafts.trials.trial import Trial, Try
from leadflow.workflow.service import KIND as WORKFLOW

TRIALS: dict[str, Try] = {
    f"rules/{ASSIGNMENT}": assignment,
    f"rules/{WORKFLOW}": workflow,
    f"rules/{REOPENING}": reopening,
    "policies": policies,
    "segments": segments,
    "sources": sources,
}
# Why there is none of a kind, for those who look for it.
WHY_NOT: dict[str, str] = {
    "campaigns": "A campaign is tried by itself: leadflow campaigns simulate NAME --past --from "
    "2026-01-01 lets your leads go through it, and its page shows who would come in.",
    "event_types": "There is nothing to try: events that have come stay as they are, and a new "
    "kind counts from the first event on.",
    "territories": "Who would get a lead is tried under Team, Territories, once they count; what "
    "ties or contradicts is said here as you type.",
}


def try_out(session: Session, kind: str, content: Any, now: datetime) -> Trial | None:
    """What content of a kind would have done; None where the kind cannot be tried. Nothing is
    stored."""
    tried = TRIALS.get(kind)
    return None if tried is None else tried(session, content, now)

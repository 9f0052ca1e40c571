"""Learning again after the market has changed, once there are outcomes that tell of it.

What has moved is a reason to train at once, and mostly too early: leads that came since have not
come to an end. It is one again when enough of them have, and whenever they have become twice as
many as the last training knew.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.scoring.learning.challenger import horizon
from leadflow.scoring.learning.learnable import learnable
from leadflow.scoring.learning.trainings import last_training
from leadflow.scoring.monitoring.earlier_checks import moved_since
from leadflow.settings import Settings

# Of each outcome: from so many newer leads on, a training can leave the older ones out
# (``models.window``).
TELLING = 400
GROWN = 2


def more_since_moved(
    session: Session, settings: Settings, leads_moved: bool, now: datetime
) -> list[str]:
    """The reason to train that leads from after a change are, or none.

    Args:
        leads_moved: leads look different. That is seen once they are a good part of the recent
            ones, so that the change was up to ``monitor_days`` before. Else it was seen by
            outcomes, so that it was before those leads came whose outcomes were not known then.
    """
    since, run = moved_since(session), last_training(session, settings)
    if since is None or run is None:
        return []
    within = horizon(settings)
    seen_late = within - timedelta(days=settings.monitor_days)
    from_then = since + seen_late if leads_moved else since
    leads, converted = learnable(session, now, within, from_then)
    if min(converted, leads - converted) < TELLING:
        return []
    known, known_converted = learnable(session, run.began_at, within, from_then)
    told = min(known_converted, known - known_converted) >= TELLING
    if told and leads < GROWN * known:
        return []
    return [
        f"{how_many(leads, 'lead')} from after the change ({converted:,} converted) have passed "
        f"the horizon; the last training knew {known:,} of them."
    ]

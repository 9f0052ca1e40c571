"""Asking people about a challenger that has stood in the shadow, once it can be told how good it
is."""

from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.scoring.learning.challenger import horizon, promotion
from leadflow.scoring.learning.fair_leads import FEWEST
from leadflow.scoring.learning.learnable import learnable
from leadflow.scoring.learning.standing import NothingToDecide, standing_challenger
from leadflow.scoring.learning.versions import CannotCompare, restate
from leadflow.scoring.serving.champion import registry
from leadflow.settings import Settings
from models.refused import ModelAltered, NoSuchVersion

ASKS = "monitor_model"


def ask_once_told(session: Session, settings: Settings, now: datetime) -> Approval | None:
    """The question about the challenger that nobody was asked about yet, once enough later leads
    have come to an end; None while there is no such challenger, or nothing can be told."""
    standing = standing_challenger(session, settings)
    if standing is None or standing.approval_id is not None:
        return None
    if not _enough_later(session, settings, standing.version, now):
        return None
    try:
        learned = restate(session, settings, standing.version, now)
    except (CannotCompare, NothingToDecide, NoSuchVersion, ModelAltered):
        return None
    if learned.needed:
        return None
    return approvals.propose(session, promotion(learned, settings, ASKS), now)


def _enough_later(session: Session, settings: Settings, number: str, now: datetime) -> bool:
    """A look that costs little, before all leads are read: whether enough have ended since."""
    try:
        models = registry(settings)
        learned_at = models.record(models.version(number)).learned_at
    except NoSuchVersion:
        return False
    leads, converted = learnable(session, now, horizon(settings), learned_at)
    return min(converted, leads - converted) >= FEWEST

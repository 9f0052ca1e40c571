"""A campaign that too many complain about, or of which too much comes back, pauses itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.feedback import figures
from leadflow.campaigns.feedback.following import ACTOR
from leadflow.campaigns.feedback.noted import New
from leadflow.campaigns.feedback.tables import CampaignPause
from leadflow.campaigns.store.service import CampaignNotSo, StoredCampaign, pause
from leadflow.campaigns.tables import CampaignState
from leadflow.outbox.service import enqueue
from leadflow.settings import Settings

# One or two complaints say nothing of a campaign, and five of sixty addresses are a small list.
FEWEST_COMPLAINTS = 3
FEWEST_SENT = 100
NOTIFY = "notify_of_paused_campaign"


@dataclass(frozen=True)
class Bounds:
    """From which share of complaints and of bounces on a campaign pauses itself."""

    complaints: float
    bounces: float

    @staticmethod
    def of(settings: Settings) -> "Bounds":
        """As they are set."""
        return Bounds(settings.complaints_bound, settings.bounces_bound)

    def passed(self, sent: int, bounced: int, complained: int) -> str | None:
        """Which of them is reached: ``complaints`` (of those that did not come back) or
        ``bounces``; None: neither."""
        arrived = max(sent - bounced, 1)
        if complained >= FEWEST_COMPLAINTS and complained >= self.complaints * arrived:
            return "complaints"
        if sent >= FEWEST_SENT and bounced >= self.bounces * sent:
            return "bounces"
        return None


def pause_where_too_many(
    session: Session, new: Sequence[New], bounds: Bounds, now: datetime
) -> None:
    """Pause the live campaigns of which complaints or bounces are new and too many, and have
    whoever launched them told. What was before a campaign last paused itself counts no more."""
    names = {one.message.campaign for one in new if one.told.kind in ("bounced", "complained")}
    for name in sorted(names):
        state = select(CampaignState.state).where(CampaignState.name == name)
        if session.scalar(state) == "live":
            _pause_if(session, name, bounds, now)


def _pause_if(session: Session, name: str, bounds: Bounds, now: datetime) -> None:
    found = figures.figures_of(session, name)
    sent, bounced = found.get("sent", 0), figures.bounced_of(found)
    complained = found.get("complained", 0)
    last = last_pause(session, name)
    before = (0, 0, 0) if last is None else (last.sent, last.bounced, last.complained)
    why = bounds.passed(sent - before[0], bounced - before[1], complained - before[2])
    if why is None:
        return
    try:
        pause(session, name, ACTOR, now)
    except CampaignNotSo:
        # Somebody has paused or stopped it at this very moment.
        return
    made = CampaignPause(
        campaign=name, why=why, paused_at=now, sent=sent, bounced=bounced, complained=complained
    )
    session.add(made)
    session.flush()
    payload = {"pause_id": made.id, "person_id": None}
    enqueue(session, NOTIFY, f"campaign_paused:{made.id}", payload)


def last_pause(session: Session, name: str) -> CampaignPause | None:
    """When and why a campaign last paused itself; None: it never has."""
    of = select(CampaignPause).where(CampaignPause.campaign == name)
    return session.scalars(of.order_by(CampaignPause.id.desc()).limit(1)).first()


def paused_itself(session: Session, stored: StoredCampaign) -> CampaignPause | None:
    """When and why a campaign that is paused has paused itself; None where somebody did it."""
    by_itself = stored.state == "paused" and stored.changed_by == ACTOR
    return last_pause(session, stored.name) if by_itself else None

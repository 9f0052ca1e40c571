"""One campaign with all its figures, as the API and ``leadflow campaigns show --json`` tell it."""

from sqlalchemy.orm import Session

from leadflow.campaigns.counting.counts import NOBODY, counts
from leadflow.campaigns.feedback.domains import by_domain
from leadflow.campaigns.feedback.figures import figures_by_step
from leadflow.campaigns.feedback.pausing import paused_itself
from leadflow.campaigns.store import service
from leadflow.gateway.api.campaigns.schemas import (
    CampaignOut,
    CampaignWithWays,
    DomainOut,
    FiguresOut,
    WayOut,
)


def shown(session: Session, name: str) -> CampaignWithWays:
    """How many have taken each of its ways, and what came back of its messages.

    Raises:
        NoCampaign: there is none of this name.
    """
    stored = service.read_campaign(session, name)
    passed = service.passed(session, name)
    paused = paused_itself(session, stored)
    ways = [
        WayOut(
            step=edge.step, way=edge.way, to=edge.to, passed=passed.get((edge.step, edge.way), 0)
        )
        for edge in stored.program.edges
    ]
    by_step = sorted(figures_by_step(session, name).items())
    return CampaignWithWays(
        **CampaignOut.of(stored, counts(session, name).get(name, NOBODY)).model_dump(),
        ways=ways,
        messages=[FiguresOut.of(step, found) for step, found in by_step],
        domains=[DomainOut.of(one) for one in by_domain(session, name)],
        paused_itself=None if paused is None else paused.why,
    )

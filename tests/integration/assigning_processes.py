"""What the processes of the test of fifty at once do; importable by another process."""

from datetime import UTC, datetime

from leadflow.assignment.routing import sweep
from leadflow.assignment.routing.request import Routable, hand_out
from leadflow.composition import compose
from leadflow.database.engine import unit_of_work
from leadflow.leads.service import lock_lead
from leadflow.scoring.serving.score import current_score
from leadflow.settings import get_settings

compose()


def work(task: tuple[str, list[str]]) -> int:
    """A gateway's requests for these leads one by one, or sweeps; how many it handed out."""
    kind, lead_ids = task
    if kind == "sweep":
        return sum(_sweep() for _ in range(3))
    return sum(_request(lead_id) for lead_id in lead_ids)


def _sweep() -> int:
    with unit_of_work() as session:
        now = datetime.now(UTC)
        return sweep.sweep(session, get_settings(), None, now, limit=40).assigned


def _request(lead_id: str) -> int:
    with unit_of_work() as session:
        lead = lock_lead(session, lead_id)
        score = current_score(session, lead_id)
        return len(hand_out(session, get_settings(), [Routable(lead, score)], datetime.now(UTC)))

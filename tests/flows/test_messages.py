"""dispatch_campaigns and reconcile_messages on a real Prefect server and a real mail server."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from flows.dispatch_campaigns import dispatch_campaigns
from flows.plan_campaigns import plan_campaigns
from flows.reconcile_messages import reconcile_messages
from leadflow.campaigns.dispatch.reconciling import reconciling_is_due
from leadflow.campaigns.tables import CampaignMessage
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.mailbox import serve
from leadflow.settings import get_settings
from tests.artifacts import newest_artifact
from tests.integration.campaigns.running import STEPS, enrol, launch
from tests.integration.workflow import acting
from tests.servers import free_port

pytestmark = pytest.mark.servers


def test_messages_are_sent_and_what_cannot_be_asked_is_left_to_people(
    prefect: object, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = get_settings()
    launch(STEPS[:1])
    for name in ("ada", "bo"):
        enrol(acting.take(email=f"{name}@example.com"))
    assert plan_campaigns() == 2
    assert "2 messages planned" in newest_artifact("planned-campaigns")
    monkeypatch.setattr(settings, "smtp_port", free_port())
    server = serve(settings)
    try:
        assert dispatch_campaigns() == 2
    finally:
        server.stop()
    said = newest_artifact("sent-messages")
    assert "2 messages: the mail server has taken it" in said
    assert "data:image/svg+xml;base64," in said
    now = datetime.now(UTC)
    with unit_of_work() as session:
        [row, _] = session.scalars(select(CampaignMessage).order_by(CampaignMessage.id))
        assert (row.status, row.channel) == ("accepted", "sandbox")
        # Another way of sending was set when it was handed over.
        row.status, row.why, row.ask_at, row.channel = "uncertain", "Silence.", now, "resend:1"
    with unit_of_work() as session:
        assert reconciling_is_due(session, settings, now)
    assert reconcile_messages() == 0
    assert "leadflow campaigns settle" in newest_artifact("reconciled-messages")
    with unit_of_work() as session:
        [row, _] = session.scalars(select(CampaignMessage).order_by(CampaignMessage.id))
        assert (row.status, row.ask_at) == ("uncertain", None)
        assert not reconciling_is_due(session, settings, now)

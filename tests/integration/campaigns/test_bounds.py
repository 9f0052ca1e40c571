"""No campaign sends more than it says, no lead gets more than is set; what is beyond goes out when
there is room."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select, update

from leadflow.campaigns.dispatch.claiming import claim
from leadflow.campaigns.dispatch.room import NO_CAPS, Caps
from leadflow.campaigns.tables import CampaignMessage
from leadflow.consent.log import Told
from leadflow.consent.telling import tell
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import STEPS, enrol, launch, planned, sweep
from tests.integration.workflow import acting


def go(caps: Caps = NO_CAPS, later: timedelta = timedelta()) -> int:
    """Claim what is due, and take it for sent; how many."""
    now = datetime.now(UTC) + later
    with unit_of_work() as session:
        ids = claim(session, now, 100, caps=caps).ids
        sent = update(CampaignMessage).where(CampaignMessage.id.in_(ids))
        ended = {"status": "accepted", "claim": None, "claimed_until": None, "sent_at": now}
        session.execute(sent.values(**ended))
    return len(ids)


def put_off() -> list[tuple[str | None, datetime]]:
    with unit_of_work() as session:
        rows = select(CampaignMessage.put_off, CampaignMessage.due_at)
        rows = rows.where(CampaignMessage.status == "planned").order_by(CampaignMessage.due_at)
        return list(session.execute(rows).tuples())


def let_in(count: int, **said: Any) -> None:
    launch(STEPS[:1], **said)
    for number in range(count):
        enrol(acting.take(email=f"n{number}@example.com"))
    sweep()


def test_a_campaign_sends_so_many_a_day_and_the_rest_on_the_next_days(store: Engine) -> None:
    let_in(7, limits={"daily": 3}, zone="UTC")
    assert [go(), go()] == [3, 0]
    assert [why for why, _ in put_off()] == ["daily"] * 4
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [(at - midnight).days for _, at in put_off()]
    assert days == [1, 1, 1, 2]
    assert go(later=timedelta(days=1)) == 3
    assert go(later=timedelta(days=2)) == 1


def test_those_beyond_the_total_are_withheld(store: Engine) -> None:
    let_in(4, limits={"total": 3})
    assert [go(), go()] == [3, 0]
    assert sorted(status for _, status in planned()) == ["accepted"] * 3 + ["withheld"]


def test_what_is_put_off_goes_out_in_hours_in_which_it_may(store: Engine) -> None:
    let_in(2, limits={"frames": [{"within": "PT1H", "most": 1}]}, zone="UTC")
    with unit_of_work() as session:
        session.execute(update(CampaignMessage).values(due_at=datetime.now(UTC)))
    assert go() == 1
    [(why, at)] = put_off()
    assert why == "frame"
    assert timedelta(minutes=55) < at - datetime.now(UTC) < timedelta(hours=25)


def test_a_lead_gets_no_more_marketing_than_is_set_over_all_campaigns(store: Engine) -> None:
    now = datetime.now(UTC)
    lead, other = acting.take(email="ada@example.com"), acting.take(email="bob@example.com")
    with unit_of_work() as session:
        tell(
            session,
            [
                Told(one, True, "double_opt_in", now, "test", basis="consent")
                for one in (lead, other)
            ],
            now,
        )
    for name, priority in (("one", 0), ("two", 5), ("three", -5)):
        launch(STEPS[:1], name=name, purpose="marketing", priority=priority)
        enrol(lead, name)
    enrol(other, "three")
    launch(STEPS[:1], name="receipt")
    enrol(lead, "receipt")
    sweep()
    caps = Caps(2, 3)
    assert go(caps) == 4
    assert [why for why, _ in put_off()] == ["lead_day"]
    with unit_of_work() as session:
        waits = select(CampaignMessage.campaign, CampaignMessage.lead_id)
        waits = waits.where(CampaignMessage.status == "planned")
        assert session.execute(waits).tuples().one() == ("three", lead)
    assert go(caps) == 0
    assert go(caps, timedelta(days=1, minutes=1)) == 1


def test_many_that_claim_at_once_keep_a_bound(store: Engine) -> None:
    let_in(12, limits={"daily": 5}, zone="UTC")
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: go(), range(4))) == 5

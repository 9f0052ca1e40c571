"""Analytics tell what campaigns did in a period."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from leadflow.analytics.campaigns import campaigns_report
from leadflow.analytics.period import Period
from leadflow.analytics.schemas import CountOut
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import NAME, enrol, launch, sweep
from tests.integration.workflow import acting


def test_who_came_in_how_it_ended_and_what_became_of_messages_is_counted(store: Engine) -> None:
    before = datetime.now(UTC)
    launch()
    launch(name="news", purpose="marketing")
    for name in ("ada", "bob"):
        enrol(acting.take(email=f"{name}@example.com"))
    enrol(acting.take(email="cem@example.com"), "news")
    sweep()
    period = Period(before, datetime.now(UTC) + timedelta(seconds=1))
    with unit_of_work() as session:
        news, series = campaigns_report(session, period).campaigns
    assert (series.campaign, series.came_in, series.ends) == (NAME, 2, [])
    assert series.messages == [CountOut(name="planned", count=2)]
    assert news.messages == [CountOut(name="withheld", count=1)]
    assert [(one.name, one.count) for one in news.withheld] == [("no_consent", 1)]
    with unit_of_work() as session:
        assert campaigns_report(session, Period(period.until, period.until)).campaigns == []

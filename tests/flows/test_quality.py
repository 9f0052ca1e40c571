"""sample_quality on a real Prefect server: yesterday's decisions are drawn, once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from leadflow.database.engine import unit_of_work
from leadflow.quality.errors import DayNotOver
from leadflow.quality.tables import QualityItem, QualitySample
from tests.artifacts import newest_artifact
from tests.integration.test_quality import put_lead

pytestmark = pytest.mark.servers


def test_yesterdays_decisions_are_drawn_by_the_flow_once(prefect: object, store: Engine) -> None:
    from flows.sample_quality import sample_quality

    yesterday = datetime.now(UTC) - timedelta(days=1)
    with unit_of_work() as session:
        for _ in range(25):
            put_lead(session, yesterday)
    assert sample_quality() == 20
    with unit_of_work() as session:
        samples = {made.decision_kind: made for made in session.scalars(select(QualitySample))}
        assert {made.day for made in samples.values()} == {yesterday.date()}
        assert (samples["score"].population, samples["score"].size) == (25, 20)
        assert (samples["assignment"].population, samples["assignment"].size) == (0, 0)
        items = session.scalars(select(QualityItem)).all()
        assert sum(item.second_review for item in items) == 4
    artifact = newest_artifact("quality-sample")
    assert '"to be judged": 20' in artifact
    assert "example.com" not in artifact
    assert "lead_" not in artifact
    assert sample_quality() == 0
    assert '"drawn": "before"' in newest_artifact("quality-sample")
    with pytest.raises(DayNotOver):
        sample_quality(datetime.now(UTC).date())

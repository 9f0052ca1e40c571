"""What starts a deployment says what is wrong with it, and starts nothing that would crash."""

from datetime import UTC, datetime

import pytest

from leadflow.integrations.flow_acts import FlowStart, start_flow_run
from leadflow.integrations.prefect import NoDeployment
from leadflow.outbox.acts import NothingDone, Order
from leadflow.settings import get_settings

pytestmark = pytest.mark.servers


def test_parameters_that_the_flow_does_not_take_start_nothing_and_are_named(
    deployed: list[str],
) -> None:
    order = Order(get_settings(), datetime.now(UTC), "key")
    asked = FlowStart(deployment="score_leads", parameters={"everithing": True}, key="wrong name")
    ended = start_flow_run(order, asked)
    assert isinstance(ended, NothingDone)
    assert "score_leads takes no everithing" in ended.why
    assert "everything" in ended.why


def test_a_deployment_that_is_not_there_is_named(deployed: list[str]) -> None:
    order = Order(get_settings(), datetime.now(UTC), "key")
    for name in ("nosuch", "nosuch/../x"):
        asked = FlowStart(deployment=name, parameters={}, key="none")
        with pytest.raises(NoDeployment, match=f"no deployment {name}"):
            start_flow_run(order, asked)

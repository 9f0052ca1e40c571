"""A campaign that waits for what nobody tells of says so before it is launched."""

from typing import Any

import pytest

from leadflow.campaigns.definitions.unheard import unheard
from tests.unit.campaigns.written import program

ASKS: list[dict[str, Any]] = [
    {"step": "asks", "send": "hello"},
    {
        "step": "hears",
        "listen": {
            "on": ["lead.did.email_click", "lead.did.reply"],
            "within": "P2D",
            "then": "end",
            "otherwise": "end",
        },
    },
]


@pytest.mark.parametrize(
    ("tracking", "purpose", "missed"),
    [
        ("off", "marketing", "clicks, as LEADFLOW_TRACKING is off"),
        ("clicks", "marketing", None),
        ("all", "marketing", None),
        ("all", "service", "clicks, as mails of the purpose service are followed to nobody"),
    ],
)
def test_what_waits_for_clicks_that_nobody_tells_of_is_named(
    tracking: str, purpose: str, missed: str | None
) -> None:
    said = unheard(program(ASKS, purpose=purpose), tracking)
    if missed is None:
        assert said is None
    else:
        assert said is not None
        assert missed in said
        assert said.endswith("reports them: the step hears.")

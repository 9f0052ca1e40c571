"""What may be decided with others, and why the rest is looked at alone."""

from typing import Any

import pytest

from leadflow.approvals.decision_kinds import alone_because
from leadflow.approvals.tables import Approval

ONE = [{"roles": ["sales_manager"], "quorum": 1}]
TWO = [{"roles": ["sales_manager"], "quorum": 2}]


@pytest.mark.parametrize(
    ("kind", "levels", "payload", "why"),
    [
        ("score_override", ONE, {}, None),
        ("assignment_override", ONE, {"to": "rep_1"}, None),
        ("score_override", TWO, {}, "More than one person decides it."),
        ("score_override", [*ONE, *ONE], {}, "More than one person decides it."),
        ("score_override", ONE, {"must_acknowledge": ["margin"]}, "by name"),
        ("data_erasure", ONE, {}, "It is about more than one lead"),
        ("model_promotion", ONE, {}, "It is about more than one lead"),
        ("nobody_declares_it", ONE, {}, "It is about more than one lead"),
    ],
)
def test_one_person_settles_what_is_about_one_lead_and_brings_no_warning(
    kind: str, levels: list[dict[str, Any]], payload: dict[str, Any], why: str | None
) -> None:
    said = alone_because(Approval(kind=kind, levels=levels, payload=payload))
    assert said is None if why is None else why in str(said)

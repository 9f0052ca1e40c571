"""A policy is of a decision that there is, or it would ask nobody and nobody would know."""

import pytest

from leadflow.approvals.decision_kinds import KINDS
from leadflow.approvals.policies import (
    PoliciesInvalid,
    parse_policies,
    shipped,
    stored_policies,
)

WRONG = {
    "policies": [
        {"policy": "models", "decision": "model_promotoin", "levels": [{"roles": ["admin"]}]}
    ]
}


def test_a_decision_that_is_written_wrong_is_refused_with_the_one_that_is_meant() -> None:
    with pytest.raises(PoliciesInvalid) as refused:
        parse_policies(WRONG)
    assert "policies[0].decision" in str(refused.value)
    assert "No decision is called 'model_promotoin'. Did you mean model_promotion?" in str(
        refused.value
    )


def test_what_was_stored_before_is_read_all_the_same() -> None:
    assert stored_policies(WRONG).policies[0].decision == "model_promotoin"


def test_every_policy_that_comes_with_leadflow_is_of_a_decision_that_there_is() -> None:
    assert {policy.decision for policy in shipped().policies} <= set(KINDS)

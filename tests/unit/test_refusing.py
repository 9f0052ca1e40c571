"""Whoever may not do something reads in plain words what it is, who may, and whom to ask."""

import pytest

from leadflow.accounts.permissions import PERMISSIONS, Reach, Role
from leadflow.accounts.refusing import CALLED, DOES, not_in_reach, who_may


def test_every_permission_and_every_role_has_words() -> None:
    assert {*DOES} == {*PERMISSIONS}
    assert {*CALLED} == {*Role}


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_no_refusal_says_a_name_of_ours(permission: str) -> None:
    for said in (who_may(permission), not_in_reach(permission, Reach.OWN)):
        assert permission not in said
        assert "_" not in said


def test_a_refusal_says_who_may_and_whom_to_ask() -> None:
    assert who_may("rules.read") == (
        "Only analysts, marketing managers, operators, sales managers and administrators may see "
        "rules and what is set up. Ask one of them."
    )
    assert who_may("account.manage") == (
        "Only administrators may manage people, roles and keys. Ask an administrator."
    )
    assert "sales managers, marketing managers and administrators" in not_in_reach(
        "lead.read", Reach.OWN
    )

"""Whoever writes policies reads in plain words what is wrong, at which place, and what there is."""

from typing import Any

import pytest

from leadflow.approvals.policies import PoliciesInvalid, parse_policies

POLICY: dict[str, Any] = {"policy": "p", "decision": "campaign", "levels": []}
ROLES = (
    "The roles are sales_rep, sales_manager, marketing_manager, data_scientist, analyst, "
    "operator, admin."
)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            {"levels": [{"roles": ["admin", "boss"]}]},
            f"policies[0].levels[0].roles[1]: There is no role 'boss'. {ROLES}",
        ),
        ({"escalate_to": ["bos"]}, f"policies[0].escalate_to[0]: There is no role 'bos'. {ROLES}"),
        ({"levels": [{"roles": "admin"}]}, "policies[0].levels[0].roles: Write a list here"),
        ({"levels": [{"roles": []}]}, "policies[0].levels[0].roles: Write at least 1 of these."),
        ({"hours": "a day"}, "policies[0].hours: Write a number."),
        ({"hours": -1}, "policies[0].hours: Write a number above 0."),
        ({"at_end": "approve"}, "policies[0].at_end: Write reject or approve_by_silence."),
        ({"hour": 3}, "policies[0].hour: There is no such key; take it out or correct its name."),
        ({"policy": "My policy"}, "policies[0].policy: Write small letters, digits and _"),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else "",
)
def test_what_is_wrong_with_a_policy_is_said_in_plain_words(
    wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(PoliciesInvalid) as refused:
        parse_policies({"policies": [POLICY | wrong]})
    assert said in str(refused.value)


def test_a_list_of_which_everything_is_wrong_is_not_said_to_be_empty_besides() -> None:
    with pytest.raises(PoliciesInvalid) as refused:
        parse_policies({"policies": [POLICY | {"levels": [{"roles": ["boss"]}]}]})
    assert len(refused.value.problems) == 1

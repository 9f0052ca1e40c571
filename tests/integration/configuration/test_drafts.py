"""A change that a policy asks somebody about waits as a draft, and counts once it is approved:
exactly as it was written, once, and only of what it was written of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.deadlines import advance_due
from leadflow.approvals.policies import PoliciesInvalid, parse_policies
from leadflow.approvals.policy_store import current_policies, store_policies
from leadflow.approvals.tables import Approval
from leadflow.configuration import service
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import ConfigurationRefused
from leadflow.drafts.decision import ACT, carry_out
from leadflow.drafts.refusals import AskedByNobody, MustWait, NobodyToDecide, SeveralPolicies
from leadflow.drafts.service import Author, Submitted, at_once, submit
from leadflow.drafts.showing import drafts_of, read_draft
from leadflow.outbox.tables import OutboxRow
from tests.deciders import settle, settle_as, somebody
from tests.integration.configuration.made_up import NOW

ASKS: dict[str, Any] = {
    "policy": "what_is_set_up",
    "decision": "configuration_change",
    "levels": [{"roles": ["sales_manager"]}],
}


def only(kind: str, **more: Any) -> dict[str, Any]:
    when = {"configuration": {"operator": "equals", "value": kind}}
    return ASKS | {"policy": kind.replace("/", "_"), "when": when} | more


def shops(industry: str = "retail", **more: str) -> dict[str, Any]:
    return {
        "segments": {
            "segments": {
                name: {"conditions": {"industry": {"operator": "equals", "value": value}}}
                for name, value in {"shops": industry, **more}.items()
            }
        }
    }


@pytest.fixture
def ann(session: Session) -> Author:
    person = somebody(session, "ann", "marketing_manager")
    return Author(person.id, lambda _permission: None, frozenset({"marketing_manager"}))


@pytest.fixture
def asks(session: Session) -> Callable[..., None]:
    somebody(session, "the_sales_manager", "sales_manager")

    def store(*policies: dict[str, Any]) -> None:
        store_policies(session, parse_policies({"policies": list(policies)}), "test", None)

    return store


def send(session: Session, by: Author, contents: dict[str, Any], **more: Any) -> Submitted[Any]:
    taking_out = more.pop("take_out", {})
    do = partial(service.apply, session, contents, by, NOW, taking_out)
    return submit(session, KINDS, do, by, NOW, **more)


def counts(session: Session) -> dict[str, Any]:
    found = service.in_force(session, None, NOW).get("segments", {}).get("segments", {})
    return {name: one["conditions"]["industry"]["value"] for name, one in found.items()}


def question(submitted: Submitted[Any]) -> Approval:
    assert submitted.approval is not None
    return submitted.approval


def perform(session: Session, approval: Approval) -> Any:
    """What the outbox does with what was approved, as often as it likes."""
    return carry_out(session, {"approval_id": approval.id}, NOW)


def test_without_a_policy_a_change_counts_at_once(session: Session, ann: Author) -> None:
    submitted = send(session, ann, shops())
    assert submitted.approval is None
    assert counts(session) == {"shops": "retail"}


def test_a_change_waits_and_counts_as_it_was_written_once_it_is_approved(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS)
    approval = question(send(session, ann, shops(), why="For the fair."))
    assert (approval.kind, approval.act, approval.asked_why) == (
        "configuration_change",
        ACT,
        "For the fair.",
    )
    assert "+         value: retail" in approval.description
    assert counts(session) == {}
    settle(session, approval.id, NOW)
    sent = select(OutboxRow).where(OutboxRow.act == ACT)
    assert [row.key for row in session.scalars(sent)] == [f"approval:{approval.id}"]
    assert perform(session, approval) == {"draft": approval.subject_id}
    assert "already" in perform(session, approval)
    assert counts(session) == {"shops": "retail"}
    [change] = KINDS["segments"].changes(session, "shops", 5)
    assert change.by == ann.id


def test_whoever_wrote_it_never_approves_it(session: Session, asks: Callable[..., None]) -> None:
    asks(ASKS)
    person = somebody(session, "mary", "sales_manager")
    mary = Author(person.id, lambda _permission: None, frozenset({"sales_manager"}))
    approval = question(send(session, mary, shops()))
    assert settle_as(session, approval.id, "mary", NOW).problem == "own-request"
    assert settle(session, approval.id, NOW).counted


def test_sent_again_it_is_the_same_question_and_another_is_another(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS)
    first = question(send(session, ann, shops()))
    assert question(send(session, ann, shops())).id == first.id
    other = question(send(session, ann, shops("finance")))
    assert other.id != first.id
    assert [one.status for one in drafts_of(session, "segments", "shops")] == ["waiting"] * 2
    settle(session, first.id, NOW)
    perform(session, first)
    late = settle(session, other.id, NOW)
    assert (late.counted, late.problem, late.approval.status) == (False, "already-void", "void")
    assert "segment shops" in late.words
    assert "submits it again" in late.words
    assert read_draft(session, other.subject_id).altered[0].after.endswith("value: finance\n")
    assert counts(session) == {"shops": "retail"}


def test_what_has_changed_between_approval_and_act_voids_it(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS)
    approval = question(send(session, ann, shops()))
    settle(session, approval.id, NOW)
    service.apply(session, shops("finance"), ann, NOW)
    assert "Meanwhile another change of the same counts" in perform(session, approval)["void"]
    assert counts(session) == {"shops": "finance"}


def test_turned_down_or_left_alone_it_stays_to_be_read_and_says_why(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS)
    first = question(send(session, ann, shops()))
    settle(session, first.id, NOW, "reject", "Not before the fair.")
    second = question(send(session, ann, shops("finance")))
    for weeks in range(1, 6):
        advance_due(session, NOW + timedelta(weeks=weeks))
    stand = {one.status: one for one in drafts_of(session, "segments", None)}
    assert stand["rejected"].reason == "Not before the fair."
    assert stand["expired"].reason == "Nobody decided in time."
    assert stand["expired"].altered[0].after.endswith("value: finance\n")
    assert second.status == "expired"
    assert counts(session) == {}


def test_taking_out_and_going_back_wait_as_well(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    service.apply(session, shops(), ann, NOW)
    asks(ASKS)
    approval = question(send(session, ann, {}, take_out={"segments": ["shops"]}))
    assert counts(session) == {"shops": "retail"}
    settle(session, approval.id, NOW)
    perform(session, approval)
    assert counts(session) == {}
    back = question(send(session, ann, shops()))
    settle(session, back.id, NOW)
    perform(session, back)
    assert counts(session) == {"shops": "retail"}


def test_a_change_of_several_things_is_asked_for_as_a_whole(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(only("rules/assignment"))
    rules = {
        "rules": [],
        "default": {"assign_lead": True},
    }
    both = shops() | {"rules/assignment": rules}
    approval = question(send(session, ann, both))
    assert counts(session) == {}
    settle(session, approval.id, NOW)
    perform(session, approval)
    assert counts(session) == {"shops": "retail"}
    assert service.in_force(session, None, NOW)["rules/assignment"]["default"] == {
        "assign_lead": True
    }
    asks(only("rules/assignment"), only("segments", levels=[{"roles": ["admin"]}]))
    rules["default"] = {"assign_lead": False}
    with pytest.raises(SeveralPolicies, match="rules_assignment"):
        send(session, ann, shops("finance") | {"rules/assignment": rules})


def test_what_is_wrong_or_changes_nothing_is_asked_of_nobody(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    service.apply(session, shops(), ann, NOW)
    asks(ASKS)
    with pytest.raises(ConfigurationRefused):
        send(session, ann, {"segments": {"segments": {"a": {"conditions": {"industri": {}}}}}})
    assert send(session, ann, shops()).approval is None
    assert approvals.waiting(session) == []


def test_who_cannot_be_asked_in_earnest_is_said_at_once(
    session: Session, ann: Author, asks: Callable[..., None]
) -> None:
    asks(ASKS | {"levels": [{"roles": ["data_scientist"]}]})
    with pytest.raises(NobodyToDecide, match="data scientist or admin"), session.begin_nested():
        send(session, ann, shops())
    machine = replace(ann, id="terminal:1000", roles=frozenset())
    with pytest.raises(AskedByNobody, match="leadflow sign-in"):
        send(session, machine, shops())
    assert counts(session) == {}
    with pytest.raises(MustWait, match="by itself"), session.begin_nested():
        at_once(session, ["segments"], lambda: service.apply(session, shops(), ann, NOW), ann, NOW)
    assert counts(session) == {}


def test_policies_guard_themselves_by_what_counts_before_the_change(
    session: Session, asks: Callable[..., None]
) -> None:
    guard = only("policies", levels=[{"roles": ["admin"]}])
    asks(guard)
    root, other = somebody(session, "root", "admin"), somebody(session, "the_admin", "admin")
    by = Author(root.id, lambda _permission: None, frozenset({"admin"}))
    open_to_all: dict[str, Any] = {"policies": {"policies": []}}
    approval = question(send(session, by, open_to_all))
    assert len(current_policies(session)[1].policies) == 1
    assert other.username == "the_admin"
    settle(session, approval.id, NOW)
    perform(session, approval)
    assert current_policies(session)[1].policies == ()


def test_a_kind_that_there_is_none_of_is_refused_in_a_policy() -> None:
    with pytest.raises(PoliciesInvalid, match="segments"):
        parse_policies({"policies": [only("segmets")]})

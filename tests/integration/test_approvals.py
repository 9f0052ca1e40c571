"""A person decides once, about exactly what was shown; acts leave through the outbox once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.service import ApprovalNotFound, DecisionRefused, Proposal
from leadflow.approvals.tables import Approval
from leadflow.database import outbox
from leadflow.database.engine import unit_of_work
from leadflow.database.tables import OutboxRow

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def proposal(version: str = "1") -> Proposal:
    return Proposal(
        kind="model_promotion",
        subject_id=f"lead-conversion/{version}",
        act="promote_model",
        payload={"version": version, "sha256": "abc"},
        description="# A better model",
        requested_by="train_model",
    )


def acts(session: Session) -> list[str]:
    return sorted(session.scalars(select(OutboxRow.act)).all())


def test_asking_rings_the_bell_and_approving_leaves_the_act_to_the_outbox(session: Session) -> None:
    approval = approvals.propose(session, proposal(), NOW, hours=72)
    assert acts(session) == ["start_flow_run"]
    approvals.decide(session, approval.id, "approve", "ana", "better", NOW)
    assert acts(session) == ["promote_model", "settle_gate", "start_flow_run"]


def test_rejecting_acts_on_nothing(session: Session) -> None:
    approval = approvals.propose(session, proposal(), NOW, hours=72)
    approvals.decide(session, approval.id, "reject", "ana", "not better", NOW)
    assert "promote_model" not in acts(session)


@pytest.mark.parametrize("approver", ["", "  ", "train_model"])
def test_nobody_and_the_asker_cannot_decide(session: Session, approver: str) -> None:
    approval = approvals.propose(session, proposal(), NOW, hours=72)
    with pytest.raises(DecisionRefused):
        approvals.decide(session, approval.id, "approve", approver, "", NOW)
    assert approval.status == "waiting"
    assert "promote_model" not in acts(session)


def test_a_changed_subject_is_not_approved(session: Session) -> None:
    approval = approvals.propose(session, proposal(), NOW, hours=72)
    approval.payload = {"version": "1", "sha256": "something else"}
    session.flush()
    with pytest.raises(DecisionRefused, match="changed"):
        approvals.decide(session, approval.id, "approve", "ana", "", NOW)
    assert "promote_model" not in acts(session)


def test_a_newer_proposal_voids_the_one_that_waits(session: Session) -> None:
    old = approvals.propose(session, proposal("1"), NOW, hours=72)
    new = approvals.propose(session, proposal("2"), NOW, hours=72)
    session.refresh(old)
    assert old.status == "void"
    assert [item.id for item in approvals.waiting(session)] == [new.id]
    with pytest.raises(DecisionRefused, match="void"):
        approvals.decide(session, old.id, "approve", "ana", "", NOW)


def test_an_unknown_approval_is_said_to_be_unknown(session: Session) -> None:
    with pytest.raises(ApprovalNotFound):
        approvals.decide(session, "appr_none", "approve", "ana", "", NOW)


def test_ten_approvers_at_once_make_one_decision(store: Engine) -> None:
    with unit_of_work() as session:
        approval_id = approvals.propose(session, proposal(), NOW, hours=72).id

    def decide(number: int) -> bool:
        try:
            with unit_of_work() as session:
                approvals.decide(session, approval_id, "approve", f"person {number}", "", NOW)
        except DecisionRefused:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(decide, range(10))) == 1
    with unit_of_work() as session:
        assert session.get_one(Approval, approval_id).status == "approved"
        assert acts(session).count("promote_model") == 1


def test_an_act_is_carried_out_once_by_many_deliverers(store: Engine) -> None:
    done: list[dict[str, Any]] = []
    with unit_of_work() as session:
        for number in range(20):
            outbox.enqueue(session, "note", f"key {number}", {"number": number})
            outbox.enqueue(session, "note", f"key {number}", {"number": number})

    def note(payload: dict[str, Any]) -> dict[str, Any]:
        done.append(payload)
        return {}

    with ThreadPoolExecutor(4) as pool:
        ended = list(
            pool.map(lambda _: outbox.deliver(store, {"note": note}, lambda: later(1)), range(4))
        )
    assert sum(ended) == 20
    assert sorted(item["number"] for item in done) == list(range(20))


def test_a_failing_act_is_tried_again_later_and_given_up_with_its_error(store: Engine) -> None:
    with unit_of_work() as session:
        outbox.enqueue(session, "break", "key", {})

    def fail(payload: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("no answer")

    for attempt in range(outbox.ATTEMPTS):
        assert outbox.deliver(store, {"break": fail}, lambda hour=attempt + 1: later(hour)) == 0
    with unit_of_work() as session:
        row = session.scalars(select(OutboxRow)).one()
        assert (row.status, row.attempts) == ("failed", outbox.ATTEMPTS)
        assert row.error == "RuntimeError: no answer"


def test_an_act_whose_holder_died_is_taken_up_when_its_lease_ends(store: Engine) -> None:
    with unit_of_work() as session:
        outbox.enqueue(session, "note", "key", {})

    def die(payload: dict[str, Any]) -> dict[str, Any]:
        raise SystemExit

    with pytest.raises(SystemExit):
        outbox.deliver(store, {"note": die}, lambda: later(1))
    assert outbox.deliver(store, {"note": lambda payload: {}}, lambda: later(1)) == 0
    assert outbox.deliver(store, {"note": lambda payload: {}}, lambda: later(2)) == 1


def later(hours: int) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)

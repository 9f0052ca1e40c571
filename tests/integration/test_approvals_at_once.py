"""Many at once decide on one approval: one decision, and a clear answer to everybody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, func, select

from leadflow.approvals import service as approvals
from leadflow.approvals.decision_kinds import KINDS, DecisionKind
from leadflow.approvals.service import Proposal
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.outbox.tables import OutboxRow
from tests.deciders import somebody

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def approval_id(store: Engine) -> Iterator[str]:
    """A question that ten managers may decide."""
    KINDS["score_override_of_test"] = DecisionKind(
        "score_override_of_test", "A thing", lambda session, subject, payload: {}
    )
    with unit_of_work() as session:
        for number in range(10):
            somebody(session, f"manager_{number}", "admin")
        question = Proposal("score_override_of_test", "t/1", "paint", {}, "#", "train_model")
        made = approvals.propose(session, question, NOW).id
    yield made
    del KINDS["score_override_of_test"]


def test_ten_approvers_at_once_make_one_decision_and_each_gets_a_clear_answer(
    approval_id: str,
) -> None:
    def decide(number: int) -> tuple[bool, str | None]:
        with unit_of_work() as session:
            person = somebody(session, f"manager_{number}")
            made = approvals.decide(session, approval_id, "approve", person, "why", NOW, "api")
            return made.counted, made.problem

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(decide, range(10)))
    assert sorted(answers, key=str) == [(False, "already-approved")] * 9 + [(True, None)]
    with unit_of_work() as session:
        assert session.get_one(Approval, approval_id).status == "approved"
        painted = select(func.count()).where(OutboxRow.act == "paint")
        assert session.scalar(painted) == 1

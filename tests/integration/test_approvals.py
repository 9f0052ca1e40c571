"""People decide once, in order, about exactly what was shown; what they approve is done once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from leadflow.accounts import delegation
from leadflow.accounts.people import change_person
from leadflow.accounts.tables import Person
from leadflow.approvals import codes
from leadflow.approvals import service as approvals
from leadflow.approvals.deadlines import advance_due
from leadflow.approvals.decision_kinds import KINDS, DecisionKind
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.service import ApprovalNotFound, DecisionTaken, NobodyNeeded, Proposal
from leadflow.approvals.tables import Approval
from leadflow.audit.tables import AuditEntry
from leadflow.outbox.tables import OutboxRow
from tests.deciders import somebody

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday
POLICIES: dict[str, Any] = {
    "policies": [
        {
            "policy": "two_managers_then_admin",
            "decision": "thing",
            "when": {"value": {"operator": "greater_than", "value": 100}},
            "levels": [{"roles": ["sales_manager"], "quorum": 2}, {"roles": ["admin"]}],
            "hours": 24,
        },
        {
            "policy": "silence",
            "decision": "thing",
            "when": {"priority": {"operator": "equals", "value": "low"}},
            "levels": [{"roles": ["sales_manager"]}],
            "at_end": "approve_by_silence",
        },
        {
            "policy": "one_manager",
            "decision": "thing",
            "levels": [{"roles": ["sales_manager"]}],
            "hours": 4,
            "escalate_to": ["marketing_manager"],
        },
    ]
}
WORLD: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def things(session: Session) -> Iterator[None]:
    """Decisions about things; the people who decide; every hour is a working hour."""
    KINDS["thing"] = DecisionKind(
        "thing", "A thing", lambda session, subject, payload: WORLD.get(subject)
    )
    WORLD.clear()
    WORLD["t/1"] = {"colour": "red"}
    store_policies(session, parse_policies(POLICIES), "test", None)
    for name in ("mary", "mike", "moe"):
        somebody(session, name, "sales_manager")
    somebody(session, "asker", "sales_manager")
    somebody(session, "kit", "marketing_manager")
    somebody(session, "root", "admin")
    yield
    del KINDS["thing"]


def ask(session: Session, subject: str = "t/1", **facts: Any) -> Approval:
    asker = somebody(session, "asker")
    question = Proposal(
        "thing", subject, "paint", {"with": "blue"}, "# Blue?", asker.id, facts, replaces="subject"
    )
    return approvals.propose(session, question, NOW)


def vote(
    session: Session,
    approval: Approval,
    who: str,
    decision: approvals.Vote = "approve",
    at: datetime = NOW,
    **more: Any,
) -> DecisionTaken:
    person = somebody(session, who)
    return approvals.decide(session, approval.id, decision, person, "why", at, "api", **more)


def acts(session: Session) -> list[str]:
    return sorted(
        act for act in session.scalars(select(OutboxRow.act)).all() if act != "notify_person"
    )


def told(session: Session) -> set[tuple[str, str]]:
    names = {person.id: person.username for person in session.scalars(select(Person))}
    rows = session.scalars(select(OutboxRow.payload).where(OutboxRow.act == "notify_person"))
    return {(row["what"], names[row["person_id"]]) for row in rows}


def done(session: Session, approval: Approval) -> dict[str, Any]:
    return approvals.carry_out(session, approval.id, NOW, lambda approval: {"painted": True})


def test_asking_rings_the_bell_and_approving_leaves_the_act_to_the_outbox(session: Session) -> None:
    approval = ask(session)
    assert acts(session) == ["start_flow_run"]
    assert vote(session, approval, "mary").words == "Approved."
    assert acts(session) == ["paint", "settle_gate", "start_flow_run"]
    assert done(session, approval) == {"painted": True}


def test_rejecting_acts_on_nothing(session: Session) -> None:
    approval = ask(session)
    assert vote(session, approval, "mary", "reject").approval.status == "rejected"
    assert "paint" not in acts(session)
    with pytest.raises(approvals.NotApproved):
        done(session, approval)


def test_levels_are_passed_in_order_by_as_many_as_each_needs(session: Session) -> None:
    approval = ask(session, value=500)
    assert approval.policy == "two_managers_then_admin"
    assert vote(session, approval, "root").problem == "not-yours-to-decide"
    assert vote(session, approval, "mary").words == "Noted: 1 of 2 have approved."
    assert vote(session, approval, "mary").problem == "already-decided-by-you"
    assert vote(session, approval, "mike").words == "Noted. Now it waits for admin."
    assert vote(session, approval, "moe").problem == "not-yours-to-decide"
    assert approval.status == "waiting"
    assert "paint" not in acts(session)
    assert vote(session, approval, "root").words == "Approved."
    assert acts(session).count("paint") == 1


def test_who_asks_never_decides_nor_who_asked_for_them(session: Session) -> None:
    mary, asker = somebody(session, "mary"), somebody(session, "asker")
    question = Proposal(
        "thing", "t/1", "paint", {}, "#", asker.id, asked_by=mary.id, replaces="subject"
    )
    approval = approvals.propose(session, question, NOW)
    assert vote(session, approval, "asker").problem == "own-request"
    assert vote(session, approval, "mary").problem == "own-request"
    assert vote(session, approval, "mike").counted


def test_a_stand_in_counts_as_whom_they_stand_in_for_and_nobody_counts_twice(
    session: Session,
) -> None:
    later = NOW + timedelta(days=1)
    mary, mike, asker = (somebody(session, name) for name in ("mary", "mike", "asker"))
    stand_in = somebody(session, "stand_in", "analyst")
    delegation.delegate(session, mary, stand_in, NOW, later, "test")
    delegation.delegate(session, asker, stand_in, NOW, later, "test")
    delegation.delegate(session, mary, mike, NOW, later, "test")
    approval = ask(session, value=500)
    assert ("approval_asked", "stand_in") in told(session)
    assert vote(session, approval, "stand_in").counted
    assert approvals.votes_of(session, approval.id)[0].counts_for == mary.id
    # Mary has decided through her stand-in; that stand-in has no second voice as the asker's.
    assert vote(session, approval, "mary").problem == "already-decided-by-you"
    assert vote(session, approval, "stand_in").problem == "already-decided-by-you"
    assert vote(session, approval, "mike").words == "Noted. Now it waits for admin."
    assert vote(session, approval, "root").counted
    after = ask(session, "t/1", value=500)
    late = vote(session, after, "stand_in", at=later)
    assert late.problem == "not-yours-to-decide"


def test_the_askers_stand_in_does_not_decide_for_them(session: Session) -> None:
    stand_in = somebody(session, "stand_in", "analyst")
    delegation.delegate(
        session, somebody(session, "asker"), stand_in, NOW, NOW + timedelta(days=1), "test"
    )
    assert vote(session, ask(session), "stand_in").problem == "not-yours-to-decide"


def test_a_subject_that_changes_before_the_decision_voids_it(session: Session) -> None:
    approval = ask(session)
    WORLD["t/1"] = {"colour": "green"}
    assert vote(session, approval, "mary").problem == "subject-changed"
    assert approval.status == "void"
    assert vote(session, approval, "mike").problem == "already-void"
    assert "paint" not in acts(session)


def test_a_subject_that_changes_before_the_act_voids_it_and_nothing_is_done(
    session: Session,
) -> None:
    approval = ask(session)
    vote(session, approval, "mary")
    WORLD["t/1"] = None
    assert "void" in done(session, approval)
    assert (approval.status, approval.carried_out_at) == ("void", None)
    assert "void" in done(session, approval)


def test_a_decision_about_other_content_than_was_shown_does_not_count(session: Session) -> None:
    approval = ask(session)
    refused = vote(session, approval, "mary", seen_hash="0" * 64)
    assert refused.problem == "other-content-shown"
    assert vote(session, approval, "mary", seen_hash=approval.content_hash).counted


def test_an_approved_act_is_done_once(session: Session) -> None:
    approval = ask(session)
    vote(session, approval, "mary")
    assert done(session, approval) == {"painted": True}
    assert "already" in done(session, approval)


def test_a_newer_proposal_voids_the_one_that_waits(session: Session) -> None:
    old, new = ask(session), ask(session)
    assert old.status == "void"
    assert [item.id for item in approvals.waiting(session)] == [new.id]
    assert vote(session, old, "mary").problem == "already-void"


def test_an_unknown_approval_and_a_kind_nobody_knows_are_said_to_be(session: Session) -> None:
    with pytest.raises(ApprovalNotFound):
        approvals.decide(
            session, "appr_none", "approve", somebody(session, "mary"), "why", NOW, "api"
        )
    with pytest.raises(LookupError):
        approvals.propose(session, Proposal("nothing", "x", "paint", {}, "#", "me"), NOW)


def test_where_the_policy_asks_nobody_nothing_is_asked(session: Session) -> None:
    free = {"policies": [{"policy": "free", "decision": "thing", "levels": []}]}
    store_policies(session, parse_policies(free), "test", None)
    with pytest.raises(NobodyNeeded):
        ask(session)


def test_a_decision_no_policy_foresees_needs_an_admin(session: Session) -> None:
    store_policies(session, parse_policies({"policies": []}), "test", None)
    approval = ask(session)
    assert (approval.policy, approval.roles_now) == ("unforeseen", ["admin"])


def test_what_is_late_is_reminded_then_escalated_role_by_role_then_ends_as_no(
    session: Session,
) -> None:
    approval = ask(session)
    hours = iter(range(1, 100))
    roles = []
    while approval.status == "waiting":
        advance_due(session, NOW + timedelta(hours=next(hours)))
        roles.append(tuple(approval.roles_now))
    assert list(dict.fromkeys(roles)) == [
        ("sales_manager",),
        ("sales_manager", "marketing_manager"),
        ("sales_manager", "marketing_manager", "admin"),
    ]
    assert (approval.status, approval.decided_by) == ("expired", None)
    kinds = [step.kind for step in approvals.steps_of(session, approval.id)]
    assert kinds == ["asked", *["reminded", "escalated"] * 2, "reminded", "expired"]
    assert {("approval_reminder", "mary"), ("approval_escalated", "root")} <= told(session)
    assert ("approval_decided", "asker") in told(session)
    assert vote(session, approval, "root").problem == "already-expired"


def test_a_role_that_is_asked_already_is_not_named_again_when_the_next_is(session: Session) -> None:
    store_policies(session, parse_policies({"policies": []}), "test", None)
    approval = ask(session)
    assert approval.escalate_to == ["admin"]
    while approval.escalate_to:
        advance_due(session, approval.due_at)
    assert approval.roles_now == ["admin"]


def test_a_click_after_the_end_comes_too_late_even_before_anything_has_swept(
    session: Session,
) -> None:
    approval = ask(session)
    while approval.escalate_to:
        advance_due(session, approval.due_at)
    late = vote(session, approval, "mary", at=approval.due_at)
    assert (late.counted, late.problem) == (False, "already-expired")
    assert "paint" not in acts(session)


def test_after_a_long_silence_of_the_servers_the_next_role_still_gets_its_time(
    session: Session,
) -> None:
    approval, later = ask(session), NOW + timedelta(days=30)
    advance_due(session, later)
    assert approval.roles_now == ["sales_manager", "marketing_manager"]
    assert approval.due_at == later + timedelta(hours=4)


def test_silence_approves_only_where_the_policy_says_so(session: Session) -> None:
    approval = ask(session, priority="low")
    for day in range(1, 30):
        advance_due(session, NOW + timedelta(days=day))
    assert (approval.status, approval.decided_by) == ("approved", "policy:silence")


def test_nothing_waits_for_a_role_that_nobody_has(session: Session) -> None:
    for name in ("mary", "mike", "moe"):
        change_person(session, somebody(session, name), "test", active=False)
    session.flush()
    approval = ask(session)
    assert "marketing_manager" in approval.roles_now
    assert vote(session, approval, "kit").counted


def test_urgent_is_due_sooner(session: Session) -> None:
    session.execute(text("TRUNCATE policy_versions"))
    times = {
        priority: approvals.propose(
            session,
            Proposal(
                "model_promotion",
                f"m/{priority}",
                "paint",
                {"version": "1", "sha256": "a"},
                "#",
                "train_model",
                {"priority": priority},
                replaces="subject",
            ),
            NOW,
        ).due_at
        for priority in ("urgent", "high", "normal", "low")
    }
    # 72 working hours of ten a day, from Monday 10:00.
    assert times["urgent"] == datetime(2026, 3, 3, 18, tzinfo=UTC)
    assert times["normal"] == datetime(2026, 3, 11, 12, tzinfo=UTC)
    assert times["urgent"] < times["high"] < times["normal"] < times["low"]


def test_a_code_is_one_persons_for_one_approval_once_and_for_a_while(session: Session) -> None:
    mary, mike = somebody(session, "mary"), somebody(session, "mike")
    first, other = ask(session, "t/1"), ask(session, "t/2")
    code = codes.issue_code(session, first, mary, NOW, 30)

    def use(approval: Approval, who: str, said: str, at: datetime = NOW) -> str | None:
        return codes.decide_with_code(session, approval.id, "approve", who, said, "why", at).problem

    assert use(first, "mike", code) == "code-wrong"
    assert use(first, "nobody", code) == "code-wrong"
    assert use(other, "mary", code) == "code-wrong"
    assert use(first, "mary", "AAAA-AAAA") == "code-wrong"
    assert use(first, "mary", code, NOW + timedelta(minutes=30)) == "code-wrong"
    assert first.status == "waiting"
    assert use(first, "mary", code.lower().replace("-", " ")) is None
    assert (first.status, first.decided_by) == ("approved", mary.id)
    assert use(first, "mary", code) == "code-wrong"
    theirs = codes.issue_code(session, other, mike, NOW, 30)
    for _ in range(5):
        assert use(other, "mike", "AAAA-AAAA") == "code-wrong"
    assert use(other, "mike", theirs) == "code-wrong"
    stored = session.execute(text("SELECT approval_codes::text FROM approval_codes")).scalars()
    assert code.replace("-", "") not in "".join(stored)


def test_every_refusal_is_audited(session: Session) -> None:
    approval = ask(session)
    vote(session, approval, "asker")
    codes.decide_with_code(session, approval.id, "approve", "x", "AAAAAAAA", "y", NOW)
    entries = session.execute(
        select(AuditEntry.actor, AuditEntry.why).where(AuditEntry.action == "approval.refused")
    )
    asker = somebody(session, "asker").id
    assert entries.tuples().all() == [(asker, "own-request"), ("nobody", "code-wrong")]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE approvals SET status = 'approved', decided_by = 'x', decided_at = now()",
        "UPDATE approvals SET payload = '{}'",
        "UPDATE approvals SET content_hash = 'x'",
        "UPDATE approvals SET levels = '[]'",
        "UPDATE approvals SET requested_by = 'x'",
        "INSERT INTO approval_votes SELECT id, requested_by, 'x', 0, 'approve', 'r', 'api', "
        "content_hash, now() FROM approvals",
        "INSERT INTO approval_votes SELECT id, 'x', 'x', 0, 'approve', 'r', 'api', 'other', now() "
        "FROM approvals",
        "INSERT INTO approval_votes SELECT id, 'x', p, 0, 'approve', 'r', 'api', content_hash, "
        "now() FROM approvals, (VALUES ('y'), ('z')) v (p)",
    ],
)
def test_the_store_itself_refuses_what_nobody_may_do(session: Session, change: str) -> None:
    ask(session)
    with pytest.raises(DBAPIError):
        session.execute(text(change))

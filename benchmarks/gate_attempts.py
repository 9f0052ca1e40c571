"""Attempts to pass a gate, made by hypothesis, against a small model of what may pass.

The model knows nothing of the code: who has which role, who stands in for whom, which level is
open, who has counted, whether the subject is what it was, whether time is over. After each attempt
the two must agree on whether it counted, and after each act on whether anything was done.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from leadflow.accounts import delegation
from leadflow.accounts.people import add_person
from leadflow.accounts.tables import Person
from leadflow.approvals import codes, service
from leadflow.approvals.deadlines import advance_due
from leadflow.approvals.decision_kinds import KINDS, DecisionKind
from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.service import DecisionTaken, Proposal, Vote
from leadflow.approvals.tables import Approval, ApprovalCode

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
MANAGER, ADMIN = "sales_manager", "admin"
ROLES = {
    "m1": MANAGER,
    "m2": MANAGER,
    "m3": MANAGER,
    "a1": ADMIN,
    "a2": ADMIN,
    "asker": MANAGER,
    "helper": ADMIN,  # asked in the asker's name
    "gone": MANAGER,  # no longer active
    "rep": "sales_rep",
    "for_m1": "analyst",
    "for_asker": "analyst",
}
STANDS_FOR = {"for_m1": "m1", "for_asker": "asker"}
ASKED = {"asker", "helper"}
WAYS = ("page", "code", "wrong_code", "used_code", "expired_code", "others_code", "other_hash")
names = st.sampled_from(sorted(ROLES))
attempts = st.one_of(
    st.tuples(st.just("vote"), names, st.sampled_from(WAYS)),
    st.tuples(st.just("vote"), st.sampled_from(["m1", "m2", "a1", "a2"]), st.just("page")),
    st.tuples(
        st.just("vote"),
        st.sampled_from(["asker", "helper", "for_asker", "for_m1", "gone"]),
        st.sampled_from(["page", "code"]),
    ),
    st.tuples(st.just("reject"), st.sampled_from(["m1", "rep", "asker"]), st.just("page")),
    st.tuples(st.just("act"), st.just(""), st.just("")),
    st.tuples(st.just("change"), st.just(""), st.just("")),
    st.tuples(st.just("time"), st.just(""), st.just("")),
    st.tuples(st.just("sql"), st.just(""), st.just("")),
)
# So that every level is tried about as often: the votes that lead there.
beginnings = st.sampled_from([(), ("m1",), ("m1", "m2"), ("m1", "m2", "a1")]).map(
    lambda who: [("vote", name, "page") for name in who]
)
plans = st.tuples(
    st.integers(1, 2),
    st.booleans(),
    st.builds(
        lambda begin, rest: begin + rest,
        beginnings,
        st.lists(attempts, min_size=1, max_size=10),
    ),
)


@dataclass
class Model:
    """What may pass: levels as (role, how many), whose turn it is, who has counted."""

    levels: list[tuple[str, int]]
    level: int = 0
    given: int = 0
    counted: set[str] = field(default_factory=set)
    status: str = "waiting"
    changed: bool = False
    done: int = 0

    def vote(self, who: str, way: str, decision: str) -> bool:
        """Whether it counts."""
        if self.status != "waiting" or way not in ("page", "code") or who == "gone":
            return False
        counts_for = self._counts_for(who)
        if counts_for is None:
            return False
        if self.changed:
            self.status = "void"
            return False
        self.counted |= {who, counts_for}
        if decision == "reject":
            self.status = "rejected"
            return True
        self.given += 1
        if self.given == self.levels[self.level][1]:
            self.level, self.given = self.level + 1, 0
            if self.level == len(self.levels):
                self.status = "approved"
        return True

    def act(self) -> bool:
        """Whether anything is done."""
        if self.status != "approved" or self.done:
            return False
        if self.changed:
            self.status = "void"
            return False
        self.done += 1
        return True

    def _counts_for(self, who: str) -> str | None:
        taken = self.counted | ASKED
        if who in taken:
            return None
        role = self.levels[self.level][0]
        for one in (who, STANDS_FOR.get(who)):
            if one and one not in taken and one != "gone" and ROLES[one] == role:
                return one
        return None


class World:
    """A store with these people, in a transaction that is taken back at the end."""

    def __init__(self, session: Session, quorum: int, with_admin: bool) -> None:
        self.session, self.subject, self.painted = session, {"colour": "red"}, 0
        levels: list[dict[str, Any]] = [{"roles": [MANAGER], "quorum": quorum}]
        levels += [{"roles": [ADMIN]}] if with_admin else []
        policy = {"policy": "p", "decision": "attempt", "levels": levels, "hours": 24}
        KINDS["attempt"] = DecisionKind(
            "attempt", "An attempt", lambda session, subject, payload: dict(self.subject)
        )
        store_policies(session, parse_policies({"policies": [policy]}), "test", None)
        self.people = {
            name: add_person(session, name, name, [role], "test") for name, role in ROLES.items()
        }
        self.people["gone"].active = False
        for who, whom in STANDS_FOR.items():
            until = NOW + timedelta(days=400)
            delegation.delegate(session, self.people[whom], self.people[who], NOW, until, "test")
        self.now = NOW
        self.approval, self.other = self._ask("one"), self._ask("two")
        self.model = Model([(MANAGER, quorum), *([(ADMIN, 1)] if with_admin else [])])

    def attempt(self, what: str, who: str, way: str) -> None:
        """One attempt, by the code and by the model; they must agree."""
        if what in ("vote", "reject"):
            decision: Vote = "approve" if what == "vote" else "reject"
            expected = self.model.vote(who, way, decision)
            outcome = self._vote(self.people[who], way, decision)
            assert outcome.counted == expected, (what, who, way, outcome.problem)
        elif what == "act":
            expected = self.model.act()
            before = self.painted
            self._act()
            assert self.painted - before == int(expected)
        elif what == "change":
            self.subject["colour"] += "!"
            self.model.changed = True
        elif what == "time":
            while self.approval.status == "waiting":
                self.now = self.approval.due_at
                advance_due(self.session, self.now)
            if self.model.status == "waiting":
                self.model.status = "expired"
        else:
            self._by_hand()
        self.session.refresh(self.approval)
        assert self.approval.status == self.model.status, what

    def _ask(self, subject: str) -> Approval:
        question = Proposal(
            kind="attempt",
            subject_id=subject,
            act="forget_reasons",
            payload={"with": "blue"},
            description="# Blue?",
            requested_by=self.people["asker"].id,
            asked_by=self.people["helper"].id,
            replaces="subject",
        )
        return service.propose(self.session, question, self.now)

    def _vote(self, person: Person, way: str, decision: service.Vote) -> DecisionTaken:
        if way in ("page", "other_hash"):
            seen = self.approval.content_hash if way == "page" else "0" * 64
            return service.decide(
                self.session, self.approval.id, decision, person, "why", self.now, "page", seen
            )
        given = self._code(person, way)
        return codes.decide_with_code(
            self.session, self.approval.id, decision, person.username, given, "why", self.now
        )

    def _code(self, person: Person, way: str) -> str:
        if way == "wrong_code":
            return "AAAA-AAAA"
        if way == "expired_code":
            early = self.now - timedelta(hours=1)
            return codes.issue_code(self.session, self.approval, person, early, 30)
        if way == "others_code":
            return codes.issue_code(self.session, self.other, person, self.now, 30)
        code = codes.issue_code(self.session, self.approval, person, self.now, 30)
        if way == "used_code":
            known = self.session.query(ApprovalCode).order_by(ApprovalCode.id.desc())
            last = known.first()
            assert last is not None
            last.used_at = self.now
            self.session.flush()
        return code

    def _act(self) -> None:
        """What the outbox would do, whoever asked for it."""

        def paint(approval: Approval) -> dict[str, Any]:
            self.painted += 1
            return {}

        try:
            service.carry_out(self.session, self.approval.id, self.now, paint)
        except service.NotApproved:
            self.session.flush()

    def _by_hand(self) -> None:
        """Somebody with a hand in the store writes that it is approved."""
        approve = text(
            "UPDATE approvals SET status = 'approved', decided_by = 'x', decided_at = now() "
            "WHERE id = :id AND status <> 'approved'"
        )
        try:
            with self.session.begin_nested():
                self.session.execute(approve, {"id": self.approval.id})
        except DBAPIError:
            self.session.expire_all()


def run_plan(engine: Engine, plan: tuple[int, bool, list[tuple[str, str, str]]]) -> int:
    """Carry out a plan of attempts in a transaction that is taken back; how many there were."""
    quorum, with_admin, steps = plan
    with Session(engine, expire_on_commit=False) as session:
        try:
            world = World(session, quorum, with_admin)
            for what, who, way in steps:
                world.attempt(what, who, way)
            world.attempt("act", "", "")
            assert world.painted == world.model.done <= 1
        finally:
            session.rollback()
            KINDS.pop("attempt", None)
    return len(steps) + 1


Counter = Callable[[int], None]

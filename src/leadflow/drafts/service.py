"""Submitting a change of what is set up: done at once, or, where a policy asks somebody, written
down as a draft that counts once it is approved. Every door submits here."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.policies import Requirement
from leadflow.approvals.policy_store import requirement
from leadflow.approvals.tables import Approval
from leadflow.approvals.who import who_may_decide
from leadflow.audit import service as audit
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import Applicant
from leadflow.drafts.altered import Altered, altered_between, contents_of, in_force, taken_out
from leadflow.drafts.overtaking import KIND, beside, overtaken
from leadflow.drafts.question import question
from leadflow.drafts.refusals import AskedByNobody, MustWait, NobodyToDecide, SeveralPolicies
from leadflow.drafts.tables import ConfigurationDraft

T = TypeVar("T")
AT_THE_MACHINE = "terminal:"
# Whoever has it could as well change the policy that asks.
MAY_GO_WITHOUT = "policy.write"
WITHOUT = "configuration.changed_without_approval"


@dataclass(frozen=True)
class Author(Applicant):
    """Whoever submits, with the roles that policies go by."""

    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Submitted(Generic[T]):
    """What came of a change: ``done``, what was done, or would be; ``approval``: the question
    whether it may be, where it waits for an answer and nothing has changed yet; ``others``: the
    ids of questions about other changes of the same, of which the first that is approved counts."""

    done: T
    approval: Approval | None
    others: tuple[str, ...] = ()

    @property
    def waits_for(self) -> str:
        """The roles that may approve it now, in words."""
        roles = [] if self.approval is None else self.approval.roles_now
        return " or ".join(role.replace("_", " ") for role in roles)


def asked_about(session: Session, kind: str, by: Author, now: datetime) -> Requirement | None:
    """Whom a change of a kind needs, by whom it comes from; None where it counts at once."""
    needed = requirement(session, KIND, _facts(kind, by), now)
    return needed if needed.levels else None


def submit(
    session: Session,
    kinds: Collection[str],
    do: Callable[[], T],
    by: Author,
    now: datetime,
    why: str | None = None,
) -> Submitted[T]:
    """Do what changes things of these kinds and nothing else; where a policy asks somebody about
    one that it changes, undo it and ask whether exactly that may be done. The same change sent
    again while it waits is the same question. ``why``: in the words of who submits.

    Raises:
        SeveralPolicies, NobodyToDecide, AskedByNobody: it cannot be asked for; nothing has changed.
    """
    change = _Change(session, kinds, by, now)
    if not change.anybody_asked:
        done = do()
        overtaken(session, kinds, now)
        return Submitted(done, None)
    try:
        with session.begin_nested():
            done = do()
            if asking := change.asking():
                raise _Undone
            overtaken(session, kinds, now)
            return Submitted(done, None)
    except _Undone:
        _see_who_decides(asking, by)
    approval = _ask(session, next(iter(asking)), change, by, now, why)
    draft = session.get_one(ConfigurationDraft, approval.subject_id)
    return Submitted(done, approval, tuple(other.id for _, other in beside(session, draft)))


def at_once(
    session: Session, kinds: Collection[str], do: Callable[[], T], by: Author, now: datetime
) -> T:
    """Do what changes other things besides these kinds, as long as no policy asks somebody about
    what it changes of them.

    Raises:
        MustWait: one does; the caller undoes it.
    """
    change = _Change(session, kinds, by, now)
    done = do()
    if change.anybody_asked and (asking := change.asking()):
        kind, needed = next(iter(asking.items()))
        raise MustWait(needed.policy, kind)
    overtaken(session, kinds, now)
    return done


def without_approval(
    session: Session,
    kinds: Collection[str],
    do: Callable[[], T],
    by: Author,
    now: datetime,
    why: str,
) -> T:
    """Do what a policy asks somebody about, and ask nobody: for whoever has the machine, or may
    change the policies themselves. The audit log says what of, and why."""
    by.must_have(MAY_GO_WITHOUT)
    change = _Change(session, kinds, by, now)
    done = do()
    if change.anybody_asked and (asking := change.asking()):
        for one in change.altered:
            if one.kind in asking:
                policy = {"policy": asking[one.kind].policy}
                about = one.kind if one.name == one.kind else f"{one.kind}/{one.name}"
                audit.record(session, by.id, WITHOUT, about, policy, said=why)
    overtaken(session, kinds, now)
    return done


class _Undone(Exception):
    """What was done is taken back: somebody is asked first."""


class _Change:
    """What happens to things of some kinds from now on, and whom the policies ask about it."""

    def __init__(self, session: Session, kinds: Collection[str], by: Author, now: datetime) -> None:
        self.session, self.names = session, [name for name in KINDS if name in kinds]
        for name in self.names:
            KINDS[name].take_turns(session)
        self.needed = {name: asked_about(session, name, by, now) for name in self.names}
        self.anybody_asked = any(self.needed.values())
        self.before = in_force(session, self.names) if self.anybody_asked else {}
        self.after: dict[str, Any] = {}
        self.altered: list[Altered] = []

    def asking(self) -> dict[str, Requirement]:
        """Whom the policies ask about what has changed by now, by its kind."""
        self.session.flush()
        self.after = in_force(self.session, self.names)
        self.altered = altered_between(self.before, self.after)
        return {one.kind: found for one in self.altered if (found := self.needed[one.kind])}


def _see_who_decides(asking: dict[str, Requirement], by: Author) -> None:
    policies = list(dict.fromkeys(one.policy for one in asking.values()))
    if len(policies) > 1:
        raise SeveralPolicies(policies)
    if by.id.startswith(AT_THE_MACHINE):
        raise AskedByNobody(policies[0], next(iter(asking)))


def _ask(
    session: Session, kind: str, change: _Change, by: Author, now: datetime, why: str | None
) -> Approval:
    altered = change.altered
    contents, going = contents_of(change.after, altered), taken_out(altered)
    if (same := _waiting(session, contents, going, by.id)) is not None:
        return same
    draft = ConfigurationDraft(
        contents=contents,
        take_out=going,
        altered=[asdict(one) for one in altered],
        written_by=by.id,
        written_at=now,
    )
    session.add(draft)
    session.flush()
    proposal = question(session, draft, altered, _facts(kind, by), now, why)
    approval = approvals.propose(session, proposal, now)
    draft.approval_id = approval.id
    session.flush()
    if approval.at_end == "reject" and not who_may_decide(session, approval, now):
        raise NobodyToDecide(approval.policy, approval.roles_now)
    return approval


def _waiting(
    session: Session, contents: dict[str, Any], going: dict[str, list[str]], by: str
) -> Approval | None:
    """The question about the same change by the same hand, which waits."""
    statement = (
        select(Approval)
        .join(ConfigurationDraft, ConfigurationDraft.approval_id == Approval.id)
        .where(
            Approval.status == "waiting",
            ConfigurationDraft.written_by == by,
            ConfigurationDraft.contents == contents,
            ConfigurationDraft.take_out == going,
        )
    )
    return session.scalars(statement.limit(1)).first()


def _facts(kind: str, by: Author) -> dict[str, Any]:
    return {
        "configuration": kind,
        "priority": "normal",
        "requester": by.id,
        "requester_roles": sorted(by.roles),
    }

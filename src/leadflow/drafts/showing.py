"""Drafts as people look at them: what differs, how each stands, who wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.configuration.differing import DiffLine, diff
from leadflow.drafts.altered import Altered, changed_since
from leadflow.drafts.overtaking import KIND, altered_by, beside
from leadflow.drafts.question import what_changes
from leadflow.drafts.refusals import NoDraft
from leadflow.drafts.tables import ConfigurationDraft

NEWEST = 10


@dataclass(frozen=True)
class Beside:
    """Another change of the same that waits: only one of them can be approved."""

    id: str
    approval_id: str
    written_by: str
    written_at: datetime
    what: str


@dataclass(frozen=True)
class DraftShown:
    """A draft. ``status`` and ``reason`` are its approval's; ``overtaken``: what was changed
    meanwhile, so that it cannot count as it is; ``beside``: others that wait."""

    id: str
    approval_id: str
    written_by: str
    written_at: datetime
    status: str
    reason: str | None
    waits_for: tuple[str, ...]
    altered: tuple[Altered, ...]
    overtaken: tuple[Altered, ...] = ()
    beside: tuple["Beside", ...] = ()

    @property
    def what(self) -> str:
        """What it alters, in a few words."""
        return what_changes(self.altered)

    @property
    def is_open(self) -> bool:
        """Whether it waits."""
        return self.status == "waiting"

    @property
    def refused(self) -> bool:
        """Whether it ended without counting."""
        return self.status in ("rejected", "expired", "void")

    def lines(self) -> list[tuple[Altered, list[DiffLine]]]:
        """What differs, thing by thing."""
        return [(one, diff(one.before, one.after)) for one in self.altered]


def draft_of(session: Session, approval: Approval) -> DraftShown | None:
    """The draft that an approval is about; None where it is about something else."""
    if approval.kind != KIND:
        return None
    return _shown(session, session.get_one(ConfigurationDraft, approval.subject_id), approval)


def read_draft(session: Session, draft_id: str) -> DraftShown:
    """A draft.

    Raises:
        NoDraft: there is none of this id.
    """
    draft = session.get(ConfigurationDraft, draft_id)
    if draft is None or draft.approval_id is None:
        raise NoDraft(draft_id)
    return _shown(session, draft, session.get_one(Approval, draft.approval_id))


def drafts_of(session: Session, kind: str, name: str | None) -> Sequence[DraftShown]:
    """The drafts that change something of a kind, or the thing of a name: those that wait, then
    the newest of the others; the newest first."""
    of = {"kind": kind} | ({} if name is None else {"name": name})
    statement = (
        select(ConfigurationDraft, Approval)
        .join(Approval, Approval.id == ConfigurationDraft.approval_id)
        .where(ConfigurationDraft.altered.contains([of]))
        .order_by(ConfigurationDraft.written_at.desc(), ConfigurationDraft.id.desc())
    )
    waits = Approval.status == "waiting"
    found = [
        *session.execute(statement.where(waits)).tuples(),
        *session.execute(statement.where(~waits).limit(NEWEST)).tuples(),
    ]
    return [_stands(draft, approval) for draft, approval in found]


def others_waiting(session: Session, draft_id: str) -> tuple[Beside, ...]:
    """Other changes that wait and alter something that this one alters, the oldest first."""
    draft = session.get_one(ConfigurationDraft, draft_id)
    return tuple(
        Beside(
            other.id,
            approval.id,
            other.written_by,
            other.written_at,
            what_changes(altered_by(other)),
        )
        for other, approval in beside(session, draft)
    )


def _shown(session: Session, draft: ConfigurationDraft, approval: Approval) -> DraftShown:
    if approval.status != "waiting":
        return _stands(draft, approval)
    overtaken = changed_since(session, altered_by(draft))
    return _stands(draft, approval, overtaken, others_waiting(session, draft.id))


def _stands(
    draft: ConfigurationDraft,
    approval: Approval,
    overtaken: Sequence[Altered] = (),
    others: tuple[Beside, ...] = (),
) -> DraftShown:
    return DraftShown(
        draft.id,
        approval.id,
        draft.written_by,
        draft.written_at,
        approval.status,
        approval.reason,
        tuple(approval.roles_now),
        tuple(altered_by(draft)),
        tuple(overtaken),
        others,
    )

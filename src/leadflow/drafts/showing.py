"""Drafts as people look at them: what differs, how each stands, who wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.approvals.tables import Approval
from leadflow.configuration.differing import DiffLine, diff
from leadflow.drafts.altered import Altered, changed_since
from leadflow.drafts.decision import KIND, altered_by
from leadflow.drafts.refusals import NoDraft
from leadflow.drafts.tables import ConfigurationDraft

NEWEST = 10


@dataclass(frozen=True)
class DraftShown:
    """A draft. ``status`` and ``reason`` are its approval's; ``overtaken``: what was changed
    meanwhile, so that it cannot count as it is."""

    id: str
    approval_id: str
    written_by: str
    written_at: datetime
    status: str
    reason: str | None
    waits_for: tuple[str, ...]
    altered: tuple[Altered, ...]
    overtaken: tuple[Altered, ...] = ()

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
    """The newest drafts that change something of a kind, or the thing of a name: the newest
    first."""
    of = {"kind": kind} | ({} if name is None else {"name": name})
    statement = (
        select(ConfigurationDraft, Approval)
        .join(Approval, Approval.id == ConfigurationDraft.approval_id)
        .where(ConfigurationDraft.altered.contains([of]))
        .order_by(ConfigurationDraft.written_at.desc(), ConfigurationDraft.id.desc())
        .limit(NEWEST)
    )
    return [_stands(draft, approval) for draft, approval in session.execute(statement)]


def _shown(session: Session, draft: ConfigurationDraft, approval: Approval) -> DraftShown:
    waits = approval.status == "waiting"
    return _stands(draft, approval, changed_since(session, altered_by(draft)) if waits else ())


def _stands(
    draft: ConfigurationDraft, approval: Approval, overtaken: Sequence[Altered] = ()
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
    )

"""Changes that wait and cannot count any more, because another change of the same thing does."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from leadflow.approvals.progress import void_and_tell
from leadflow.approvals.tables import Approval
from leadflow.drafts.altered import Altered, changed_since
from leadflow.drafts.tables import ConfigurationDraft

KIND = "configuration_change"
ANEW = (
    "It is kept: whoever wrote it opens it in the editor, and submits it again as it should be now."
)
Waiting = tuple[ConfigurationDraft, Approval]


def altered_by(draft: ConfigurationDraft) -> list[Altered]:
    """What a draft alters."""
    return [Altered(**one) for one in draft.altered]


def names_of(altered: Iterable[Altered]) -> str:
    """What people call the things that are altered."""
    return ", ".join(one.called for one in altered)


def beside(session: Session, draft: ConfigurationDraft) -> list[Waiting]:
    """Other changes that wait and alter something that this one alters, the oldest first."""
    own = {(one.kind, one.name) for one in altered_by(draft)}
    return [
        (other, approval)
        for other, approval in session.execute(_waiting()).tuples()
        if other.id != draft.id and own & {(one.kind, one.name) for one in altered_by(other)}
    ]


def overtaken_by(session: Session, approved: Approval, now: datetime) -> None:
    """End whatever waits and alters something that an approved change alters."""
    draft = session.get_one(ConfigurationDraft, approved.subject_id)
    of = {(one.kind, one.name): one for one in altered_by(draft)}
    for other, approval in _held(session):
        if same := [one for one in altered_by(other) if (one.kind, one.name) in of]:
            why = f"Another change of the same was approved first: {names_of(same)}. {ANEW}"
            void_and_tell(session, approval, None, why, now)


def overtaken(session: Session, kinds: Collection[str], now: datetime) -> list[str]:
    """End whatever waits and was written of something of these kinds that has changed since; the
    ids of its approvals."""
    ended = []
    for draft, approval in _held(session):
        altered = altered_by(draft)
        if not {one.kind for one in altered} & {*kinds}:
            continue
        if others := changed_since(session, altered):
            void_and_tell(session, approval, None, meanwhile(others), now)
            ended.append(approval.id)
    return ended


def meanwhile(others: Iterable[Altered]) -> str:
    """Why a change cannot count: these things are not any more as it was written of them."""
    return f"Meanwhile another change of the same counts: {names_of(others)}. {ANEW}"


def _waiting() -> Select[Waiting]:
    return (
        select(ConfigurationDraft, Approval)
        .join(Approval, Approval.id == ConfigurationDraft.approval_id)
        .where(Approval.kind == KIND, Approval.status == "waiting")
        .order_by(Approval.id)
    )


def _held(session: Session) -> Iterator[Waiting]:
    """All that wait but those that somebody decides about at this moment: these are held against
    what counts as they are decided, and as they are carried out."""
    session.flush()
    held = _waiting().with_for_update(of=Approval, skip_locked=True)
    yield from session.execute(held.execution_options(populate_existing=True)).tuples().all()

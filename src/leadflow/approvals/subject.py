"""The exact subject of an approval, fixed by a content hash; a changed subject is refused."""

import json
from typing import Any

from sqlalchemy.orm import Session

from leadflow.approvals.decision_kinds import SubjectChanged, kind_of
from leadflow.approvals.tables import Approval
from leadflow.privacy.cipher_in_use import get_cipher


def content_hash(session: Session, kind: str, subject_id: str, payload: dict[str, Any]) -> str:
    """A keyed hash of what is decided, in canonical JSON: what is to be done, and what it is done
    to as it is at this moment. A reason may be part of it, which could be guessed without a key.

    Raises:
        UnknownDecision: no room has registered decisions of this kind.
    """
    now = kind_of(kind).content(session, subject_id, payload)
    content = json.dumps([kind, subject_id, payload, now], sort_keys=True, default=str)
    return get_cipher().blind_index(content, "approval")


def refuse_changed(session: Session, approval: Approval) -> None:
    """Make sure that the subject is what was shown.

    Raises:
        SubjectChanged: it is not.
    """
    fixed = content_hash(session, approval.kind, approval.subject_id, approval.payload)
    if fixed != approval.content_hash:
        raise SubjectChanged("What was shown has changed since. Ask anew.")

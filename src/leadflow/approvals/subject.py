"""The exact subject of an approval, fixed by a content hash; a changed subject is refused."""

import json
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from leadflow.approvals.decision_kinds import SubjectChanged, kind_of
from leadflow.approvals.tables import Approval


def content_hash(session: Session, kind: str, subject_id: str, payload: dict[str, Any]) -> str:
    """SHA-256 of what is decided, in canonical JSON: what is to be done, and what it is done to as
    it is at this moment.

    Raises:
        UnknownDecision: no room has registered decisions of this kind.
    """
    now = kind_of(kind).content(session, subject_id, payload)
    content = json.dumps([kind, subject_id, payload, now], sort_keys=True, default=str)
    return sha256(content.encode()).hexdigest()


def refuse_changed(session: Session, approval: Approval) -> None:
    """Make sure that the subject is what was shown.

    Raises:
        SubjectChanged: it is not.
    """
    fixed = content_hash(session, approval.kind, approval.subject_id, approval.payload)
    if fixed != approval.content_hash:
        raise SubjectChanged("What was shown has changed since. Ask anew.")

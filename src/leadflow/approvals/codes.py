"""One-time codes: how somebody shows in a form that does not know them who they are.

A code is for one person and one approval, works once and for a short while, and is stored as a
keyed hash. Five wrong ones end every code that is out for them.
"""

import hmac
import re
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadflow.accounts.people import PersonNotFound, find_person
from leadflow.accounts.tables import Person
from leadflow.approvals.progress import step
from leadflow.approvals.service import DecisionTaken, Door, Vote, decide, get
from leadflow.approvals.tables import Approval, ApprovalCode
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

# Without letters and digits that look alike: 31^8 codes, 40 bits.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
LENGTH = 8
SHAPE = re.compile(rf"\b[{LETTERS}]{{4}}-[{LETTERS}]{{4}}\b")
MOST_FAILURES = 5
WRONG = (
    "The name and the code do not fit this approval. Get a new code from the notification's link "
    "or the approval's page; each works once and for a short while."
)


def issue_code(
    session: Session, approval: Approval, person: Person, now: datetime, minutes: float
) -> str:
    """A new code such as ``K7QF-2M9P``; only its hash is kept."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    session.add(
        ApprovalCode(
            approval_id=approval.id,
            person_id=person.id,
            code_hash=_hash(approval.id, person.id, code),
            created_at=now,
            expires_at=now + timedelta(minutes=minutes),
        )
    )
    session.flush()
    return f"{code[:4]}-{code[4:]}"


def decide_with_code(
    session: Session,
    approval_id: str,
    decision: Vote,
    approver: str,
    code: str,
    reason: str,
    now: datetime,
    door: Door = "prefect",
) -> DecisionTaken:
    """Take a decision through a form that anybody can send: who it is from shows by the code, which
    is used up by it, whatever comes of the decision. Commit in any case.

    Raises:
        ApprovalNotFound: no such id.
    """
    approval = get(session, approval_id)
    try:
        person = find_person(session, approver)
    except PersonNotFound:
        return _wrong(session, approval, "nobody", now, door)
    if not _use(session, approval, person, code, now):
        return _wrong(session, approval, person.id, now, door)
    return decide(session, approval_id, decision, person, reason, now, door)


def _wrong(
    session: Session, approval: Approval, actor: str, now: datetime, door: Door
) -> DecisionTaken:
    step(session, approval, "refused", actor, now, why="code-wrong", door=door)
    return DecisionTaken(approval, False, WRONG, "code-wrong")


def _use(session: Session, approval: Approval, person: Person, code: str, now: datetime) -> bool:
    usable = (
        select(ApprovalCode)
        .where(
            ApprovalCode.approval_id == approval.id,
            ApprovalCode.person_id == person.id,
            ApprovalCode.used_at.is_(None),
            ApprovalCode.expires_at > now,
            ApprovalCode.failures < MOST_FAILURES,
        )
        .order_by(ApprovalCode.id)
        .with_for_update()
    )
    given = _hash(approval.id, person.id, _plain(code))
    out = session.scalars(usable).all()
    for known in out:
        if hmac.compare_digest(known.code_hash, given):
            known.used_at = now
            return True
    session.execute(
        update(ApprovalCode)
        .where(ApprovalCode.id.in_([known.id for known in out]))
        .values(failures=ApprovalCode.failures + 1)
    )
    return False


def blanked(text: str) -> str:
    """The text without the codes in it, for people whom they are not for."""
    return SHAPE.sub("····-····", text)


def _plain(code: str) -> str:
    return "".join(letter for letter in code.upper() if letter in LETTERS)


def _hash(approval_id: str, person_id: str, code: str) -> str:
    return hmac.new(_key(), f"{approval_id}:{person_id}:{code}".encode(), sha256).hexdigest()


@lru_cache
def _key() -> bytes:
    return derive_key(load_secret(get_settings()), "approval code")

"""The policies that count: the newest stored version, else those Leadflow begins with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.approvals.policies import Policies, Requirement, shipped, stored_policies
from leadflow.approvals.tables import Approval, PolicyVersion
from leadflow.audit import service as audit
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page

# Changes of the policies take turns by a lock that ends with the transaction.
POLICIES_LOCK = 7_240_021


@dataclass(frozen=True)
class Tried:
    """What another version of the policies would have asked for a past decision."""

    approval_id: str
    kind: str
    before: str
    then: Requirement


def current_policies(session: Session) -> tuple[int | None, Policies]:
    """Version and policies; the version is empty while the shipped ones count."""
    newest = session.scalars(
        select(PolicyVersion).order_by(PolicyVersion.version.desc()).limit(1)
    ).first()
    return (None, shipped()) if newest is None else (newest.version, _known(newest))


def take_turns(session: Session) -> None:
    """Have changes of the policies take turns, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POLICIES_LOCK})


def store_policies(session: Session, policies: Policies, by: str, note: str | None) -> int:
    """Add a version, which counts from now on for what is asked from now on; returns its number,
    that of the newest where nothing has changed."""
    take_turns(session)
    version, known = current_policies(session)
    if version is not None and known.content_hash == policies.content_hash:
        return version
    row = PolicyVersion(
        content=policies.content, content_hash=policies.content_hash, note=note, created_by=by
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by,
        "policies.stored",
        f"policies/{row.version}",
        said=note,
        before={"version": version, "content_hash": known.content_hash},
        after={"version": row.version, "content_hash": row.content_hash},
    )
    return row.version


def policy_versions(session: Session, wanted: Wanted = FIRST) -> Page[PolicyVersion]:
    """The versions, the newest first."""
    keys = (Key(PolicyVersion.version, descending=True),)
    return read_page(session, select(PolicyVersion), keys, ("policies",), wanted)


def try_policies(session: Session, policies: Policies, now: datetime, last: int) -> list[Tried]:
    """What these policies would have asked for the newest decisions; nothing is stored."""
    newest = select(Approval).order_by(Approval.requested_at.desc()).limit(last)
    return [
        Tried(
            approval_id=approval.id,
            kind=approval.kind,
            before=approval.policy,
            then=policies.requirement(approval.kind, approval.facts, now),
        )
        for approval in session.scalars(newest)
    ]


def requirement(
    session: Session, decision: str, facts: dict[str, Any], now: datetime
) -> Requirement:
    """Whom a decision needs by the policies that count; no levels, and nobody is asked."""
    return current_policies(session)[1].requirement(decision, facts, now)


_parsed: dict[str, Policies] = {}


def _known(row: PolicyVersion) -> Policies:
    if row.content_hash not in _parsed:
        _parsed.clear()
        _parsed[row.content_hash] = stored_policies(row.content)
    return _parsed[row.content_hash]

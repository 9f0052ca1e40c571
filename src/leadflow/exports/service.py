"""Asking for an export, looking at those one has asked for, and taking away what has ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.audit import service as audit
from leadflow.audit.entries import Entry
from leadflow.conditions.tree import fields_of
from leadflow.exports.decision import KIND
from leadflow.exports.parts import drop_parts
from leadflow.exports.schemas import ExportIn
from leadflow.exports.tables import EXPORTS, ExportPart, LeadExport
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.search.question import Question, read_question

EXPORT, READ = "lead.export", "lead.read"
UNDER_WAY = ("queued", "waiting", "running")
MOST_UNDER_WAY = 10
# How long it can be seen what was asked for, and what came of it.
KEPT = timedelta(days=30)
DIED = "It was begun {} times, and no process came to its end. Ask for fewer leads at a time."
UNAPPROVED = "Nobody approved it. Whoever rejected it has said why; ask again once that is settled."


class ExportNotFound(LookupError):
    """There is no such export, or somebody else asked for it."""

    def __init__(self, export_id: str) -> None:
        super().__init__(
            f"There is no export {export_id[:80]} of yours. GET /leads/exports lists them."
        )


class ExportsUnderWay(RuntimeError):
    """Somebody has asked for many exports that are not over."""

    def __init__(self) -> None:
        super().__init__(
            f"{MOST_UNDER_WAY} exports of yours are not over yet. Ask for more once one of them "
            "is: GET /leads/exports."
        )


class ExportNotReady(RuntimeError):
    """There is no file yet, or there will be none."""

    def __init__(self, made: LeadExport) -> None:
        said = made.error or f"Look again later: GET /leads/exports/{made.id}"
        if made.state == "cancelled":
            said = "Ask anew: POST /leads/exports"
        super().__init__(f"The export is {made.state}. {said}")


class ExportExpired(RuntimeError):
    """The file was there, and is gone."""

    def __init__(self, made: LeadExport) -> None:
        super().__init__(f"The file expired at {made.expires_at:%Y-%m-%d %H:%M} UTC. Ask anew.")


def ask(session: Session, said: ExportIn, caller: Actor, now: datetime) -> LeadExport:
    """Keep what is asked for; a background process writes it. The caller has the permissions.

    Raises:
        SearchInvalid, RepNotFound: see ``search.question.read_question``.
        ExportsUnderWay: too many of theirs are not over yet.
    """
    question = read_question(session, said)
    ours = select(func.count()).where(LeadExport.asked_by == caller.id)
    under_way = session.scalar(ours.where(LeadExport.state.in_(UNDER_WAY))) or 0
    if under_way >= MOST_UNDER_WAY:
        raise ExportsUnderWay
    made = LeadExport(
        asked_by=caller.id,
        asked_at=now,
        format=said.format,
        search=said.question(),
        why=said.why,
        due_at=now,
    )
    session.add(made)
    session.flush()
    audit.record(
        session, caller.id, "lead_export.asked", made.id, _conditions(said, question), said=said.why
    )
    session.refresh(made)
    return made


def exports_of(session: Session, caller: Actor, wanted: Wanted = FIRST) -> Page[LeadExport]:
    """What the caller has asked for, the newest first."""
    statement = select(LeadExport).where(LeadExport.asked_by == caller.id)
    keys = Key(LeadExport.asked_at, descending=True), Key(LeadExport.id, descending=True)
    return read_page(session, statement, keys, ("lead_exports", caller.id), wanted)


def get(session: Session, export_id: str, caller: Actor) -> LeadExport:
    """One of those that the caller has asked for.

    Raises:
        ExportNotFound: it is not.
    """
    made = session.get(LeadExport, export_id)
    if made is None or made.asked_by != caller.id:
        raise ExportNotFound(export_id)
    return made


def ready(session: Session, export_id: str, caller: Actor, now: datetime) -> LeadExport:
    """One whose file can be read.

    Raises:
        ExportNotFound: as ``get``.
        ExportNotReady: there is no file yet, or there will be none.
        ExportExpired: it is gone.
    """
    made = get(session, export_id, caller)
    if made.expires_at is not None and made.expires_at <= now:
        raise ExportExpired(made)
    if made.state != "done":
        raise ExportNotReady(made)
    return made


def fetch(session: Session, export_id: str, caller: Actor, now: datetime) -> LeadExport:
    """The same for whoever reads the file: that they do is in the audit log.

    Raises:
        ExportNotFound, ExportNotReady, ExportExpired: as ``ready``.
    """
    made = ready(session, export_id, caller, now)
    about = {"leads": made.leads, "bytes": made.size}
    audit.record(session, caller.id, "lead_export.fetched", made.id, about)
    return made


def cancel(session: Session, export_id: str, caller: Actor, now: datetime) -> None:
    """End an export, whatever has come of it: nobody is asked about it any more, who writes it
    stops at the next page, and the file is deleted. One that is over is left as it is.

    Raises:
        ExportNotFound: as ``get``.
    """
    get(session, export_id, caller)
    made = session.get_one(LeadExport, export_id, with_for_update=True, populate_existing=True)
    if made.state not in (*UNDER_WAY, "done"):
        return
    approvals.void(session, KIND, "Whoever asked for it has cancelled it.", now, [made.id])
    was, made.state, made.expires_at, made.ended_at = made.state, "cancelled", None, now
    drop_parts(session, made.id)
    audit.record(session, caller.id, "lead_export.cancelled", made.id, {"was": was})


def settle(session: Session, now: datetime) -> int:
    """End exports that nobody approved, and those that were begun too often; take away files that
    have expired, and after a month all that is kept of an export. How many have ended."""
    settled = [*_give_up(session, now), *_expire(session, now)]
    audit.record_many(
        session,
        (
            Entry("leadflow", f"lead_export.{made.state}", made.id, why=made.error)
            for made in settled
        ),
    )
    over = LeadExport.ended_at < now - KEPT
    session.execute(delete(LeadExport).where(over, LeadExport.state.not_in((*UNDER_WAY, "done"))))
    return len(settled)


def _give_up(session: Session, now: datetime) -> Iterable[LeadExport]:
    ended = ("rejected", "expired", "void")
    refused = select(Approval.id).where(
        Approval.id == LeadExport.approval_id, Approval.status.in_(ended)
    )
    unapproved = and_(LeadExport.state == "waiting", refused.exists())
    died = EXPORTS.abandoned(now)
    due = select(LeadExport.id).where(or_(unapproved, died)).with_for_update(skip_locked=True)
    given_up = session.scalars(
        update(LeadExport)
        .where(LeadExport.id.in_(due))
        .values(
            state=case((unapproved, "refused"), else_="failed"),
            error=case((unapproved, UNAPPROVED), else_=DIED.format(EXPORTS.most)),
            ended_at=now,
        )
        .returning(LeadExport)
    ).all()
    _drop(session, given_up)
    return given_up


def _expire(session: Session, now: datetime) -> Iterable[LeadExport]:
    over = select(LeadExport.id).where(LeadExport.state == "done", LeadExport.expires_at <= now)
    expired = session.scalars(
        update(LeadExport)
        .where(LeadExport.id.in_(over.with_for_update(skip_locked=True)))
        .values(state="expired")
        .returning(LeadExport)
    ).all()
    _drop(session, expired)
    return expired


def _drop(session: Session, ended: Iterable[LeadExport]) -> None:
    ids = [made.id for made in ended]
    if ids:
        session.execute(delete(ExportPart).where(ExportPart.export_id.in_(ids)))


def _conditions(said: ExportIn, question: Question) -> dict[str, Any]:
    """What the audit log says of a search: all that is of our own words, and of conditions and
    names which were used and not what they say, which may be about somebody."""
    plain = {"status", "level", "owner", "created_since", "created_until", "scored_since"}
    told = said.model_dump(mode="json", include=plain | {"sort", "fields", "format"})
    used = sorted(
        {*fields_of(question.where)}
        | ({name for name in ("name", "company") if getattr(said, name)})
    )
    return {**{name: value for name, value in told.items() if value is not None}, "asks": used}

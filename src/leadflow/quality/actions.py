"""Corrective actions: what somebody does about what reviews have shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.quality.errors import ActionClosed, ActionNotFound, QualityItemNotFound
from leadflow.quality.review_kinds import kind_of
from leadflow.quality.schemas import ActionIn
from leadflow.quality.tables import QualityAction, QualityItem


def open_action(session: Session, said: ActionIn, by: str, now: datetime) -> QualityAction:
    """Write down what is to be done, by whom and until when.

    Raises:
        UnknownReviewKind: no such kind of decision.
        QualityItemNotFound: no such item of that kind.
    """
    kind = kind_of(said.decision_kind)
    if said.item_id is not None:
        item = session.get(QualityItem, said.item_id)
        if item is None or item.decision_kind != kind.name:
            raise QualityItemNotFound(said.item_id)
    made = QualityAction(**said.model_dump(), status="open", opened_by=by, opened_at=now)
    session.add(made)
    session.flush()
    detail = {"kind": made.decision_kind, "item": made.item_id, "due_at": made.due_at.isoformat()}
    audit.record(session, by, "quality.action_opened", made.id, detail)
    return made


def close_action(
    session: Session,
    action_id: str,
    by: str,
    now: datetime,
    status: Literal["done", "dropped"] = "done",
) -> QualityAction:
    """Mark an action as done, or as one that nobody will do.

    Raises:
        ActionNotFound: no such action.
        ActionClosed: it is closed.
    """
    wanted = select(QualityAction).where(QualityAction.id == action_id).with_for_update()
    made = session.scalars(wanted.execution_options(populate_existing=True)).first()
    if made is None:
        raise ActionNotFound(action_id)
    if made.status != "open":
        raise ActionClosed(made.id, made.status)
    made.status, made.done_at = status, now
    session.flush()
    was, is_now = {"status": "open"}, {"status": status}
    audit.record(session, by, f"quality.action_{status}", made.id, before=was, after=is_now)
    return made


def page_of_actions(session: Session, wanted: Wanted = FIRST) -> Page[QualityAction]:
    """A page of what is still to be done, the most urgent first."""
    still = select(QualityAction).where(QualityAction.status == "open")
    keys = Key(QualityAction.due_at), Key(QualityAction.id)
    return read_page(session, still, keys, ("actions",), wanted)


def open_actions(session: Session, decision_kind: str | None = None) -> Sequence[QualityAction]:
    """What is still to be done, the most urgent first."""
    wanted = select(QualityAction).where(QualityAction.status == "open")
    if decision_kind is not None:
        wanted = wanted.where(QualityAction.decision_kind == decision_kind)
    return session.scalars(wanted.order_by(QualityAction.due_at, QualityAction.id)).all()

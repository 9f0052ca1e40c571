"""People's judgement of drawn decisions, given before they see what the machine decided.

Some items are judged by two people; where those differ, a third settles it. Nobody judges an item
twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.quality.errors import (
    AlreadyReviewed,
    NotDisputed,
    NotYourItem,
    QualityItemNotFound,
)
from leadflow.quality.review_kinds import JudgementInvalid, ReviewKind, ReviewVerdict, kind_of
from leadflow.quality.schemas import DisputeOut, ItemOut, RevealedOut, ReviewOut
from leadflow.quality.tables import QualityItem, QualityReview
from leadflow.refusals import in_words

BY_DUE = Key(QualityItem.due_at), Key(QualityItem.id)


def waiting_for(
    session: Session, reviewer: str, now: datetime, wanted: Wanted = FIRST
) -> Page[ItemOut]:
    """What this person can judge, oldest first, without anything of the machine's answers: what
    nobody has judged, and what somebody else has that two people judge."""
    mine = exists().where(
        QualityReview.item_id == QualityItem.id, QualityReview.reviewer == reviewer.strip()
    )
    items = select(QualityItem).where(QualityItem.status == "waiting", ~mine)
    found = read_page(session, items, BY_DUE, ("reviews", reviewer.strip()), wanted)
    return found.of(lambda item: ItemOut.of(item, now))


def waiting_one(session: Session, item_id: str, reviewer: str, now: datetime) -> ItemOut:
    """One item that this person can judge, without anything of the machine's answer.

    Raises:
        QualityItemNotFound: no such item.
        AlreadyReviewed: this person has judged it.
        NotYourItem: others have judged it.
    """
    item = session.get(QualityItem, item_id)
    if item is None:
        raise QualityItemNotFound(item_id)
    _may_judge(item, _reviews(session, [item.id]), reviewer.strip())
    return ItemOut.of(item, now)


def judge(
    session: Session,
    item_id: str,
    reviewer: str,
    judgement: Mapping[str, Any],
    comment: str,
    now: datetime,
) -> RevealedOut:
    """Take a person's judgement, then reveal what the machine had decided.

    Raises:
        QualityItemNotFound: no such item.
        AlreadyReviewed: this person has judged it.
        NotYourItem: no reviewer named, or others have judged it meanwhile.
        JudgementInvalid: not an answer to this item.
    """
    reviewer = _named(reviewer)
    item = _held(session, item_id)
    earlier = _reviews(session, [item.id])
    _may_judge(item, earlier, reviewer)
    kind = kind_of(item.decision_kind)
    compared = kind.compare(said := _read(kind, judgement, item), item.answer)
    review = QualityReview(
        item_id=item.id,
        reviewer=reviewer,
        judgement=said.model_dump(mode="json"),
        comment=comment.strip(),
        judged_at=now,
        **vars(compared),
    )
    session.add(review)
    before, item.status = item.status, _status(item, [*earlier, review])
    session.flush()
    audit.record(
        session,
        reviewer,
        "quality.judged",
        item.id,
        {"verdict": review.verdict, "severity": review.severity},
        said=review.comment or None,
        before={"status": before},
        after={"status": item.status},
    )
    return _revealed(item, review)


def disputed(
    session: Session, person: str, now: datetime, wanted: Wanted = FIRST
) -> Page[DisputeOut]:
    """What this person can settle: items that two others saw differently, oldest first."""
    mine = exists().where(
        QualityReview.item_id == QualityItem.id, QualityReview.reviewer == person.strip()
    )
    items = select(QualityItem).where(QualityItem.status == "disputed", ~mine)
    found = read_page(session, items, BY_DUE, ("disputes", person.strip()), wanted)
    reviews = _reviews(session, [item.id for item in found.items])
    return found.of(
        lambda item: DisputeOut(
            **ItemOut.of(item, now).model_dump(),
            lead_id=item.lead_id,
            answer=item.answer,
            reviews=[ReviewOut.of(review) for review in reviews if review.item_id == item.id],
        )
    )


def settle(
    session: Session, item_id: str, by: str, verdict: ReviewVerdict, now: datetime
) -> QualityItem:
    """Have a third person say whether the machine was right, where two reviewers differ.

    Raises:
        QualityItemNotFound: no such item.
        NotDisputed: two reviewers do not differ about it, or it was settled.
        NotYourItem: nobody named, or one of the two reviewers.
    """
    by = _named(by)
    item = _held(session, item_id)
    if item.status != "disputed":
        raise NotDisputed(item.id, item.status)
    if by in {review.reviewer for review in _reviews(session, [item.id])}:
        raise NotYourItem(f"You have judged {item.id}. Somebody else settles it.")
    item.status, item.settled_verdict = "settled", verdict
    item.settled_by, item.settled_at = by, now
    session.flush()
    audit.record(
        session,
        by,
        "quality.settled",
        item.id,
        before={"status": "disputed"},
        after={"status": item.status, "verdict": verdict},
    )
    return item


def _held(session: Session, item_id: str) -> QualityItem:
    """The item, held until the transaction ends: reviewers come one after the other."""
    wanted: Select[tuple[QualityItem]] = select(QualityItem).where(QualityItem.id == item_id)
    item = session.scalars(
        wanted.with_for_update().execution_options(populate_existing=True)
    ).first()
    if item is None:
        raise QualityItemNotFound(item_id)
    return item


def _reviews(session: Session, item_ids: Sequence[str]) -> Sequence[QualityReview]:
    return session.scalars(
        select(QualityReview)
        .where(QualityReview.item_id.in_(item_ids))
        .order_by(QualityReview.judged_at, QualityReview.id)
    ).all()


def _named(person: str) -> str:
    person = person.strip()
    if not person:
        raise NotYourItem("Say who you are: every judgement is somebody's.")
    return person


def _may_judge(item: QualityItem, earlier: Sequence[QualityReview], reviewer: str) -> None:
    if reviewer in {review.reviewer for review in earlier}:
        raise AlreadyReviewed(item.id)
    if item.status != "waiting":
        raise NotYourItem(f"Others have judged {item.id} meanwhile. Take the next one that waits.")


def _read(kind: ReviewKind, judgement: Mapping[str, Any], item: QualityItem) -> Any:
    try:
        said = kind.judgement.model_validate(dict(judgement))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'judgement'}: {in_words(fault)}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise JudgementInvalid(f"Correct the judgement and send it again. {faults}") from None
    kind.check(said, item.shown)
    return said


def _status(item: QualityItem, reviews: Sequence[QualityReview]) -> str:
    if item.second_review and len(reviews) < 2:
        return "waiting"
    return "reviewed" if len({review.category for review in reviews}) == 1 else "disputed"


NEXT = {
    "waiting": "Another person judges this one too.",
    "reviewed": "Nothing more is needed here. If something should change, open an action.",
    "disputed": "Another reviewer saw it differently: a third person settles it.",
}


def revealed(session: Session, item_id: str, reviewer: str) -> RevealedOut | None:
    """What the machine had decided, for somebody who has judged it; None for anybody else."""
    mine = [one for one in _reviews(session, [item_id]) if one.reviewer == reviewer]
    return _revealed(session.get_one(QualityItem, item_id), mine[0]) if mine else None


def _revealed(item: QualityItem, review: QualityReview) -> RevealedOut:
    return RevealedOut.model_validate(
        {
            "id": item.id,
            "lead_id": item.lead_id,
            "decision_kind": item.decision_kind,
            "status": item.status,
            "answer": item.answer,
            "verdict": review.verdict,
            "severity": review.severity,
            "next_step": NEXT[item.status],
        }
    )

"""Several decisions at once, each taken by itself: what one's policy refuses holds up no other."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.approvals.decision_kinds import alone_because
from leadflow.approvals.service import ApprovalNotFound, get
from leadflow.approvals.tables import Approval
from leadflow.assignment.team.naming import names_of_leads
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.review import approvals
from leadflow.gateway.api.review.approval_schemas import DecisionIn
from leadflow.gateway.api.review.to_do import APPROVAL, ToDo
from leadflow.gateway.console.forms import Deciding, OnPage, go_to
from leadflow.gateway.console.home.waiting import named
from leadflow.gateway.console.in_words import roles_in
from leadflow.gateway.console.notices import Notice, told_on

router = APIRouter(include_in_schema=False)
PATH = "/console/decisions"
MOST = 100
# Named of those that were not decided; what is told is kept in a cookie.
MOST_NAMED = 5
SAID = {"approve": "approved", "reject": "rejected"}


@router.post(PATH)
def decide(
    request: Request,
    caller: Deciding,
    chosen: Annotated[list[str], Form(max_length=MOST)] = [],  # noqa: B006
    decision: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take the same decision on each of those that were chosen, as they were shown."""
    if not chosen:
        told = Notice("Choose what you decide about.", typed={"reason": reason})
        return told_on(request, "/console", told)
    done, refused = 0, list[str]()
    for one in chosen:
        approval_id, _, content = one.partition(":")
        why_not = _take(caller, approval_id, content, decision, reason)
        done += why_not is None
        if why_not is not None:
            refused.append(why_not)
    words = f"{how_many(done, 'decision')} {of_number(done, 'is', 'are')} {SAID.get(decision, '')}."
    if refused:
        more = len(refused) - MOST_NAMED
        words += f" {len(refused)} not: {' '.join(refused[:MOST_NAMED])}"
        words += f" And {more} more." if more > 0 else ""
    typed = {} if not refused else {"reason": reason}
    return told_on(request, "/console", Notice(words, not refused, typed=typed))


@router.get(PATH)
def back(caller: OnPage) -> Response:
    """Whoever loads the answer of the form again gets the page that the form is on."""
    return go_to("/console")


def choices(session: Session, items: list[ToDo]) -> list[dict[str, Any]]:
    """Of each thing that waits what chooses it (``pick``), or why it is decided alone."""
    ids = [item.id for item in items if item.kind == APPROVAL]
    found = {one.id: one for one in session.scalars(select(Approval).where(Approval.id.in_(ids)))}
    said = []
    for item in items:
        approval = found.get(item.id)
        alone = None if approval is None else alone_because(approval)
        pick = None if approval is None or alone else f"{approval.id}:{approval.content_hash}"
        said.append({"pick": pick, "alone": alone})
    return said


def _take(caller: Actor, approval_id: str, content: str, decision: str, reason: str) -> str | None:
    """Take one decision; why it was not taken, None where it was."""
    try:
        said = DecisionIn.model_validate(
            {"decision": decision, "reason": reason, "content_hash": content}
        )
    except ValidationError:
        return "Say why, for those who read it later, and approve or reject."
    try:
        with unit_of_work() as session:
            approval = get(session, approval_id)
            what = named(
                approval.headline,
                approval.lead_id,
                names_of_leads(session, caller, [approval.lead_id]),
            )
            alone = alone_because(approval)
            if alone is not None:
                return f"{what} {alone}"
            outcome = approvals.take(session, approval_id, said, caller, "page")
            return None if outcome.counted else f"{what} {roles_in(outcome.words)}"
    except ApprovalNotFound as error:
        return str(error)

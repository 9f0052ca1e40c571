"""What is decided about a draft, and carrying it out: exactly what was approved, as long as what it
would change is as it was when it was written."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.approved_act import approved_act
from leadflow.approvals.decision_kinds import DecisionKind, SubjectChanged
from leadflow.approvals.tables import Approval
from leadflow.assignment.team.edits import TerritoryInUse
from leadflow.conditions.values import ValueKind, Values
from leadflow.configuration import service
from leadflow.configuration.kinds import KINDS
from leadflow.configuration.service import Applicant, ConfigurationRefused
from leadflow.drafts.altered import changed_since
from leadflow.drafts.overtaking import (
    ANEW,
    KIND,
    altered_by,
    meanwhile,
    overtaken,
    overtaken_by,
)
from leadflow.drafts.tables import ConfigurationDraft
from leadflow.rules.segments.service import NoSegment, SegmentInUse
from leadflow.sources.service import NoSource

ACT = "apply_configuration_draft"
REFUSED = (ConfigurationRefused, SegmentInUse, NoSegment, NoSource, TerritoryInUse)


def content(session: Session, draft_id: str, _payload: dict[str, Any]) -> dict[str, Any] | None:
    """What is decided about: the change as it was written.

    Raises:
        SubjectChanged: what it would change is another by now.
    """
    draft = session.get(ConfigurationDraft, draft_id)
    if draft is None:
        return None
    if others := changed_since(session, altered_by(draft)):
        raise SubjectChanged(meanwhile(others))
    return {"contents": draft.contents, "take_out": draft.take_out, "altered": draft.altered}


def carry_out(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the act ``apply_configuration_draft`` does, in the name of whoever asked."""

    def apply(approval: Approval) -> dict[str, Any]:
        draft = session.get_one(ConfigurationDraft, approval.subject_id)
        by = Applicant(approval.requested_by, lambda _permission: None)
        try:
            service.apply(session, draft.contents, by, now, draft.take_out)
        except REFUSED as error:
            raise SubjectChanged(f"It cannot be applied any more: {error} {ANEW}") from error
        overtaken(session, {one.kind for one in altered_by(draft)}, now)
        return {"draft": draft.id}

    service.take_turns(session)
    return approvals.carry_out(session, payload["approval_id"], now, apply)


def _kinds() -> Values:
    return tuple(KINDS)


DECISION_KINDS = (
    DecisionKind(
        KIND,
        "Change of what is set up",
        content,
        facts={"configuration": ValueKind.TEXT},
        values={"configuration": _kinds},
        unforeseen="nobody",
        once_approved=overtaken_by,
    ),
)
ACTS = (approved_act(ACT, lambda session, _, payload, now: carry_out(session, payload, now)),)

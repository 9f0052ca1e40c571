"""The kinds of decision there are, each from the room that carries it out. Whoever asks, decides or
carries out imports this first; a decision of a kind that is not here fails."""

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.people import actor_of
from leadflow.accounts.tables import Person
from leadflow.approvals import forgetting
from leadflow.approvals.decision_kinds import KINDS, DecisionKind
from leadflow.approvals.tables import Approval
from leadflow.assignment.team.reach import reaches_lead
from leadflow.assignment.work import reassignment
from leadflow.scoring.learning import promotion
from leadflow.scoring.overrides import service as overrides


def of_reached_leads(session: Session, person: Person, approval: Approval) -> bool:
    """Whether the lead that is decided about is one the person may work on or see."""
    actor: Actor = actor_of(person)
    reach = actor.reach("lead.read")
    return reach is not None and reaches_lead(session, person.rep_id, reach, approval.subject_id)


KINDS["score_override"] = DecisionKind("Score override", overrides.content, of_reached_leads)
KINDS[reassignment.KIND] = DecisionKind(
    "Assignment override", reassignment.content, of_reached_leads
)
KINDS[forgetting.KIND] = DecisionKind("Erasure of data", forgetting.content)
KINDS["model_promotion"] = DecisionKind("Model promotion", promotion.content)

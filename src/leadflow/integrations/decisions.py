"""The kinds of decision there are, each from the room that carries it out. Whoever asks, decides or
carries out imports this first; a decision of a kind that is not here fails."""

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.people import actor_of
from leadflow.accounts.tables import Person
from leadflow.approvals import erasing
from leadflow.approvals.kinds import KINDS, Kind
from leadflow.approvals.tables import Approval
from leadflow.assignment import overriding as reassigning
from leadflow.assignment.reach import reaches_lead
from leadflow.scoring import overrides, promotion


def of_reached_leads(session: Session, person: Person, approval: Approval) -> bool:
    """Whether the lead that is decided about is one the person may work on or see."""
    actor: Actor = actor_of(person)
    reach = actor.reach("lead.read")
    return reach is not None and reaches_lead(session, person.rep_id, reach, approval.subject_id)


KINDS["score_override"] = Kind("Score override", overrides.content, of_reached_leads)
KINDS[reassigning.KIND] = Kind("Assignment override", reassigning.content, of_reached_leads)
KINDS[erasing.KIND] = Kind("Erasure of data", erasing.content)
KINDS["model_promotion"] = Kind("Model promotion", promotion.content)

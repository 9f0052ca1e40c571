"""One lead: finding it, and holding it."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.orm import Session

from leadflow.leads import derive
from leadflow.leads.tables import Lead
from leadflow.privacy.cipher_in_use import get_cipher


class LeadNotFound(RuntimeError):
    """There is no lead with this id."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"There is no lead {lead_id}. Ids look like lead_0199a3f2….")


def get_lead(session: Session, lead_id: str) -> Lead:
    """The lead with this id.

    Raises:
        LeadNotFound: there is none.
    """
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise LeadNotFound(lead_id)
    return lead


def lock_lead(session: Session, lead_id: str) -> Lead:
    """The lead with this id, held until this transaction ends: whoever else writes facts about it
    and scores it waits. Look at the clock after this, so that later facts are later.

    Raises:
        LeadNotFound: there is none.
    """
    found = lock_leads(session, [lead_id])
    if lead_id not in found:
        raise LeadNotFound(lead_id)
    return found[lead_id]


def lock_leads(session: Session, lead_ids: Sequence[str]) -> dict[str, Lead]:
    """The same for many, by id, locked in one order; ids of no lead are absent."""
    these = Lead.id == any_(literal(list(lead_ids), ARRAY(Text)))
    statement = select(Lead).where(these).order_by(Lead.id).with_for_update(key_share=True)
    found = session.scalars(statement.execution_options(populate_existing=True))
    return {lead.id: lead for lead in found}


def lock_ids(session: Session, lead_ids: Sequence[str]) -> set[str]:
    """The same where nothing of the leads is needed: the ids of those that exist."""
    these = Lead.id == any_(literal(list(lead_ids), ARRAY(Text)))
    statement = select(Lead.id).where(these).order_by(Lead.id).with_for_update(key_share=True)
    return set(session.scalars(statement))


def email_index_of(email: str) -> str:
    """What a lead's e-mail address, which is stored encrypted, is found by."""
    return get_cipher().blind_index(derive.normalise_email(email), "email")

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


class LeadMerged(RuntimeError):
    """The lead was merged into another, which stands for it."""

    def __init__(self, lead_id: str, survivor_id: str) -> None:
        super().__init__(
            f"{lead_id} was merged into {survivor_id}, which has all that was known of it: ask for "
            f"that one. GET /leads/{survivor_id}/merges says by which merge, which can be split."
        )
        self.survivor_id = survivor_id


def get_lead(session: Session, lead_id: str) -> Lead:
    """The lead with this id.

    Raises:
        LeadNotFound: there is none.
        LeadMerged: another stands for it.
    """
    lead = session.get(Lead, lead_id)
    if lead is None or lead.merged_into is not None:
        raise absent(lead_id, lead)
    return lead


def absent(lead_id: str, lead: Lead | None) -> LeadNotFound | LeadMerged:
    """Why nothing can be done with this lead: there is none, or another stands for it."""
    if lead is None or lead.merged_into is None:
        return LeadNotFound(lead_id)
    return LeadMerged(lead_id, lead.merged_into)


def lock_lead(session: Session, lead_id: str) -> Lead:
    """The lead with this id, held until this transaction ends: whoever else writes facts about it
    and scores it waits. Look at the clock after this, so that later facts are later.

    Raises:
        LeadNotFound: there is none.
        LeadMerged: another stands for it.
    """
    lead = lock_leads(session, [lead_id]).get(lead_id)
    if lead is None or lead.merged_into is not None:
        raise absent(lead_id, lead)
    return lead


def lock_standing(
    session: Session, lead_ids: Sequence[str]
) -> tuple[dict[str, Lead], dict[str, LeadMerged]]:
    """The same for many, by id; and apart those that others stand for."""
    found = lock_leads(session, lead_ids)
    merged = {
        key: LeadMerged(key, one.merged_into) for key, one in found.items() if one.merged_into
    }
    return {key: one for key, one in found.items() if key not in merged}, merged


def lock_leads(session: Session, lead_ids: Sequence[str]) -> dict[str, Lead]:
    """The same for many, by id, locked in one order; ids of no lead are absent."""
    these = Lead.id == any_(literal(list(lead_ids), ARRAY(Text)))
    statement = select(Lead).where(these).order_by(Lead.id).with_for_update(key_share=True)
    found = session.scalars(statement.execution_options(populate_existing=True))
    return {lead.id: lead for lead in found}


def lock_ids(session: Session, lead_ids: Sequence[str]) -> set[str]:
    """The same where nothing of the leads is needed: the ids of those that exist, and that no other
    lead stands for."""
    named = Lead.id == any_(literal(list(lead_ids), ARRAY(Text)))
    these = named & Lead.merged_into.is_(None)
    statement = select(Lead.id).where(these).order_by(Lead.id).with_for_update(key_share=True)
    return set(session.scalars(statement))


def hold_standing(session: Session, lead_ids: Sequence[str]) -> None:
    """Hold these leads until this transaction ends; ids of no lead are passed over.

    Raises:
        LeadMerged: another lead stands for one of them.
    """
    left = set(lead_ids) - lock_ids(session, lead_ids)
    named = Lead.id == any_(literal(sorted(left), ARRAY(Text)))
    merged = select(Lead.id, Lead.merged_into).where(named, Lead.merged_into.is_not(None))
    for lead_id, survivor_id in session.execute(merged.order_by(Lead.id).limit(1)):
        raise LeadMerged(lead_id, str(survivor_id))


def email_index_of(email: str) -> str:
    """What a lead's e-mail address, which is stored encrypted, is found by."""
    return get_cipher().blind_index(derive.normalise_email(email), "email")

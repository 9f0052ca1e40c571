"""Changing what is known of one lead."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from leadflow.leads import derive
from leadflow.leads.attributes import register_seen
from leadflow.leads.changes import mark_changed
from leadflow.leads.schemas import LeadEdit
from leadflow.leads.service import lock_lead
from leadflow.leads.tables import Lead
from leadflow.leads.updating import change_lead
from leadflow.privacy.cipher_in_use import get_cipher


class LeadChanged(RuntimeError):
    """The lead is no longer what the edit was made of."""

    def __init__(self) -> None:
        super().__init__(
            "The lead has changed since you read it, and nothing was stored. Read it and edit it "
            "as it is now."
        )


class LeadTaken(RuntimeError):
    """Another lead has this e-mail address, or this (source, external_id), already."""


class NoBudgetToCount(ValueError):
    """A currency was sent for a lead whose budget is not known."""

    def __init__(self) -> None:
        super().__init__("The lead has no budget that a currency could belong to: send both.")


def edit_lead(
    session: Session, lead_id: str, edit: LeadEdit, now: datetime, mark: bool = True
) -> Lead:
    """Change the fields that were given; a budget keeps its currency unless one is given.

    Args:
        mark: False where the caller scores the lead in the same unit of work.

    Raises:
        LeadNotFound: there is no such lead.
        LeadTaken: another lead has the e-mail address or the (source, external_id).
        NoBudgetToCount: a currency without a budget.
    """
    lead = lock_lead(session, lead_id)
    register_seen(session, edit.known_attributes())
    whole = edit.model_copy(update=_what_goes_along(lead, edit))
    email_index = lead.email_index
    if "email" in edit.model_fields_set:
        index = get_cipher().blind_index
        email_index = index(derive.normalise_email(edit.email), "email") if edit.email else None
    try:
        with session.begin_nested():
            _set_identity(lead, edit, now)
            changed = change_lead(session, lead, whole, email_index, now)
            session.flush()
    except IntegrityError as error:
        raise _taken(session, lead_id, edit, email_index) from error
    session.refresh(lead)
    if changed and mark:
        mark_changed(session, [lead.id])
    return lead


def _what_goes_along(lead: Lead, edit: LeadEdit) -> dict[str, Any]:
    """What a field that was given is read together with, as it is known."""
    given, along = edit.model_fields_set, dict[str, Any]()
    if "currency" in given and "budget" not in given:
        if lead.budget_minor is None:
            raise NoBudgetToCount
        along["budget"] = lead.budget_minor / 100
    return along


def _set_identity(lead: Lead, edit: LeadEdit, now: datetime) -> None:
    for name in {"source", "external_id"} & edit.model_fields_set:
        if getattr(lead, name) != getattr(edit, name):
            setattr(lead, name, getattr(edit, name))
            lead.updated_at = now


def _taken(session: Session, lead_id: str, edit: LeadEdit, email_index: str | None) -> LeadTaken:
    same_email = select(Lead).where(Lead.email_index == email_index, Lead.id != lead_id)
    other = session.scalars(same_email).first()
    if other is None:
        return LeadTaken(
            f"Another lead of this source has the external_id {edit.external_id} already. Ids of "
            "your own are one lead's."
        )
    if other.merged_into is None:
        return LeadTaken(f"{other.id} has this e-mail address already. Edit that lead instead.")
    if other.merged_into == lead_id:
        return LeadTaken(
            f"This is the e-mail address of {other.id}, which was merged into this lead. The lead "
            "is found by it as it is, and keeps its own: leave the address out."
        )
    return LeadTaken(
        f"This is the e-mail address of {other.id}, which was merged into {other.merged_into}. "
        "Edit that lead instead."
    )

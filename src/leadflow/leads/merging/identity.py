"""Which lead is meant by an address or an id: where it was merged into another, the lead that
stands for it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from leadflow.leads.schemas import LeadFields, LeadIn
from leadflow.leads.tables import Lead

ByEmail = Mapping[str | None, Lead]
ById = Mapping[tuple[str, str | None], Lead]


def lock_known(
    session: Session, leads: Sequence[LeadIn], indexes: Sequence[str]
) -> tuple[ByEmail, ById] | None:
    """The leads that these are, by address and by id: where one was merged into another, the lead
    that stands for it. None: one of them was merged just now."""
    these, stands = meant(leads, indexes), func.coalesce(Lead.merged_into, Lead.id)
    statement = select(Lead).where(Lead.id.in_(select(stands).where(these)))
    held = statement.order_by(Lead.id).with_for_update()
    found = session.scalars(held.execution_options(populate_existing=True)).all()
    if any(lead.merged_into is not None for lead in found):
        return None
    known = {lead.id: lead for lead in found}
    by_email: dict[str | None, Lead] = {}
    by_id: dict[tuple[str, str | None], Lead] = {}
    keys = select(Lead.email_index, Lead.source, Lead.external_id, stands).where(these)
    for index, source, own, lead_id in session.execute(keys).tuples():
        if lead_id not in known:
            return None
        if index is not None:
            by_email[index] = known[lead_id]
        # Leads without an id of their own are not one another.
        if own is not None:
            by_id[source, own] = known[lead_id]
    return by_email, by_id


def as_of_survivor(
    known: Lead, sent: LeadIn, index: str, by_email: ByEmail
) -> tuple[LeadFields, str]:
    """What is sent, with its address's index; without the address where that is of a lead that was
    merged into this one, which keeps its own."""
    if known.email_index in (None, index) or index not in by_email:
        return sent, index
    fields = sent.model_fields_set - {"email"}
    values = {name: getattr(sent, name) for name in type(sent).model_fields}
    own = type(sent).model_construct(_fields_set=fields, **values)
    return own, str(known.email_index)


def meant(leads: Sequence[LeadIn], indexes: Sequence[str]) -> ColumnElement[bool]:
    """Known leads with one of these addresses or ids."""
    conditions = [Lead.email_index == any_(literal(list(indexes), ARRAY(Text)))]
    named = [(lead.source, lead.external_id) for lead in leads if lead.external_id is not None]
    if named:
        conditions.append(tuple_(Lead.source, Lead.external_id).in_(named))
    return or_(*conditions)

"""Which lead is meant by an address or an id: where it was merged into another, the lead that
stands for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, ColumnElement, Text, any_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from leadflow.leads.schemas import LeadFields, LeadIn
from leadflow.leads.tables import Lead


@dataclass(frozen=True)
class Known:
    """Known leads by address and by id: where one was merged into another, the lead that stands for
    it. ``merged_ids``: the ids of those that were."""

    by_email: Mapping[str | None, Lead]
    by_id: Mapping[tuple[str, str | None], Lead]
    merged_ids: frozenset[tuple[str, str]]

    def as_of_survivor(self, lead: Lead, sent: LeadIn, index: str) -> tuple[LeadFields, str | None]:
        """What is sent of this lead, with its address's index; without the address where what names
        the lead is another's that was merged into it, for the lead keeps its own."""
        own = sent.source, sent.external_id
        by_merged_id = own in self.merged_ids and self.by_id.get(own) is lead
        keeps = by_merged_id and lead.email_index is not None
        if lead.email_index == index or not (keeps or index in self.by_email):
            return sent, index
        fields = sent.model_fields_set - {"email"}
        values = {name: getattr(sent, name) for name in type(sent).model_fields}
        return type(sent).model_construct(_fields_set=fields, **values), lead.email_index


def lock_known(session: Session, leads: Sequence[LeadIn], indexes: Sequence[str]) -> Known | None:
    """The known leads that these are, held. None: one of them was merged just now."""
    these, stands = meant(leads, indexes), func.coalesce(Lead.merged_into, Lead.id)
    statement = select(Lead).where(Lead.id.in_(select(stands).where(these)))
    held = statement.order_by(Lead.id).with_for_update()
    found = session.scalars(held.execution_options(populate_existing=True)).all()
    if any(lead.merged_into is not None for lead in found):
        return None
    known = {lead.id: lead for lead in found}
    by_email: dict[str | None, Lead] = {}
    by_id: dict[tuple[str, str | None], Lead] = {}
    merged_ids: set[tuple[str, str]] = set()
    keys = select(Lead.id, Lead.email_index, Lead.source, Lead.external_id, stands).where(these)
    for lead_id, index, source, own, standing_id in session.execute(keys).tuples():
        if standing_id not in known:
            return None
        if index is not None:
            by_email[index] = known[standing_id]
        # Leads without an id of their own are not one another.
        if own is not None:
            by_id[source, own] = known[standing_id]
            merged_ids |= {(source, own)} if lead_id != standing_id else set()
    return Known(by_email, by_id, frozenset(merged_ids))


def meant(leads: Sequence[LeadIn], indexes: Sequence[str]) -> ColumnElement[bool]:
    """Known leads with one of these addresses or ids."""
    conditions = [Lead.email_index == any_(literal(list(indexes), ARRAY(Text)))]
    named = [(lead.source, lead.external_id) for lead in leads if lead.external_id is not None]
    if named:
        conditions.append(tuple_(Lead.source, Lead.external_id).in_(named))
    return or_(*conditions)

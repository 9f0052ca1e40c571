"""What of a known lead those may change who may only bring leads in."""

from typing import Literal

from leadflow.leads.columns import COUNTERS
from leadflow.leads.schemas import LeadFields
from leadflow.leads.tables import Lead

# ``all``: every field that is sent; ``empty``: fields that nothing is known of; ``nothing``.
MayChange = Literal["all", "empty", "nothing"]
STORED_AS = {"budget": "budget_minor", "currency": "budget_currency"}


def only_missing(known: Lead, lead: LeadFields) -> LeadFields:
    """The lead with only those of its fields that nothing is known of yet, attributes by name.
    Counts share the moment at which they were taken: none is added where there are some."""
    counted = known.counted_at is not None
    given = {
        name
        for name in lead.model_fields_set
        if name == "attributes" or _is_missing(known, name, counted)
    }
    # A budget and its currency are one value.
    given -= set() if known.budget_minor is None else {"currency"}
    values = {name: getattr(lead, name) for name in type(lead).model_fields}
    values["attributes"] = {
        name: value for name, value in lead.attributes.items() if name not in known.attributes
    }
    return type(lead).model_construct(_fields_set=given, **values)


def _is_missing(known: Lead, name: str, counted: bool) -> bool:
    if name in COUNTERS:
        return not counted
    return getattr(known, STORED_AS.get(name, name)) is None

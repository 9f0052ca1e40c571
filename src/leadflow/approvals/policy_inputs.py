"""The inputs that policies may ask about a decision on a lead."""

from typing import Any

from leadflow.accounts.delegation import Requester
from leadflow.leads.tables import Lead


def facts_of(lead: Lead, by: Requester, priority: str) -> dict[str, Any]:
    """Its value (the budget, in the lead's own currency; left out where nobody has said it), how
    urgent it is, and who asks."""
    known: dict[str, Any] = {
        "priority": priority,
        "requester": by.id,
        "requester_roles": sorted(by.roles),
    }
    if lead.budget_minor is not None:
        known |= {"value": lead.budget_minor / 100, "currency": lead.budget_currency}
    return known

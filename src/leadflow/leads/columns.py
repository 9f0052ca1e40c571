"""The column values of a lead that was sent: as given, and as derived from it."""

from typing import Any

from leadflow.leads import derive
from leadflow.leads.places import KnownPlace, moved, place, renamed
from leadflow.leads.readers.job_titles import seniority
from leadflow.leads.readers.phones import A_NUMBER
from leadflow.leads.schemas import LeadFields
from leadflow.leads.tables import Lead
from leadflow.privacy.name_index import name_index
from leadflow.settings import get_settings

COUNTERS = ("website_visits", "email_opens", "content_downloads")
# What is known of the person and their company, in plain columns.
PROFILE = ("company_name", "company_size", "industry", "job_title", "seniority", "location")
# Encrypted, and found by the index beside each (``privacy/name_index.py``).
NAMES = ("first_name", "last_name")
AS_GIVEN = (*NAMES, "company_name", "company_size", "service_requirements")


class NotAPhone(ValueError):
    """What is sent as a lead's telephone number is none, dialled from its country."""

    def __init__(self, country: str | None) -> None:
        where = "" if country is None else f" in {country}, where the lead is"
        super().__init__(f"phone: it is no number{where}. Write {A_NUMBER}; nothing was stored.")


def given_columns(lead: LeadFields, known: Lead | None = None) -> dict[str, Any]:
    """The columns of the fields that were given, with what is derived from them and from what is
    ``known`` of the lead: a value that is made of two fields takes the other one from there.

    Raises:
        NotAPhone: the telephone number cannot be dialled.
    """
    given = lead.model_fields_set
    columns = _place(lead, known)
    if "email" in given:
        email = derive.normalise_email(lead.email) if lead.email else None
        columns |= {"email": email, "email_kind": derive.email_kind(email)}
    columns |= {name: getattr(lead, name) for name in (*AS_GIVEN, *COUNTERS) if name in given}
    columns |= {f"{name}_index": name_index(getattr(lead, name)) for name in NAMES if name in given}
    if "industry" in given:
        columns["industry"] = lead.industry.lower() if lead.industry else None
    if "phone" in given:
        country = columns.get("country", known and known.country)
        phone = derive.normalise_phone(lead.phone, country)
        if phone is None and lead.phone is not None:
            raise NotAPhone(country)
        columns |= {"phone": phone, "has_phone": phone is not None}
    if "job_title" in given:
        columns |= {"job_title": lead.job_title, "seniority": seniority(lead.job_title)}
    if "timeline" in given:
        months = derive.timeline_months(lead.timeline)
        columns |= {"timeline": lead.timeline, "timeline_months": months}
    return columns | _budget(lead)


def _place(lead: LeadFields, known: Lead | None) -> dict[str, Any]:
    said = {"location", "country"} & lead.model_fields_set
    if not said:
        return {}
    columns: dict[str, Any] = {"location": lead.location} if "location" in said else {}
    if "country" in said:
        columns["country_said"] = lead.country is not None
    if known is None or len(said) == 2:
        found = place(lead.location, lead.country)
    else:
        before = KnownPlace(
            known.location, known.country, known.region, said=bool(known.country_said)
        )
        found = (
            moved(lead.location, before) if "location" in said else renamed(lead.country, before)
        )
    return columns | dict(zip(("country", "region"), found, strict=True))


def _budget(lead: LeadFields) -> dict[str, Any]:
    if "budget" not in lead.model_fields_set:
        return {}
    if lead.budget is None:
        return {"budget_minor": None, "budget_currency": None}
    currency = lead.currency or get_settings().default_currency
    return {"budget_minor": round(lead.budget * 100), "budget_currency": currency}

"""The fields of a lead that are edited on its page, as they are typed. Pure."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from features.normal_forms import plain_text
from leadflow.gateway.api.leads.schemas import LeadOut
from leadflow.gateway.console.one_lead.own_fields import PREFIX
from leadflow.leads.readers.numbers import read_number

LABELS_OF_FIELDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone": "Phone",
    "company_name": "Company",
    "company_size": "People there",
    "industry": "Industry",
    "job_title": "Job title",
    "location": "Where",
    "country": "Country",
    "budget": "Budget",
    "currency": "Currency",
    "timeline": "Wants to start",
}
FIELDS = tuple(LABELS_OF_FIELDS)
NUMBERS = ("company_size", "budget")
Line = Annotated[str, StringConstraints(max_length=1000)]
# As long as a text of an attribute may be, with room for the ends of lines.
OfAttribute = Annotated[str, StringConstraints(max_length=10_000)]


class TypedFields(BaseModel):
    """The form: each field as it was typed, and the version of the lead that it was shown of. A
    company's own attributes come besides, as ``attributes.NAME``."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, OfAttribute]

    version: Line = ""
    first_name: Line = ""
    last_name: Line = ""
    email: Line = ""
    phone: Line = ""
    company_name: Line = ""
    company_size: Line = ""
    industry: Line = ""
    job_title: Line = ""
    location: Line = ""
    country: Line = ""
    budget: Line = ""
    currency: Line = ""
    timeline: Line = ""

    def attributes(self) -> dict[str, str]:
        """What was typed of attributes, by their names, as a program's texts are read."""
        return {
            name.removeprefix(PREFIX): plain_text(typed)
            for name, typed in self.__pydantic_extra__.items()
            if name.startswith(PREFIX)
        }


def as_typed(lead: LeadOut) -> dict[str, str]:
    """Each field as the form shows it; empty where nothing is known."""
    return {name: _text(getattr(lead, name)) for name in FIELDS}


def as_read(name: str, typed: str) -> str | float | None:
    """What was typed into a field; None where it was emptied.

    Raises:
        NotANumber: the field is a number, and this is none.
    """
    if not typed:
        return None
    if name not in NUMBERS:
        return typed
    number = read_number(typed, decimal=None)
    return int(number) if number.is_integer() else number


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}".removesuffix(".00") if isinstance(value, float) else str(value)

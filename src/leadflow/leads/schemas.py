"""A lead as a program sends it."""

import re
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    validate_email,
)
from pydantic_core import PydanticCustomError

from features.normal_forms import plain_text
from leadflow.exact import WRITTEN_AS_NUMBER, exact, in_hundredths, of_an_edit
from leadflow.leads.places import country_code
from leadflow.leads.readers.money import Currency
from leadflow.leads.readers.phones import A_NUMBER, may_be_a_number

LONGEST_TEXT = 5000
# What most addresses look like; all others, and all domains, are the library's to judge.
PLAIN_ADDRESS = re.compile(r"(?P<local>[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)@(?P<domain>[A-Za-z0-9.-]+)")
LONGEST_PLAIN = 60

# What is told of a lead, by the names that files, programs and lists call it.
ProfileField = Literal[
    "email",
    "first_name",
    "last_name",
    "phone",
    "company_name",
    "company_size",
    "industry",
    "job_title",
    "location",
    "country",
    "budget",
    "currency",
    "timeline",
    "service_requirements",
]


def _blank_is_missing(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _in_plain_form(value: Any) -> Any:
    return plain_text(value) if isinstance(value, str) else value


def _printable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("must not contain half a character (a lone surrogate)")
    return value


@lru_cache(maxsize=20_000)
def _domain(domain: str) -> str | None:
    """A domain as the library for e-mail addresses writes it; None where it takes no address there.
    Most leads share theirs with others, and looking at one takes longer than scoring a lead."""
    try:
        return validate_email(f"a@{domain}")[1].removeprefix("a@")
    except PydanticCustomError:
        return None


def _address(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    given = value.strip() if isinstance(value, str) else value
    if isinstance(given, str) and (plain := PLAIN_ADDRESS.fullmatch(given)) is not None:
        known = _domain(plain["domain"]) if len(given) <= LONGEST_PLAIN else None
        if known is not None:
            return f"{plain['local']}@{known}"
    try:
        return check(given)
    except ValidationError as error:  # whose message may repeat parts of the address
        said = "must be an e-mail address such as ada@example.com"
        raise PydanticCustomError("email", said) from error


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return exact(value)
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ValueError("must be text of at most 5,000 characters, a number, true, false or null")
    return plain_text(_printable(value))


def _country(value: str | None) -> str | None:
    if value is not None and country_code(value) is None:
        raise ValueError("must be a country's name or its ISO 3166 code, such as Germany or DE")
    return value


def _phone(value: str | None) -> str | None:
    # Whether a number is one may hang on the country that is known of its lead (``columns``).
    if value is not None and not may_be_a_number(value):
        raise ValueError(f"must be {A_NUMBER}")
    return value


def _to_the_hundredth(value: float) -> float:
    if not in_hundredths(value):
        raise ValueError(f"must have at most two decimals: send {value:.2f}, if that is meant")
    return value


Text = Annotated[
    str,
    BeforeValidator(_in_plain_form),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_printable),
]
# A blank one is taken as none, which the type alone does not say.
Short = Annotated[
    Text | None,
    BeforeValidator(_blank_is_missing),
    WithJsonSchema({"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]}),
]
Address = Annotated[EmailStr, WrapValidator(_address)]
Count = Annotated[int, Field(ge=0, le=1_000_000), WRITTEN_AS_NUMBER]
People = Annotated[int, Field(ge=0, le=10_000_000), WRITTEN_AS_NUMBER]
Sum = Annotated[
    float,
    Field(ge=0, le=1e12, allow_inf_nan=False),
    WRITTEN_AS_NUMBER,
    AfterValidator(_to_the_hundredth),
]
AttributeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
# Null empties it.
AttributeValue = Annotated[StrictBool | float | str | None, BeforeValidator(_plain)]


OF_A_SUM = "In units of the currency, with at most two decimals."
EXAMPLE: dict[str, Any] = {
    "email": "john.doe@techcorp.com",
    "company_name": "TechCorp Inc",
    "company_size": 150,
    "industry": "technology",
    "job_title": "VP of Marketing",
    "location": "San Francisco, CA",
    "budget": 25000,
    "timeline": "1-3 months",
    "service_requirements": ["marketing automation", "crm integration"],
    "website_visits": 8,
    "email_opens": 5,
    "content_downloads": 2,
}


class LeadFields(BaseModel):
    """Everything that can be known of a lead."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Annotated[EmailStr | None, WrapValidator(_address)] = None
    first_name: Short = None
    last_name: Short = None
    phone: Annotated[Short, AfterValidator(_phone)] = Field(
        default=None, max_length=40, description="Kept as +14155550123, an extension as ;ext=5."
    )
    company_name: Short = None
    company_size: People | None = Field(default=None, description="People.")
    industry: Short = None
    job_title: Short = None
    location: Short = Field(default=None, description="As written, such as San Francisco, CA.")
    country: Annotated[Short, AfterValidator(_country)] = Field(
        default=None, description="A name or an ISO 3166 code."
    )
    budget: Sum | None = Field(default=None, description=OF_A_SUM)
    currency: Currency | None = Field(
        default=None,
        description="ISO 4217. Unset: LEADFLOW_DEFAULT_CURRENCY.",
    )
    timeline: Short = Field(default=None, description="Such as 1-3 months, or immediately.")
    service_requirements: list[Text] | None = Field(default=None, max_length=50)
    website_visits: Count | None = None
    email_opens: Count | None = None
    content_downloads: Count | None = None
    attributes: dict[AttributeName, AttributeValue] = Field(
        default_factory=dict,
        max_length=100,
        description="Anything else you know, by name; null empties one. Whole numbers from "
        "9007199254740992 on are sent as text.",
    )
    source: Text = "api"
    external_id: Short = Field(default=None, description="Your own id of this lead.")

    def known_attributes(self) -> dict[str, bool | float | str]:
        """The attributes that have a value; the others are emptied."""
        return {name: value for name, value in self.attributes.items() if value is not None}


class LeadIn(LeadFields):
    """What is known of a lead. Only the e-mail address is required; send what you have."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    email: Address


def _of_an_edit(schema: dict[str, Any]) -> None:
    of_an_edit(schema)
    schema["examples"] = [{"budget": 40000}]


class LeadEdit(LeadFields):
    """What changes of a lead: fields that are not sent stay as they are, null empties one, and
    attributes are merged by name."""

    model_config = ConfigDict(json_schema_extra=_of_an_edit)

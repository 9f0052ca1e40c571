"""What a program may send, and what it hears when it sends something else."""

from typing import Any

import pytest
from pydantic import ValidationError

from leadflow.leads.schemas import LeadIn


def test_only_the_address_is_required() -> None:
    lead = LeadIn.model_validate({"email": " Ada@Example.com "})
    assert lead.model_fields_set == {"email"}
    assert lead.source == "api"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada-at-example.com"},
        {"budgett": 1},
        {"company_size": -1},
        {"company_size": 1.5},
        {"budget": float("inf")},
        {"budget": -0.01},
        {"currency": "dollars"},
        {"website_visits": -3},
        {"industry": "x" * 201},
        {"company_name": "a\x00b"},
        {"service_requirements": ["seo"] * 51},
        {"attributes": {"Bad Name": 1}},
        {"attributes": {"seats": [1, 2]}},
        {"attributes": {"seats": 2**53}},
        {"phone": "call me"},
        {"country": "Atlantis"},
        {"attributes": {"seats": float("nan")}},
        {"attributes": {"seats": 10**400}},
        {"attributes": {"note": "x" * 5001}},
        {"attributes": {"note": "a\x00b"}},
        {"attributes": {"note": "\ud800"}},
        {"company_name": "\ud800"},
    ],
)
def test_what_is_out_of_bounds_is_refused(body: dict[str, Any]) -> None:
    good = {} if not body else {"email": "ada@example.com"}
    with pytest.raises(ValidationError):
        LeadIn.model_validate(good | body)


def test_attributes_keep_their_kind() -> None:
    sent = {"plan": " pro ", "seats": 12, "trial": True}
    lead = LeadIn.model_validate({"email": "ada@example.com", "attributes": sent})
    assert lead.attributes == {"plan": "pro", "seats": 12.0, "trial": True}
    assert lead.attributes["trial"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"email": "secret\u2603@sec ret"},
        {"email": "ada@example.com", "phone": "secret" * 20},
        {"email": "ada@example.com", "company_size": "secret"},
        {"email": "ada@example.com", "attributes": {"seats": ["secret"]}},
    ],
)
def test_an_error_never_repeats_the_value(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        LeadIn.model_validate(body)
    assert "secret" not in str(error.value)
    assert all("secret" not in problem["msg"] for problem in error.value.errors())

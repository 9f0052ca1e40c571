"""An e-mail address is what the library for them says, however quickly that is found."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError, validate_email
from pydantic_core import PydanticCustomError

from leadflow.leads.schemas import LeadIn
from tests.examples import examples

locals_ = st.text("abz09AZ._+-'é @", min_size=1, max_size=12)
domains = st.text("abz09AZ.-_é", min_size=1, max_size=12) | st.sampled_from(
    ["example.com", "EXAMPLE.com", "bücher.de", "x.test", "localhost", "a.local", "a..b", "-a.com"]
)


def by_the_library(text: str) -> str | None:
    try:
        return validate_email(text)[1]
    except PydanticCustomError:
        return None


def by_us(text: str) -> str | None:
    try:
        return LeadIn.model_validate({"email": text}).email
    except ValidationError:
        return None


@settings(max_examples=examples(600))
@given(locals_, domains)
@example("info", "Example.COM")
@example("a", "x.test")
@example("a" * 64, "example.com")
@example("a" * 65, "example.com")
@example(".a", "example.com")
@example("a..b", "example.com")
def test_an_address_is_taken_and_written_as_the_library_does(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    if not text.isprintable() or text != text.strip():
        return
    assert by_us(text) == by_the_library(text)


@pytest.mark.parametrize("text", ["Ada <ada@example.com>", "ada@example.com,", "ada@", "@b.com"])
def test_what_is_no_bare_address_is_as_before(text: str) -> None:
    assert by_us(text) == (None if by_the_library(text) is None else "ada@example.com")

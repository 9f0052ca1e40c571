"""What somebody says of an endpoint: where it is, what it wants, whether with personal data."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from leadflow.conditions.problems import nearest
from leadflow.domain_events.types import TYPES
from leadflow.exact import Flag

NAME = r"^[a-z][a-z0-9_-]{0,62}$"
Name = Annotated[str, Field(pattern=NAME, description="How people and rules call it.")]
Url = Annotated[str, Field(min_length=8, max_length=2000)]
Description = Annotated[str, Field(max_length=500)]
Types = Annotated[list[str], Field(min_length=1, max_length=50)]


class EndpointInvalid(ValueError):
    """An endpoint cannot be so; the message says why."""


class EndpointIn(BaseModel):
    """An endpoint as it is to be."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name
    url: Url = Field(description="https://host/path. Who may read endpoints sees it whole.")
    description: Description = ""
    types: Types = Field(description="Types of messages that it wants.")
    include_personal: Flag = Field(
        default=False, description="Whether messages say whose lead it is: name, e-mail, phone."
    )


class EndpointChange(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    url: Url | None = None
    description: Description | None = None
    types: Types | None = None
    include_personal: Flag | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.said:
            raise ValueError("Say what is to change: url, description, types, include_personal.")
        return self

    @property
    def said(self) -> Mapping[str, Any]:
        """What was said, by field."""
        return self.model_dump(exclude_none=True)


def known_types(given: Sequence[str]) -> list[str]:
    """These types, each once, in the order in which they are documented.

    Raises:
        EndpointInvalid: there is no such type.
    """
    for one in given:
        if one not in TYPES:
            raise EndpointInvalid(
                f"There is no type of message {one[:80]!r}. {nearest(one, list(TYPES))} There are: "
                f"{', '.join(TYPES)}."
            )
    return [one for one in TYPES if one in given]

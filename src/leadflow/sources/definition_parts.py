"""The parts of a source: how it is proved, what of it is an event, what it starts."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from leadflow.hours import zone_named
from leadflow.leads.files.mapping_parts import Duration
from leadflow.sources.signatures.signed_bodies import Digest

KIND = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")
Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]
Path_ = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


Zone = Annotated[str, AfterValidator(lambda name: zone_named(name).key)]


class Part(BaseModel):
    """A part of a source: unknown keys are refused, so that a typo is found."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Signature(Part):
    """How the scheme ``hmac`` or ``token`` is spoken here."""

    header: Header | None = None
    digest: Digest = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: Annotated[str, StringConstraints(max_length=40)] = ""
    time_header: Header | None = None


class DeliveryId(Part):
    """Where a delivery's own id stands: in a header, or at a path in its body."""

    header: Header | None = None
    path: Path_ | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.header is None) == (self.path is None):
            raise ValueError("give either a header or a path")
        return self


class Choice(Part):
    """A path whose values stand for others; those that are not named stand for nothing."""

    path: Path_
    values: dict[str, str] = Field(min_length=1)


class Start(Part):
    """A deployment that is started where a record says so: once for all that arrive within
    ``every``, at its end. ``parameters`` are as they stand here: what people send is no parameter,
    for Prefect shows it to everybody."""

    deployment: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    only: Path_ | None = None
    parameters: dict[str, str | int | float | bool | None] = Field(
        default_factory=dict, max_length=50
    )
    every: Duration = timedelta(seconds=10)


class EventMapping(Part):
    """What the lead of a record did: one event, or one for each item of a list (``each``)."""

    type: str | Choice = Field(description="The event type, or a path whose values stand for some.")
    each: Path_ | None = None
    only: Path_ | None = None
    occurred_at: Path_ | None = None
    external_id: Path_ | None = None
    payload: dict[str, Path_] = Field(default_factory=dict, max_length=50)

    def paths(self) -> Iterator[tuple[str, str]]:
        """Every path, with where it stands."""
        for name in ("each", "only", "occurred_at", "external_id"):
            if (path := getattr(self, name)) is not None:
                yield name, path
        if isinstance(self.type, Choice):
            yield "type.path", self.type.path
        yield from ((f"payload.{name}", path) for name, path in self.payload.items())

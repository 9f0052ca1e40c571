"""Schema of a problem document, the answer where something could not be done."""

from pydantic import BaseModel, Field


class ProblemOut(BaseModel):
    """An error (RFC 9457). ``type`` is stable; ``errors`` names each field of a 422, or each
    place of a rule set."""

    type: str
    title: str
    status: int
    detail: str | None
    errors: list[dict[str, str]] | None = None
    survivor_id: str | None = Field(
        default=None, description="Of `lead-merged`: the lead that stands for the one asked for."
    )

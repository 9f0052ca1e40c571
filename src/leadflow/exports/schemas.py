"""What is asked of an export, and what is told of one."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from leadflow.exports.tables import LeadExport
from leadflow.search.schemas import WHERE, LeadQuestion, Short

Format = Literal["csv", "parquet"]
State = Literal["queued", "waiting", "running", "done", "failed", "refused", "expired", "cancelled"]
FILE = "/leads/exports/{id}/file"


class ExportIn(LeadQuestion):
    """Which leads, which of their fields, and in what kind of file."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"format": "csv", "where": WHERE, "sort": "-score"}]}
    )

    format: Format
    why: Short | None = Field(
        None, description="What it is for; shown to whoever is asked to approve it."
    )

    def question(self) -> dict[str, Any]:
        """The search alone, as it is kept."""
        own = {"format", "why"}
        return self.model_dump(mode="json", exclude=own, exclude_none=True)


class ExportOut(BaseModel):
    """An export, how far it is, and where its file is."""

    id: str
    state: State = Field(
        description="queued: yet to be written. waiting: for an approval. running: being written. "
        "done: the file is there. failed, refused (nobody approved it), expired, cancelled (by "
        "you): it is not."
    )
    format: Format
    asked_at: datetime
    leads: int | None = Field(description="How many it will hold; empty: not counted yet.")
    written: int = Field(description="How many of them so far.")
    size: int | None = Field(description="Bytes of the file, once it is done.")
    file: str | None = Field(description="Where the file is, once it is done.")
    expires_at: datetime | None = Field(description="When the file goes.")
    approval_id: str | None = Field(description="The decision that it waits, or waited, for.")
    error: str | None = Field(description="Why there is no file, and what to do.")

    @classmethod
    def of(cls, made: LeadExport) -> "ExportOut":
        """From the stored row."""
        told = {name: getattr(made, name) for name in cls.model_fields if name != "file"}
        file = FILE.format(id=made.id) if made.state == "done" else None
        return cls(**told, file=file)

"""What is told of an import, of its mapping, and of what was taken back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from leadflow.intake.undoing import Undone
from leadflow.uploads.listing import Shown
from leadflow.uploads.mappings import Said
from leadflow.uploads.tables import ImportUndoing

State = Literal[
    "uploaded",
    "queued",
    "running",
    "done",
    "failed",
    "gone",
    "interrupted",
    "undoing",
    "undone",
]
COUNTED = ("new", "updated", "unchanged", "outcomes", "set_aside")
MOST_SHOWN = 1000


class ReasonOut(BaseModel):
    """Why rows were set aside, and how many."""

    reason: str = Field(description="The field, and what is wrong. Never the value.")
    rows: int


class StayOut(BaseModel):
    """A lead on which something newer stands."""

    lead_id: str
    why: list[str]


class UndoneOut(BaseModel):
    """What was taken back; with `dry_run`, what would be."""

    dry_run: bool
    deleted: int = Field(description="Leads that the import had made.")
    restored: int = Field(description="Leads whose values are as before.")
    outcomes: int = Field(description="Outcomes it had told.")
    set_aside: int = Field(description="Rows of it that waited to be mended.")
    stay: int = Field(description="Leads on which something newer stands, as far as it does.")
    stays: list[StayOut] = Field(description=f"The first {MOST_SHOWN:,} of them.")

    @classmethod
    def of_result(cls, result: Mapping[str, Any]) -> "UndoneOut":
        """From what is kept of it."""
        stays = [StayOut(lead_id=one, why=why) for one, why in result["stays"].items()]
        return cls(**{**result, "stays": stays}, dry_run=False)

    @classmethod
    def of(cls, done: Undone, dry_run: bool) -> "UndoneOut":
        """From what was done."""
        shown = [StayOut(lead_id=one, why=why) for one, why in done.stays.items()]
        return cls(
            dry_run=dry_run,
            deleted=done.deleted,
            restored=done.restored,
            outcomes=done.outcomes,
            set_aside=done.set_aside,
            stay=len(shown),
            stays=shown[:MOST_SHOWN],
        )


class UndoOut(BaseModel):
    """How far it is to take an import back."""

    state: Literal["queued", "running", "done", "failed"] = Field(
        description="failed: `error` says why, and nothing was changed."
    )
    leads: int | None = Field(description="That the import made or changed; empty: not begun.")
    gone_through: int = Field(description="How many of them so far.")
    undone: UndoneOut | None = Field(description="What was taken back, once it is done.")
    error: str | None

    @classmethod
    def of(cls, undoing: ImportUndoing) -> "UndoOut":
        """From what is stored."""
        told = {
            name: getattr(undoing, name) for name in ("state", "leads", "gone_through", "error")
        }
        undone = None if undoing.result is None else UndoneOut.of_result(undoing.result)
        return cls(**told, undone=undone)


class ImportOut(BaseModel):
    """An import, and what has come of the rows of its file so far."""

    id: str
    state: State = Field(
        description="uploaded: say what its columns mean, and start it. queued: it is imported "
        "next. running: rows are read. done: all are. failed: `error` says why, and what was "
        "stored before stays. gone: the file was not imported in time. interrupted: brought in on "
        "the machine (`leadflow import FILE`), and not at its end. undoing: it is taken back, see "
        "`undo`. undone: it was."
    )
    file: str
    source: str | None = Field(description="Where its leads come from, as the mapping says.")
    sent_by: str | None = Field(description="Who sent the file; empty: brought in on the machine.")
    started_by: str | None
    received_at: datetime
    ended_at: datetime | None
    size: int | None = Field(description="Bytes of the file that was sent.")
    rows_in_file: int | None = Field(description="Counted as it came.")
    rows: int = Field(description="Read so far.")
    new: int = Field(description="Leads that were not known.")
    updated: int = Field(description="Leads of which something else is known now.")
    unchanged: int = Field(description="Leads of which all was known.")
    outcomes: int = Field(description="Leads whose end it told.")
    set_aside: int = Field(description="Rows that failed their checks: GET /imports/ID/rows.")
    reasons: list[ReasonOut] = Field(description="Why rows were set aside, the most first.")
    taken_out: dict[str, int] = Field(
        description="Of how many leads a value was taken out that the mapping says no longer."
    )
    known_since: datetime | None = Field(
        description="The same file was imported by the same mapping then; nothing was left to do, "
        "and there is nothing to take back."
    )
    same_as: str | None = Field(
        description="The import that did; rows that it set aside are among its own."
    )
    file_until: datetime | None = Field(description="When the file goes, unless it is started.")
    error: str | None = Field(description="Why it is not done, and what to do.")
    undo: UndoOut | None = Field(description="How far it is to take it back, where that was asked.")

    @classmethod
    def of(cls, shown: Shown) -> "ImportOut":
        """From what is stored."""
        told, upload, inbox = shown.figures, shown.upload, shown.inbox
        reasons = sorted(told.get("reasons", {}).items(), key=lambda one: -one[1])
        said: dict[str, Any] = {
            "id": inbox.id if upload is None and inbox is not None else "",
            "file": told.get("file", ""),
            "received_at": None if inbox is None else inbox.received_at,
            "ended_at": None if inbox is None else inbox.handled_at,
        }
        if upload is not None:
            own = ("id", "file", "started_by", "received_at", "size", "known_since", "error")
            said = {name: getattr(upload, name) for name in own}
            said |= {"sent_by": upload.uploaded_by, "rows_in_file": upload.rows}
            said |= {"ended_at": upload.ended_at, "file_until": upload.expires_at}
        nothing = dict.fromkeys(
            ("sent_by", "started_by", "size", "rows_in_file", "known_since", "file_until", "error")
        )
        return cls(
            **nothing | said,
            state=shown.state,
            source=shown.source,
            rows=told.get("rows", 0),
            **{name: told.get(name, 0) for name in COUNTED},
            reasons=[ReasonOut(reason=reason, rows=rows) for reason, rows in reasons],
            taken_out=told.get("taken_out") or {},
            same_as=shown.same_as,
            undo=None if shown.undoing is None else UndoOut.of(shown.undoing),
        )


class ColumnOut(BaseModel):
    """What a column of the file is to become, and why."""

    column: str
    becomes: str
    why: str


class MappingOut(BaseModel):
    """What the columns of a file mean, in the keys of a mapping's YAML."""

    model_config = ConfigDict(from_attributes=True)

    mapping: dict[str, Any]
    confirmed: bool = Field(description="Somebody sent it. Else it is the proposal.")
    columns: list[ColumnOut] = Field(
        description="What each column becomes, and why: as the mapping says, or is proposed."
    )
    first: list[str] = Field(
        description="What to look at first in a proposal: what is taken for how leads ended, what "
        "is left out as known only then."
    )
    repeats: str | None = Field(
        description="That several rows are of one lead, and what happens with them; null: none is "
        "known to."
    )
    notes: list[str] = Field(description="What you should know of how the file is read.")
    questions: list[str] = Field(
        description="What only you can answer: the proposal is not taken as it is before."
    )
    not_used: list[str] = Field(
        description="Columns that the mapping just sent does not name; they are not stored."
    )

    @classmethod
    def of(cls, said: Said) -> "MappingOut":
        """From what is kept."""
        return cls.model_validate(said)


class UploadedOut(ImportOut):
    """An import whose file has just come, with what it is proposed to mean."""

    proposal: MappingOut

    @classmethod
    def with_proposal(cls, shown: Shown, said: Said) -> "UploadedOut":
        """From what is stored."""
        return cls(**dict(ImportOut.of(shown)), proposal=MappingOut.of(said))

"""Cells of a file that were said anew, by somebody else or by a later row, since they were
written: they are emptied, and so nothing newer is overwritten."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Text, any_, exists, func, literal, select
from sqlalchemy.orm import Session

from leadflow.leads.files.storing.known_leads import NAMED, STANDS, among, meant
from leadflow.leads.said import ATTRIBUTE, COLUMNS, OUTCOME, Origin, last_said, note
from leadflow.leads.tables import Lead

if TYPE_CHECKING:
    import pandas as pd

Known = Mapping[str, Any]
# The columns of a batch that a note is about, where they are others than the lead's.
CELLS = {
    **{name: columns[:1] for name, columns in COLUMNS.items()},
    **{name: (name,) for name in ("first_name", "last_name", "phone")},
    "email": ("email_index",),
    "place": ("location", "country"),
    "budget": ("budget",),
    "counts": ("website_visits", "email_opens", "content_downloads"),
    OUTCOME: ("outcome",),
}
# What goes with them when they are emptied.
ALONG = {
    "email": ("email", "email_kind"),
    "phone": ("phone_said",),
    "job_title": ("seniority",),
    "place": ("region",),
    "budget": ("budget_currency",),
    "timeline": ("timeline_months",),
    OUTCOME: ("occurred_at", "value", "value_currency"),
}
STILL_OPEN = "still_open"
KEYS = ("email_index", "external_id")
READ = (
    *("said", "attributes", "phone", "first_name", "last_name"),
    *(column for columns in COLUMNS.values() for column in columns),
)


def with_notes(frame: "pd.DataFrame", origin: Origin) -> "pd.DataFrame":
    """The rows, each with the note that is kept of what it says (``leads/said.py``): of the moment
    its own column names, else of that at which the file was handed over. ``said_by`` in the frame:
    the delivery that each row is of, in the place of the import."""
    import pandas as pd

    numbers = frame["row_number"]
    nothing = pd.Series(pd.NaT, index=frame.index)
    moments = frame.get("changed_at", nothing)
    imports = frame.get("said_by", pd.Series(origin.import_id, index=frame.index))
    notes = [
        note(origin.handed_over_at if pd.isna(at) else at, by, row, origin.source)
        for at, by, row in zip(moments, imports, numbers, strict=True)
    ]
    return frame.assign(note=pd.Series(notes, index=frame.index, dtype="str"))


def without_older(session: Session, frame: "pd.DataFrame", origin: Origin) -> "pd.DataFrame":
    """The rows with the cells emptied that something newer is known of, and with the names of the
    notes that the others get."""
    import pandas as pd

    frame = frame.copy()
    known = _hold_known(session, frame, origin.source)
    repeated = set()
    for lead, row in _said_later(session, frame, origin.source, known):
        for name in CELLS:
            if not origin.is_overtaken_by(last_said(lead, name), str(frame.at[row, "note"])):
                continue
            # By its own address the lead was found; that it was its own earlier too is no news.
            if name == "email" and frame.at[row, "email_index"] == lead["email_index"]:
                repeated.add(row)
            else:
                _empty(frame, row, name)
        _empty_attributes(frame, row, lead, origin)
    names = _names(frame, repeated)
    return frame.assign(said_names=pd.Series(names, index=frame.index, dtype="str"))


def _hold_known(session: Session, frame: "pd.DataFrame", source: str) -> list[str]:
    """Lock every known lead of these rows, in the order in which all writers do; their ids. Whoever
    says something of one meanwhile waits, and nothing newer comes between a look at the notes and
    the update."""
    these = select(STANDS).where(meant(frame, source))
    known = select(Lead.id).where(Lead.id.in_(these)).order_by(Lead.id)
    return list(session.scalars(known.with_for_update(key_share=True)))


def _said_later(
    session: Session, frame: "pd.DataFrame", source: str, known_ids: list[str]
) -> Iterator[tuple[Known, Any]]:
    """The leads of these rows of which something was said later than the row did, and the row.
    ``known_ids``: those that are known; without them each lead there is would be looked at."""
    if not known_ids:
        return
    notes = func.jsonb_each_text(Lead.said).table_valued("key", "value")
    later = notes.c.value.collate("C") > literal(frame["note"].min(), Text)
    found = session.execute(
        select(*(getattr(NAMED, name) for name in KEYS), *(getattr(Lead, name) for name in READ))
        .join_from(NAMED, Lead, Lead.id == STANDS)
        .where(meant(frame, source), Lead.id == any_(literal(known_ids, ARRAY(Text))))
        .where(exists(select(1).select_from(notes).where(later)))
        .order_by(Lead.id)
    )
    by_email: dict[Any, Known] = {}
    by_id: dict[Any, Known] = {}
    for one in found.mappings():
        by_email[one["email_index"]] = by_id[one["external_id"]] = dict(one)
    by_email.pop(None, None)
    by_id.pop(None, None)
    if not by_email and not by_id:
        return
    same_email = Lead.email_index == among(frame["email_index"])
    known = set(session.scalars(select(Lead.email_index).where(same_email)))
    for row in frame.index:
        email = frame.at[row, "email_index"]
        # The address decides where it is somebody's; else the id.
        lead = by_email.get(email) if email in known else by_id.get(frame.at[row, "external_id"])
        if lead is not None:
            yield lead, row


def _names(frame: "pd.DataFrame", repeated: Collection[Any]) -> list[str]:
    """The notes that each row gets for what it says, those on attributes apart, as an array.
    ``repeated``: rows that say of an address what is known since later."""
    said = {
        name: frame[[cell for cell in cells if cell in frame]].notna().any(axis=1).tolist()
        for name, cells in CELLS.items()
    }
    said["email"] = [
        there and row not in repeated for there, row in zip(said["email"], frame.index, strict=True)
    ]
    if STILL_OPEN in frame:
        ends = zip(said[OUTCOME], frame[STILL_OPEN].eq(True).tolist(), strict=True)
        said[OUTCOME] = [ended or opened for ended, opened in ends]
    return [
        "{" + ",".join(name for name, there in zip(said, row, strict=True) if there) + "}"
        for row in zip(*said.values(), strict=True)
    ]


def _empty(frame: "pd.DataFrame", row: Any, name: str) -> None:
    for cell in (*CELLS[name], *ALONG.get(name, ())):
        if cell in frame:
            frame.at[row, cell] = None
    if name == OUTCOME and STILL_OPEN in frame:
        frame.at[row, STILL_OPEN] = False
    if name == "place":
        frame.at[row, "country_said"] = False
    if name == "email":
        frame.at[row, "email_kind"] = "none"


def _empty_attributes(frame: "pd.DataFrame", row: Any, lead: Known, origin: Origin) -> None:
    own = str(frame.at[row, "note"])
    given = json.loads(str(frame.at[row, "attributes"]))
    kept = {
        name: value
        for name, value in given.items()
        if not origin.is_overtaken_by(last_said(lead, ATTRIBUTE + name), own)
    }
    if len(kept) < len(given):
        frame.at[row, "attributes"] = json.dumps(kept)

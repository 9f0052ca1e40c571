"""Where the rows of an import are from, and since when its file has been known."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.database.tables import InboxRow
from leadflow.leads.files.mapping import Mapping
from leadflow.leads.said import Origin

SOURCE = "file"


def origin_of(session: Session, inbox: InboxRow, mapping: Mapping) -> Origin:
    """A file says what it says since it was first imported, under whichever mapping: a corrected
    one takes the place of the first, and what others have said since stays."""
    earlier = [row for row in earlier_imports(session, inbox) if row.status != "undone"]
    moments = [inbox.received_at, *(row.received_at for row in earlier)]
    unsaid = undone_imports(session).union(row.id for row in earlier)
    return Origin(mapping.source, inbox.id, min(moments), unsaid)


def earlier_imports(session: Session, inbox: InboxRow) -> list[InboxRow]:
    """The imports of the same file before this one that were of the same source: what a file says
    of another source's leads is another word."""
    rows = session.scalars(
        select(InboxRow).where(
            InboxRow.source == inbox.source,
            InboxRow.content_hash == inbox.content_hash,
            InboxRow.id < inbox.id,
        )
    )
    return [row for row in rows if source_of(row) == source_of(inbox)]


def source_of(row: InboxRow) -> str:
    """The source that the mapping of an import names."""
    return str(json.loads(row.payload or b"{}").get("source", ""))


def undone_imports(session: Session) -> frozenset[str]:
    """The imports that were undone: what they said is unsaid, where nothing tells it from what was
    there before."""
    undone = select(InboxRow.id).where(InboxRow.source == SOURCE, InboxRow.status == "undone")
    return frozenset(session.scalars(undone))

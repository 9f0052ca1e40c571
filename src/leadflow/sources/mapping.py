"""From a delivery to rows and events: what each record of it says of a lead."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from leadflow.leads.files.checking import hold
from leadflow.leads.files.parsing import Context, parse
from leadflow.leads.readers.numbers import SAY_DECIMAL
from leadflow.sources.definitions import Source
from leadflow.sources.mapped import Came, Mapped
from leadflow.sources.records.reader import Record, RecordReader

if TYPE_CHECKING:
    import pandas as pd

# The kind of a delivery that says how some lead ended, beside what its source calls it.
OUTCOME = "outcome"
# What is said of a file is done elsewhere in a source.
INSTEAD = {SAY_DECIMAL: SAY_DECIMAL.replace("under `csv` in the mapping", "of the source")}


def map_deliveries(
    name: str, source: Source, deliveries: Sequence[Came], now: datetime, currency: str
) -> Mapped:
    """Map deliveries of one source. A record of which anything cannot be read is left out whole,
    and the others of its delivery are not.

    Args:
        currency: of sums that say none.
    """
    reader = RecordReader(name, source)
    records = [record for came in deliveries for record in reader.records(came)]
    mapped = reader.mapped
    mapped.of = [one.came.id for one in records]
    if not records:
        return mapped
    rows, numbers = [one.row for one in records], [one.number for one in records]
    context = Context("", now, currency, zone=source.moments_in, silent=False)
    frame = parse(rows, numbers, reader.leads, context)
    checked = hold(_dated(frame, records, created=reader.leads.created_at is None), now)
    for place, reasons in checked.failing.items():
        one = records[place]
        mapped.reasons.setdefault(one.came.id, []).extend(
            {"record": one.number, "field": field, "rule": INSTEAD.get(rule, rule)}
            for field, rule in ((str(said["field"]), str(said["rule"])) for said in reasons)
        )
    mapped.frame = checked.good
    if "outcome" in mapped.frame:
        for place in mapped.frame.index[mapped.frame["outcome"].notna()]:
            mapped.kinds.setdefault(records[place].came.id, []).append(OUTCOME)
    there = mapped.frame.index
    mapped.events = {place: records[place].events for place in there if records[place].events}
    return mapped


def _dated(frame: "pd.DataFrame", records: Sequence[Record], created: bool) -> "pd.DataFrame":
    """The rows with the moment at which each was said: as it says itself, else when its delivery
    came. ``created``: its lead came in then too, but not after it ended."""
    import pandas as pd

    moments = [one.came.received_at for one in records]
    came = pd.Series(pd.to_datetime(moments, utc=True)).astype("datetime64[us, UTC]")
    said = frame["changed_at"].fillna(came) if "changed_at" in frame else came
    # Of two that were said at one moment, the same one counts in whichever order they come.
    names = [sha256(one.came.delivery_id.encode()).hexdigest()[:16] for one in records]
    frame = frame.assign(changed_at=said, said_by=names)
    if created:
        ended = frame.get("occurred_at", came)
        frame = frame.assign(created_at=came.where(~(ended < came), ended))
    return frame.assign(said_at=said) if "said_at" in frame else frame

"""Rows of files come in: thousands at a time, in a few statements."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.leads.files.storing.staging import Stored, store_batch
from leadflow.leads.said import Origin

if TYPE_CHECKING:
    import pandas as pd


def take_rows(session: Session, frame: "pd.DataFrame", origin: Origin, now: datetime) -> Stored:
    """Store checked rows as leads and outcomes; what became of them, in rows.

    They are marked as changed, all in one statement: the background scores marked leads thousands
    at a time, with whatever model serves then, and the next sweep hands them out. A file may hold
    years of leads, and those that come in one by one meanwhile do not wait for them.
    """
    return store_batch(session, frame, origin, now)

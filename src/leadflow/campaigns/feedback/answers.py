"""Answers that may ask for no more mail wait for a person, and whoever launched the campaign is
told."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.outbox.service import enqueue

NOTIFY = "notify_of_answers_to_read"


def have_told(session: Session, campaigns: Collection[str | None], now: datetime) -> None:
    """Have it told that answers to mails of these campaigns are to be read, of each once an hour;
    None: of which is not known."""
    for name in sorted(campaigns, key=str):
        payload = {"campaign": name, "person_id": None}
        enqueue(session, NOTIFY, f"answers_to_read:{name or ''}:{now:%Y-%m-%dT%H}", payload)

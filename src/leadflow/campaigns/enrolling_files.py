"""Leads come into a campaign as a list names them, or an import has made them."""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.enrolling import Entry, enrol, taking_leads
from leadflow.leads.import_tables import ImportChange

Listed = tuple[str, str]


class ListUnreadable(ValueError):
    """A file names no leads in a way that is understood; the message says what is missing."""


def read_listed(file: Path) -> list[Listed]:
    """The leads that a CSV file names in its column ``lead_id``, each with its ``key``, if it has
    such a column.

    Raises:
        ListUnreadable: it cannot be read, or has no such column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
            names = rows[0].keys() if rows else ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ListUnreadable(f"{file} cannot be read: {error}") from error
    if "lead_id" not in names:
        raise ListUnreadable(f"{file} has no column lead_id, or no row below its header.")
    return [
        (row["lead_id"].strip(), (row.get("key") or "").strip())
        for row in rows
        if (row["lead_id"] or "").strip()
    ]


def made_by_import(session: Session, import_id: str) -> list[Listed]:
    """The leads that an import has made.

    Raises:
        ListUnreadable: it has made none, or there is no such import.
    """
    made = select(ImportChange.lead_id).where(ImportChange.inbox_id == import_id, ImportChange.made)
    leads = list(session.scalars(made.distinct()))
    if not leads:
        raise ListUnreadable(f"No lead was made by an import {import_id}: leadflow imports list")
    return [(lead, "") for lead in leads]


def enrol_listed(
    session: Session, name: str, listed: Sequence[Listed], by: str, at: datetime
) -> dict[Listed, Entry]:
    """Let these leads come in, each under its key; what became of each.

    Raises:
        NoCampaign: there is none of this name.
        CampaignNotSo: it is not live.
    """
    program, version = taking_leads(session, name)
    found: dict[Listed, Entry] = {}
    for key in dict.fromkeys(key for _, key in listed):
        leads = [lead for lead, own in listed if own == key]
        entries = enrol(session, program, version, leads, by, at, key).entries
        found |= {(lead, key): entry for lead, entry in entries.items()}
    return found

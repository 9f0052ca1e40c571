"""Leads come into a campaign as a list names them, or an import has made them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.campaigns.enrolling.entries import Entry
from leadflow.campaigns.enrolling.listed_rows import ListUnreadable, Named, rows_of
from leadflow.campaigns.enrolling.service import enrol, refuse_key, taking_leads, with_noes
from leadflow.leads.import_tables import ImportChange
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead

Listed = tuple[str, str]
AT_A_TIME, MOST_SHOWN = 5000, 20


@dataclass(frozen=True)
class Listing:
    """What a file says: the leads, each with its key, and of each line that is not clear its number
    and why."""

    leads: tuple[Listed, ...]
    unclear: tuple[tuple[int, str], ...]

    def refuse_unclear(self) -> None:
        """Have nobody come in where a line is not clear.

        Raises:
            ListUnreadable: one is not; the message has each and what to do.
        """
        if not self.unclear:
            return
        count = len(self.unclear)
        shown = [f"  line {line}: {why}" for line, why in self.unclear[:MOST_SHOWN]]
        more = [f"  and {count - MOST_SHOWN:,} more"] if count > MOST_SHOWN else []
        said = (
            f"Nobody is enrolled, for {how_many(count, 'line')} of the file "
            f"{'is' if count == 1 else 'are'} not clear:"
        )
        end = "Mend the file, or enrol those of the other lines alone: --anyway."
        raise ListUnreadable("\n".join([said, *shown, *more, end]))


def read_listed(session: Session, file: Path) -> Listing:
    """The leads that a file names by their ids or their e-mail addresses, each with its ``key``, if
    it has such a column. Whatever imports read is read: CSV with any separator and
    encoding, spreadsheets, columns called as in many languages.

    Raises:
        ListUnreadable: it cannot be read, or has no column that names leads.
    """
    leads: list[Listed] = []
    unclear: list[tuple[int, str]] = []
    all_rows = rows_of(file)
    while rows := list(islice(all_rows, AT_A_TIME)):
        clear = [row for row in rows if row.fault is None]
        unclear += [(row.line, row.fault) for row in rows if row.fault is not None]
        of_ids = _by_id(session, [row.lead_id for row in clear if row.lead_id])
        of_addresses = _by_address(session, [one for row in clear for one in row.emails])
        for row in clear:
            lead, why = _lead(row, of_ids, of_addresses)
            if why is None:
                leads.append((lead, row.key))
            else:
                unclear.append((row.line, why))
    return Listing(tuple(leads), tuple(sorted(unclear)))


# By id or address: the lead's id, and which one it was merged into.
_Known = dict[str, tuple[str, str | None]]


def _lead(row: Named, of_ids: _Known, of_addresses: _Known) -> tuple[str, str | None]:
    """The id of the lead of a row, and why it is not clear."""
    by_id = of_ids.get(row.lead_id)
    by_address = list(dict.fromkeys(of_addresses[one] for one in row.emails if one in of_addresses))
    found = by_id if row.lead_id else next(iter(by_address), None)
    if found is None:
        return "", "there is no lead of this id" if row.lead_id else "no lead has this address"
    lead, merged_into = found
    others = [one for one, _ in by_address if one != lead]
    if others and by_id:
        return lead, f"its address is that of another lead, {others[0]}"
    if others:
        both = ", ".join(one for one, _ in by_address)
        return lead, f"its addresses are those of several leads, {both}: leave one"
    if merged_into is not None:
        return lead, f"the lead was merged into {merged_into}: enrol that one"
    return lead, None


def _by_id(session: Session, ids: Iterable[str]) -> _Known:
    these = Lead.id == any_(literal(sorted(set(ids)), ARRAY(Text)))
    rows = session.execute(select(Lead.id, Lead.merged_into).where(these)).tuples()
    return {lead: (lead, into) for lead, into in rows}


def _by_address(session: Session, addresses: Iterable[str]) -> _Known:
    indexes = {email_index_of(one): one for one in addresses}
    these = Lead.email_index == any_(literal(sorted(indexes), ARRAY(Text)))
    asked = select(Lead.email_index, Lead.id, Lead.merged_into).where(these)
    found = {index: (lead, into) for index, lead, into in session.execute(asked).tuples()}
    return {one: found[index] for index, one in indexes.items() if index in found}


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
        KeyNotTaken: there are keys, and the campaign goes by none.
        NoCampaign: there is none of this name.
        CampaignNotSo: it is not live.
    """
    program, version = taking_leads(session, name)
    found: dict[Listed, Entry] = {}
    for key in dict.fromkeys(key for _, key in listed):
        refuse_key(program, key)
        leads = [lead for lead, own in listed if own == key]
        entries = enrol(session, program, version, leads, by, at, key).entries
        told = with_noes(session, program, entries, at)
        found |= {(lead, key): entry for lead, entry in told.items()}
    return found

"""Storing leads as they come in: new ones are inserted, known ones updated; many at a time."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    ARRAY,
    DateTime,
    Table,
    Text,
    any_,
    literal,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, class_mapper
from sqlalchemy.orm.attributes import instance_state

from leadflow.database.copying import driver_connection
from leadflow.database.ids import new_id
from leadflow.leads.attributes import register_seen
from leadflow.leads.changes import mark_changed
from leadflow.leads.columns import COUNTERS, given_columns
from leadflow.leads.merging.identity import lock_known, meant
from leadflow.leads.said import ALL, note
from leadflow.leads.same_leads import turns
from leadflow.leads.schemas import LeadIn
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead
from leadflow.leads.updating import MayChange, update_lead
from leadflow.observability.steps import step
from leadflow.privacy.columns import EncryptedText

ATTEMPTS = 5
LEADS = cast(Table, Lead.__table__)
LEADS_MAPPER = class_mapper(Lead)
ENCRYPTED = {c.name: c.type for c in LEADS.columns if isinstance(c.type, EncryptedText)}
MOMENTS = tuple(c.name for c in LEADS.columns if isinstance(c.type, DateTime))
NOTHING_KNOWN: dict[str, Any] = {column.name: None for column in LEADS.columns} | {
    "email_kind": "none",
    "has_phone": False,
    "country_said": False,
}
# One statement for any number of leads: its rows travel as one JSON text.
INSERT = (
    f"INSERT INTO leads ({', '.join(NOTHING_KNOWN)}) "
    f"SELECT {', '.join(NOTHING_KNOWN)} FROM json_populate_recordset(NULL::leads, %s::json) "
    "ON CONFLICT DO NOTHING RETURNING id"
)


class LeadKeepsChanging(RuntimeError):
    """The same lead was being written by too many others at once; send it again."""

    def __init__(self) -> None:
        super().__init__("Others were writing this lead at the same time. Send it again.")


@dataclass(frozen=True)
class Upserted:
    """A stored lead: whether it is new, and whether anything said of it was."""

    lead: Lead
    created: bool
    changed: bool


def upsert_lead(
    session: Session, lead: LeadIn, now: datetime, mark: bool = True
) -> tuple[Lead, bool]:
    """Store one lead: see ``upsert_leads``; the lead and whether it is new.

    Args:
        mark: False where the caller scores the lead in the same unit of work.
    """
    (stored,) = upsert_leads(session, [lead], now)
    if stored.changed and mark:
        mark_changed(session, [stored.lead.id])
    return stored.lead, stored.created


@step("store")
def upsert_leads(
    session: Session,
    leads: Sequence[LeadIn],
    now: datetime,
    may_change: Sequence[MayChange] | None = None,
) -> list[Upserted]:
    """Store leads, or update those with the same e-mail address or (source, external_id); in the
    order given, also where two of them are one lead.

    Only the fields that were given change; ``attributes`` are merged by name. The e-mail address
    decides where the two point to different leads. Attributes seen for the first time become
    features. Stored leads are locked until the transaction ends; score them, or mark them as
    changed.

    Args:
        may_change: what each may change of a lead that is known; all of it, if not given.

    Raises:
        LeadKeepsChanging: five attempts each met another writer of one of these leads, or two
            changed leads want the same e-mail address.
    """
    register_seen(session, _attributes_of(leads))
    indexes = [email_index_of(lead.email) for lead in leads]
    done: dict[int, Upserted] = {}
    for number, places in enumerate(_rounds(session, leads, indexes)):
        # Later than the round before, which may have written the same leads.
        moment = now + number * timedelta.resolution
        left = places
        for _ in range(ATTEMPTS):
            done |= _insert(session, leads, indexes, left, moment)
            left = [place for place in left if place not in done]
            if left:
                done |= _update(session, leads, indexes, left, moment, may_change)
                left = [place for place in left if place not in done]
            if not left:
                break
        else:
            raise LeadKeepsChanging
    return [done[place] for place in range(len(leads))]


def _attributes_of(leads: Iterable[LeadIn]) -> dict[str, Any]:
    """Every attribute that is sent, with the first value that is sent for it."""
    found: dict[str, Any] = {}
    for lead in leads:
        for name, value in lead.known_attributes().items():
            found.setdefault(name, value)
    return found


def _rounds(session: Session, leads: Sequence[LeadIn], indexes: Sequence[str]) -> list[list[int]]:
    """The places of the leads in rounds, in order: no two of a round may be of one lead."""
    keys = [_keys(lead, index) for lead, index in zip(leads, indexes, strict=True)]
    every = [key for own in keys for key in own]
    if len(set(every)) == len(every):
        # Two may still mean one known lead; the second waits for the first (``_update``).
        return [list(range(len(leads)))]
    known = session.execute(
        select(Lead.email_index, Lead.source, Lead.external_id).where(meant(leads, indexes))
    )
    linked = [
        [("email", index), ("id", source, own)]
        for index, source, own in known
        if index is not None and own is not None
    ]
    rounds: dict[int, list[int]] = {}
    for place, turn in enumerate(turns(keys, linked)):
        rounds.setdefault(turn, []).append(place)
    return [rounds[turn] for turn in sorted(rounds)]


def _keys(lead: LeadIn, index: str) -> list[tuple[str, ...]]:
    """What a lead is found by."""
    named = [] if lead.external_id is None else [("id", lead.source, lead.external_id)]
    return [("email", index), *named]


def _insert(
    session: Session,
    leads: Sequence[LeadIn],
    indexes: Sequence[str],
    places: Sequence[int],
    now: datetime,
) -> dict[int, Upserted]:
    """Those of the leads that were new, by place."""
    # Most leads are new: only where the store says that one is known is it looked for. In one
    # order, so that two who insert the same leads wait for each other and never in a circle.
    said = note(now)
    made = {
        place: _new(leads[place], indexes[place], now, said)
        for place in sorted(places, key=lambda place: indexes[place])
    }
    written_now = now.isoformat()
    content = json.dumps([_as_json(values, written_now) for values in made.values()])
    # Prepared from the first time on: its two hundred words are read once a connection.
    written = driver_connection(session).execute(INSERT, (content,), prepare=True).fetchall()
    inserted = {row[0] for row in written}
    found = {}
    for place, values in made.items():
        if values["id"] in inserted:
            stored = Lead()
            # Past the setters, each of which remembers what was there before.
            stored.__dict__.update(values)
            # With its key it is one that is stored; nothing of it is left to be read.
            instance_state(stored).key = LEADS_MAPPER.identity_key_from_primary_key((values["id"],))
            session.add(stored)
            found[place] = Upserted(stored, True, True)
    return found


def _new(lead: LeadIn, email_index: str, now: datetime, said: str) -> dict[str, Any]:
    values = {
        **NOTHING_KNOWN,
        **given_columns(lead),
        "id": new_id("lead"),
        "source": lead.source,
        "external_id": lead.external_id,
        "email_index": email_index,
        "created_at": now,
        "known_from": now,
        "updated_at": now,
        "attributes": lead.known_attributes(),
        "said": {ALL: said},
    }
    if any(getattr(lead, counter) is not None for counter in COUNTERS):
        values["counted_at"] = now
    return values


def _as_json(values: Mapping[str, Any], now: str) -> dict[str, Any]:
    """A row as PostgreSQL reads it from JSON: bytes in hexadecimal, and the one moment that a new
    lead knows of, ``now``, in ISO 8601."""
    plain = {name: value for name, value in values.items() if value is not None}
    for name in MOMENTS:
        if name in plain:
            plain[name] = now
    for name, kind in ENCRYPTED.items():
        if name in plain:
            secret = kind.process_bind_param(plain[name], None)
            plain[name] = None if secret is None else "\\x" + secret.hex()
    return plain


def _update(
    session: Session,
    leads: Sequence[LeadIn],
    indexes: Sequence[str],
    places: Sequence[int],
    now: datetime,
    may_change: Sequence[MayChange] | None,
) -> dict[int, Upserted]:
    """Those of the leads that were known, by place; of two that may be one lead only the first."""
    known = lock_known(session, [leads[place] for place in places], [indexes[p] for p in places])
    if known is None:
        return {}  # somebody has just merged one of them: find the lead that stands for it
    found: dict[int, Upserted] = {}
    taken: set[str] = set()
    try:
        with session.begin_nested():
            for place in places:
                sent, index = leads[place], indexes[place]
                own = sent.source, sent.external_id
                either = known.by_email.get(index), known.by_id.get(own)
                meant = {lead.id for lead in either if lead is not None}
                same = either[0] or either[1]
                # Which of the two it is may hang on one before it that has to wait too.
                waits = same is None or not meant.isdisjoint(taken)
                taken |= meant
                if same is None or waits:
                    continue
                may = "all" if may_change is None else may_change[place]
                free = own not in known.by_id
                given = known.as_of_survivor(same, sent, index)
                changed = update_lead(session, same, *given, now, may, takes_id=free)
                found[place] = Upserted(same, False, changed)
            session.flush()
    except IntegrityError:
        session.expire_all()
        return {}  # somebody else has just taken an e-mail address: find that lead
    _refresh(session, [one.lead.id for one in found.values() if one.changed])
    return found


def _refresh(session: Session, lead_ids: Sequence[str]) -> None:
    """Read leads anew: a trigger moves ``known_from`` where clocks differ."""
    if lead_ids:
        these = select(Lead).where(Lead.id == any_(literal(list(lead_ids), ARRAY(Text))))
        session.scalars(these.execution_options(populate_existing=True)).all()

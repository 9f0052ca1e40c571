"""Leads come into a campaign: by name, by what happened to them, or by what is known of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.schemas import Campaign
from leadflow.campaigns.definitions.spans import Span
from leadflow.campaigns.enrolling.entries import (
    HELD_OUT,
    NOES,
    OF_THE_CAMPAIGN,
    Entry,
    KeyNotTaken,
    NotEnrolled,
)
from leadflow.campaigns.interpreter.clock import moment, utc
from leadflow.campaigns.interpreter.moments import added
from leadflow.campaigns.interpreter.zones import Zones
from leadflow.campaigns.keeping.tables import PastEnrolment
from leadflow.campaigns.places.placing import places_of, written
from leadflow.campaigns.places.whereabouts import Known
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.store.service import CampaignNotSo, read_campaign
from leadflow.campaigns.tables import ENROLMENT_DATA, CampaignArrival, CampaignState, Enrolment
from leadflow.consent.may_send import may_send
from leadflow.database.ids import new_id
from leadflow.database.tables import InboxRow
from leadflow.domain_events.tables import DomainEvent
from leadflow.leads.import_tables import ImportChange
from leadflow.leads.service import lock_leads
from leadflow.leads.tables import Lead
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.columns import json_text
from leadflow.rules.compiling import compiled
from leadflow.rules.sources import lead_source

# Of these there are enrolments afterwards.
MADE = ("enrolled", HELD_OUT)
AT_A_TIME, NO_BOUND = 5000, 2**31 - 1
# The same leads are held out whenever it is asked: a campaign and a lead make a number below 100.
LOOK = text(
    """
SELECT w.lead_id,
    CASE WHEN l.id IS NULL THEN 'unknown'
        WHEN l.merged_into IS NOT NULL THEN 'merged'
        WHEN was.open > 0 OR (:allow <> 'per_key' AND was.in_it > 0) THEN 'in_it'
        WHEN was.often > 0 AND :allow = 'never' THEN 'was_in_it'
        WHEN was.of_key > 0 AND :allow = 'per_key' THEN 'was_in_it'
        WHEN was.often >= :most THEN 'too_often'
        WHEN was.last > CAST(:since AS timestamptz) THEN 'too_soon'
        WHEN mod(('x' || left(md5(:campaign || ':' || l.id), 8))::bit(32)::bigint, 100) < :holdout
            THEN 'held_out'
        ELSE 'enrolled' END AS entry
FROM unnest(CAST(:leads AS text[])) AS w (lead_id)
LEFT JOIN leads l ON l.id = w.lead_id
LEFT JOIN LATERAL (
    SELECT sum(e.open) FILTER (WHERE e.key = :key) AS open, sum(e.open) AS in_it,
        sum(e.times) AS often,
        sum(e.times) FILTER (WHERE e.key = :key) AS of_key, max(e.last) AS last
    FROM (
        SELECT key, 1 AS times, (ended_at IS NULL)::int AS open,
            coalesce(ended_at, began_at) AS last
        FROM enrolments WHERE lead_id = w.lead_id AND campaign = :campaign
        UNION ALL
        SELECT key, times, 0, last_ended_at
        FROM past_enrolments WHERE lead_id = w.lead_id AND campaign = :campaign
    ) e
) was ON true
"""
)
INSERT = text(
    """
INSERT INTO enrolments (id, campaign, version, lead_id, key, data, enrolled_by, began_at,
    entered_at, places, ended_at, ended_as)
SELECT n.id, :campaign, :version, n.lead_id, :key, :data, :by, :at, :at,
    ARRAY(SELECT json_array_elements_text(CAST(n.places AS json))),
    CASE WHEN n.held_out THEN CAST(:at AS timestamptz) END, CASE WHEN n.held_out THEN :end END
FROM unnest(CAST(:ids AS text[]), CAST(:leads AS text[]), CAST(:held_out AS boolean[]),
    CAST(:places AS text[])) AS n (id, lead_id, held_out, places)
"""
)


@dataclass(frozen=True)
class Enrolled:
    """What became of leads, by id, and the enrolments of those that are in it now, and of those
    that are kept out to compare with."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    held_out: dict[str, str] = field(default_factory=dict)


def enrol(
    session: Session,
    program: Program,
    version: int,
    leads: Sequence[str],
    by: str,
    at: datetime,
    key: str = "",
    data: Mapping[str, Any] | None = None,
) -> Enrolled:
    """Let leads come into a version of a campaign, as far as it lets them. Each is locked until the
    transaction ends, so that what happens to it meanwhile finds its enrolment.

    Args:
        by: who says so: a person, a key, a rule, or ``criteria``.
        at: when they come in (aware).
        key: what the series is about, where that is more than the lead.
        data: what is said of it, which contents may name as ``enrollment.NAME``.
    """
    wanted = sorted(set(leads))
    held = lock_leads(session, wanted)
    entries = entries_of(session, program, wanted, at, key)
    ids = {lead: new_id("enr") for lead in wanted if entries[lead] in MADE}
    if ids:
        said = None if data is None else get_cipher().encrypt(json_text(data), ENROLMENT_DATA)
        values = {
            "campaign": program.name,
            "version": version,
            "key": key,
            "data": said,
            "by": by,
            "at": at,
            "places": [json.dumps(_places(held[lead], program.campaign, at)) for lead in ids],
            "end": HELD_OUT,
            "ids": list(ids.values()),
            "leads": list(ids),
            "held_out": [entries[lead] == HELD_OUT for lead in ids],
        }
        session.execute(INSERT, values)
    in_it, held_out = ({one: ids[one] for one in ids if entries[one] == end} for end in MADE)
    return Enrolled(entries, in_it, held_out)


def _places(lead: Lead, campaign: Campaign, at: datetime) -> list[str]:
    """Where a lead may be, as it is stored."""
    known = Known(lead.country, lead.region, lead.location, lead.phone)
    return written(places_of(known, campaign, at))


def taking_leads(session: Session, name: str) -> tuple[Program, int]:
    """The version of a campaign that leads come into, and its number.

    Raises:
        NoCampaign: there is none of this name.
        CampaignNotSo: it is not live.
    """
    stored = read_campaign(session, name)
    if stored.state != "live" or stored.live_version is None:
        raise CampaignNotSo(f"{name} is {stored.state}: nobody comes into it.")
    version = name, stored.live_version
    return programs(session, [version])[version], stored.live_version


def enrol_one(
    session: Session,
    name: str,
    lead_id: str,
    by: str,
    at: datetime,
    key: str = "",
    data: Mapping[str, Any] | None = None,
) -> str:
    """Let one lead come into the version of a campaign that leads come into; its enrolment's id,
    also where it is kept out to compare with, which the enrolment says (``is_held_out``).

    Raises:
        NoCampaign: there is none of this name.
        CampaignNotSo: it is not live.
        KeyNotTaken: there is a key, and the campaign goes by none.
        NotEnrolled: the campaign does not let the lead in.
    """
    program, version = taking_leads(session, name)
    refuse_key(program, key)
    found = enrol(session, program, version, [lead_id], by, at, key, data)
    made = found.ids | found.held_out
    if lead_id not in made:
        entries = with_noes(session, program, found.entries, at)
        raise NotEnrolled(lead_id, name, entries[lead_id])
    return made[lead_id]


def refuse_key(program: Program, key: str) -> None:
    """See that a campaign for which a key is said goes by keys.

    Raises:
        KeyNotTaken: it does not.
    """
    if key and program.campaign.reentry.allow != "per_key":
        raise KeyNotTaken(program.name)


def is_held_out(session: Session, enrolment_id: str) -> bool:
    """Whether it is that of a lead that is kept out to compare with."""
    return session.get_one(Enrolment, enrolment_id).ended_as == HELD_OUT


def with_noes(
    session: Session, program: Program, entries: Mapping[str, Entry], at: datetime
) -> dict[str, Entry]:
    """The same, and of whoever does not come in again for having been in it, the truer reason where
    they have said no themselves."""
    asked = [lead for lead, entry in entries.items() if entry in OF_THE_CAMPAIGN]
    found = dict(entries)
    if asked:
        refused = may_send(session, asked, program.campaign.purpose, "email", at)
        for lead, one in refused.items():
            if one is not None and one.name in NOES:
                found[lead] = "said_no"
    return found


def entries_of(
    session: Session, program: Program, leads: Sequence[str], at: datetime, key: str = ""
) -> dict[str, Entry]:
    """What would become of leads that came into a campaign at a moment, by id."""
    reentry = program.campaign.reentry
    asked = {
        "campaign": program.name,
        "leads": list(leads),
        "key": key,
        "allow": reentry.allow,
        "most": reentry.most or NO_BOUND,
        "since": None if reentry.gap is None else _before(reentry.gap, at, program.campaign.zone),
        "holdout": program.campaign.holdout,
    }
    return dict(session.execute(LOOK, asked).tuples().all())


def _before(gap: Span, at: datetime, zone: str) -> datetime:
    zones = Zones(((zone,),), np.zeros(1, dtype=np.int64))
    return moment(added(np.array([utc(at)]), gap, zones, sign=-1)[0])


def enrol_arrived(session: Session, program: Program, version: int, now: datetime) -> int:
    """Let those come in to whom something has happened by which they do; how many are in it. What
    was noted for that is gone then."""
    noted = (
        select(CampaignArrival.event_id)
        .where(CampaignArrival.campaign == program.name)
        .order_by(CampaignArrival.event_id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    events = list(session.scalars(noted))
    if not events or program.enter is None:
        return 0
    of_events = lead_source(now).join(DomainEvent, DomainEvent.lead_id == Lead.id)
    fitting = select(Lead.id).select_from(of_events).where(DomainEvent.id.in_(events))
    if program.enter.when is not None:
        fitting = fitting.where(compiled(program.enter.when, now))
    leads = list(session.scalars(fitting.distinct()))
    found = enrol(session, program, version, leads, "criteria", now)
    session.execute(
        delete(CampaignArrival).where(
            CampaignArrival.campaign == program.name, CampaignArrival.event_id.in_(events)
        )
    )
    return len(found.ids)


def enrol_fitting(session: Session, program: Program, version: int, now: datetime) -> int:
    """Let those come in of whom is known what the campaign asks for, where it asks for no event;
    how many are in it. Those that have been in it, or are held out, are not asked again."""
    enter = program.enter
    if enter is None or enter.on or enter.when is None:
        return 0
    was = select(Enrolment.id).where(
        Enrolment.campaign == program.name, Enrolment.lead_id == Lead.id
    )
    long_ago = select(PastEnrolment.times).where(
        PastEnrolment.lead_id == Lead.id, PastEnrolment.campaign == program.name
    )
    # An import enrols nobody: those that it has made since the launch are enrolled by name.
    launched = select(CampaignState.launched_at).where(CampaignState.name == program.name)
    brought = (
        select(ImportChange.id)
        .join(InboxRow, InboxRow.id == ImportChange.inbox_id)
        .where(ImportChange.lead_id == Lead.id, ImportChange.made)
        .where(InboxRow.received_at > launched.scalar_subquery())
    )
    fitting = (
        select(Lead.id)
        .select_from(lead_source(now))
        .where(Lead.merged_into.is_(None), compiled(enter.when, now))
        .where(~was.exists(), ~long_ago.exists(), ~brought.exists())
        .limit(AT_A_TIME)
    )
    leads = list(session.scalars(fitting))
    return len(enrol(session, program, version, leads, "criteria", now).ids) if leads else 0

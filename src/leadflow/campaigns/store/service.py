"""Campaigns in the store: writing them down, and saying what each is to do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Update, case, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.store.listed import newest
from leadflow.campaigns.store.programs import ANY, program_of, types_of
from leadflow.campaigns.tables import (
    CampaignMessage,
    CampaignPassed,
    CampaignState,
    CampaignVersion,
    CampaignWants,
    Enrolment,
)
from leadflow.conditions.problems import nearest
from leadflow.domain_events.service import want_only
from leadflow.domain_events.types import DID, TYPES
from leadflow.leads.events.types import read_types

CAMPAIGNS_LOCK = 7_240_040
READER = "campaigns"
STOPPED, ARCHIVED = "stopped", "archived"


class NoCampaign(LookupError):
    """There is no campaign of this name."""

    def __init__(self, name: str, known: Collection[str]) -> None:
        super().__init__(
            f"There is no campaign {name!r}. {nearest(name, known)} Add one: leadflow campaigns "
            "apply FILE (docs/campaigns.md)."
        )


class CampaignNotSo(ValueError):
    """A campaign is not in a state in which this can be done; the message says in which it is."""


@dataclass(frozen=True)
class StoredCampaign:
    """A campaign: its newest version, the one that leads come into (None: none yet), and what it is
    doing since when; ``launched_at``: since when leads come into that version."""

    name: str
    state: str
    version: int
    live_version: int | None
    program: Program
    changed_at: datetime
    changed_by: str
    launched_at: datetime | None


@dataclass(frozen=True)
class Applied:
    """Which campaigns were new and which changed, by name; the others said what was stored."""

    new: tuple[str, ...]
    changed: tuple[str, ...]


def campaigns_now(session: Session) -> dict[str, StoredCampaign]:
    """Every campaign, by name."""
    return {
        row.campaign: StoredCampaign(
            row.campaign,
            state.state,
            row.version,
            state.live_version,
            program_of(row.campaign, row.content),
            state.changed_at,
            state.changed_by,
            state.launched_at,
        )
        for row, state in session.execute(newest())
    }


def read_campaign(session: Session, name: str) -> StoredCampaign:
    """One campaign.

    Raises:
        NoCampaign: there is none.
    """
    known = campaigns_now(session)
    if name not in known:
        raise NoCampaign(name, known)
    return known[name]


def apply(session: Session, given: Mapping[str, Program], by: str, now: datetime) -> Applied:
    """Write these campaigns down, as a new version of each that changes. Nobody comes into it
    before it is launched, and whoever is in one stays in the version in which they came in."""
    take_turns(session)
    known = campaigns_now(session)
    new = tuple(name for name in given if name not in known)
    changed = tuple(
        name
        for name, each in given.items()
        if name in known and known[name].program.campaign.content_hash != each.campaign.content_hash
    )
    for name in (*new, *changed):
        campaign = given[name].campaign
        version = known[name].version + 1 if name in known else 1
        content = campaign.model_dump(mode="json", exclude_defaults=True)
        session.add(
            CampaignVersion(
                campaign=name,
                version=version,
                content=content,
                content_hash=campaign.content_hash,
                created_at=now,
                created_by=by,
            )
        )
        if name in new:
            session.add(CampaignState(name=name, changed_at=now, changed_by=by))
        audit.record(session, by, "campaign.applied", f"campaign/{name}", {"version": version})
    session.flush()
    return Applied(new, changed)


def launchable(session: Session, name: str) -> StoredCampaign:
    """A campaign whose newest version can be launched; until the transaction ends nobody changes
    it.

    Raises:
        NoCampaign, CampaignNotSo: it was stopped, or its newest version is live.
    """
    take_turns(session)
    stored = read_campaign(session, name)
    if stored.state in (STOPPED, ARCHIVED):
        raise CampaignNotSo(
            f"{name} was {stored.state}, and stays so. Apply it under another name."
        )
    if stored.live_version == stored.version:
        raise CampaignNotSo(f"Version {stored.version} of {name} is {stored.state} already.")
    return stored


def launch(session: Session, name: str, by: str, now: datetime) -> StoredCampaign:
    """Let leads come into the newest version from now on, or once it goes on where it is paused.
    Those that are in an older one stay in it.

    Raises:
        NoCampaign, CampaignNotSo: it was stopped, or its newest version is live.
    """
    stored = launchable(session, name)
    enters, going_on = types_of(stored.program)
    wanted = [(one, True) for one in enters] + [(one, False) for one in going_on]
    session.add_all(
        CampaignWants(campaign=name, version=stored.version, type=one, enters=enter)
        for one, enter in sorted(wanted)
    )
    session.flush()
    want_what_counts(session)
    # One that is paused stays so: whoever has it go on is told what is late.
    state = "paused" if stored.state == "paused" else "live"
    _to(session, stored, state, by, now, live_version=stored.version)
    return read_campaign(session, name)


def pause(session: Session, name: str, by: str, now: datetime) -> None:
    """Have everybody stay where they are, and nobody come in.

    Raises:
        NoCampaign, CampaignNotSo: it is not live.
    """
    _change(session, name, "live", "paused", by, now)


def resume(session: Session, name: str, by: str, now: datetime, late: str | None = None) -> None:
    """Have it go on; ``late``: what becomes of late messages where it asks, ``send`` or ``skip``.

    Raises:
        NoCampaign, CampaignNotSo: it is not paused.
    """
    _change(session, name, "paused", "live", by, now)
    session.execute(update(CampaignState).where(CampaignState.name == name).values(late=late))


def nothing_more(these: ColumnElement[bool]) -> Update:
    """The statement by which of these messages those that are planned are cancelled, and those that
    may have arrived are not asked for again."""
    status = CampaignMessage.status
    open_ = or_(status == "planned", CampaignMessage.ask_at.is_not(None))
    cancelled = case((status == "planned", "cancelled"), else_=status)
    return update(CampaignMessage).where(these, open_).values(status=cancelled, ask_at=None)


def stop(session: Session, name: str, by: str, now: datetime) -> int:
    """End it for everybody, for good; how many were in it. What was planned is not sent.

    Raises:
        NoCampaign, CampaignNotSo: it is a draft, or stopped already.
    """
    take_turns(session)
    stored = read_campaign(session, name)
    if stored.state not in ("live", "paused"):
        raise CampaignNotSo(f"{name} is {stored.state}: there is nothing to stop.")
    open_ = (Enrolment.campaign == name) & Enrolment.ended_at.is_(None)
    these = update(Enrolment).where(open_).values(ended_at=now, ended_as=STOPPED)
    ended = session.execute(these.returning(Enrolment.id)).all()
    session.execute(nothing_more(CampaignMessage.campaign == name))
    session.execute(delete(CampaignWants).where(CampaignWants.campaign == name))
    want_what_counts(session)
    _to(session, stored, STOPPED, by, now)
    return len(ended)


def archive(session: Session, name: str, by: str, now: datetime) -> None:
    """Put a campaign away, so that lists leave it out; nothing of it is deleted.

    Raises:
        NoCampaign, CampaignNotSo: it is neither a draft nor stopped.
    """
    take_turns(session)
    stored = read_campaign(session, name)
    if stored.state not in ("draft", STOPPED):
        raise CampaignNotSo(
            f"{name} is {stored.state}. Stop it first: leadflow campaigns stop {name}"
        )
    _to(session, stored, ARCHIVED, by, now)


def want_what_counts(session: Session) -> None:
    """Have the types that some version goes by written from now on. Where one goes by any, those
    are all that there are now."""
    wanted = set(session.scalars(select(CampaignWants.type).distinct()))
    if ANY in wanted:
        wanted |= set(TYPES) | {f"{DID}{one}" for one in read_types(session).by_name}
    want_only(session, READER, wanted - {ANY})


def _change(session: Session, name: str, before: str, after: str, by: str, now: datetime) -> None:
    take_turns(session)
    stored = read_campaign(session, name)
    if stored.state != before:
        raise CampaignNotSo(f"{name} is {stored.state}, not {before}.")
    _to(session, stored, after, by, now)


def _to(
    session: Session,
    stored: StoredCampaign,
    state: str,
    by: str,
    now: datetime,
    live_version: int | None = None,
) -> None:
    said: dict[str, object] = {"state": state}
    if not state == stored.state == "paused":
        # Launched while it is paused, it stays so since when it was, by whom it was.
        said |= {"changed_at": now, "changed_by": by}
    if live_version is not None:
        said |= {"live_version": live_version, "launched_at": now, "launched_by": by}
    session.execute(update(CampaignState).where(CampaignState.name == stored.name).values(**said))
    audit.record(
        session,
        by,
        f"campaign.{state}",
        f"campaign/{stored.name}",
        {"version": live_version or stored.live_version},
        before={"state": stored.state},
    )


def take_turns(session: Session) -> None:
    """Have changes of campaigns take turns, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CAMPAIGNS_LOCK})


def passed(session: Session, name: str) -> dict[tuple[str, str], int]:
    """How many have taken each way of a campaign, over all of its versions, by step and way."""
    rows = session.execute(
        select(CampaignPassed.step, CampaignPassed.way, func.sum(CampaignPassed.passed))
        .where(CampaignPassed.campaign == name)
        .group_by(CampaignPassed.step, CampaignPassed.way)
    )
    return {(step, way): int(count) for step, way, count in rows}

"""The sales team: storing it, and its versions."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from leadflow.assignment.team.content import content, content_hash, joined, ordered
from leadflow.assignment.team.faults import TeamInvalid, team_faults
from leadflow.assignment.team.file import TeamFileInvalid, load_team
from leadflow.assignment.team.rows import write_rows
from leadflow.assignment.team.schemas import TeamIn
from leadflow.assignment.team.snapshot import team_version
from leadflow.assignment.team.store import StoredTeam, read_stored
from leadflow.assignment.team.tables import TeamVersion
from leadflow.audit import service as audit
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page

__all__ = [
    "TeamFileInvalid",
    "TeamInvalid",
    "load_team",
    "read_version",
    "restore_team",
    "store_team",
    "team_versions",
]
# Changes of the team take turns by a lock that ends with the transaction.
TEAM_LOCK = 7_240_011


class TeamVersionNotFound(LookupError):
    """There is no such version of the team."""


@dataclass(frozen=True)
class VersionOfTeam:
    """One version: since when, by whom, and the beginning of its content's hash."""

    version: int
    created_at: datetime
    created_by: str
    content_hash: str


def lock_team(session: Session) -> StoredTeam:
    """The team in use, kept from others' changes until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": TEAM_LOCK})
    return read_stored(session)


def store_team(session: Session, team: TeamIn, by: str = "operator", replace: bool = False) -> int:
    """Add or change what is named; the version in use afterwards.

    With ``replace`` salespeople who are not named become inactive, while teams and territories
    that are not named are gone. What changes nothing makes no version.

    Raises:
        TeamInvalid: all that does not hold together, with what is stored already.
    """
    before = lock_team(session)
    whole = joined(before.team, team, replace=replace)
    if faults := team_faults(whole):
        raise TeamInvalid(faults)
    after = ordered(whole)
    written = content(after)
    digest = content_hash(written)
    newest = session.execute(
        select(TeamVersion.version, TeamVersion.content_hash)
        .order_by(TeamVersion.version.desc())
        .limit(1)
    ).first()
    if after != before.team:
        write_rows(session, before, after)
    elif newest is not None and newest.content_hash == digest:
        return int(newest.version)
    version = TeamVersion(content=written, content_hash=digest, created_by=by)
    session.add(version)
    session.flush()
    counts = {
        "version": version.version,
        "reps": len(after.reps),
        "active": sum(rep.active for rep in after.reps),
        "teams": len(after.teams),
        "territories": len(after.territories),
    }
    was = None if newest is None else {"version": newest.version}
    subject = f"team/{version.version}"
    audit.record(session, by, "team.stored", subject, before=was, after=counts)
    return version.version


def team_versions(session: Session, wanted: Wanted = FIRST) -> Page[VersionOfTeam]:
    """The versions, the newest (the one in use) first."""
    statement = select(
        TeamVersion.version,
        TeamVersion.created_at,
        TeamVersion.created_by,
        func.left(TeamVersion.content_hash, 12),
    )
    keys = (Key(TeamVersion.version, descending=True),)
    found = read_page(session, statement, keys, ("team versions",), wanted)
    return found.of(lambda row: VersionOfTeam(*row))


def read_version(session: Session, version: int) -> TeamIn:
    """The whole team as it was in this version.

    Raises:
        TeamVersionNotFound: there is no such version.
    """
    found = session.get(TeamVersion, version)
    if found is None:
        newest = team_version(session)
        said = f"the newest is {newest}" if newest else "none has been stored yet"
        raise TeamVersionNotFound(f"There is no version {version} of the team; {said}.")
    return TeamIn.model_validate(json.loads(found.content))


def restore_team(session: Session, version: int, by: str) -> int:
    """Use an earlier version again, as a new one; its number. Whoever came since becomes inactive.

    Raises:
        TeamVersionNotFound: there is no such version.
    """
    return store_team(session, read_version(session, version), by, replace=True)

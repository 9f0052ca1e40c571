"""Sources in the store: writing them down, their secrets, and what counts now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.conditions.problems import Problem, nearest
from leadflow.leads.files.mapped_attributes import register_mapped
from leadflow.leads.files.mapping import MappingError
from leadflow.sources.chosen_secrets import SecretRefused, choose
from leadflow.sources.definitions import Source, SourcesInvalid, problems_of
from leadflow.sources.journals import state as journals
from leadflow.sources.tables import SourceSecret, SourceVersion

SOURCES_LOCK = 7_240_010
MOST_LIVE = 2
OVERLAP = timedelta(days=1)


class NoSource(LookupError):
    """There is no source of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no source {name!r}. {nearest(name, known)} Add one: leadflow sources apply "
            "FILE (docs/webhooks.md)."
        )


@dataclass(frozen=True)
class StoredSource:
    """A source as it counts now, since which version."""

    name: str
    version: int
    source: Source
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class Applied:
    """Which sources were new and which changed, by name; the others said what was stored."""

    new: tuple[str, ...]
    changed: tuple[str, ...]


def sources_now(session: Session) -> dict[str, StoredSource]:
    """Every source that counts, by name."""
    newest = (
        select(SourceVersion)
        .distinct(SourceVersion.source)
        .order_by(SourceVersion.source, SourceVersion.version.desc())
    )
    rows = session.scalars(newest)
    return {row.source: stored for row in rows if (stored := _read(row)) is not None}


def read_source(session: Session, name: str) -> StoredSource:
    """One source as it counts now.

    Raises:
        NoSource: there is none.
    """
    row = session.scalars(_versions(name).limit(1)).first()
    stored = None if row is None else _read(row)
    if stored is None:
        raise NoSource(name, list(sources_now(session)))
    return stored


def read_version(session: Session, name: str, version: int) -> SourceVersion:
    """A version of a source as it was written down.

    Raises:
        NoSource: there is none of this number.
    """
    row = session.get(SourceVersion, (name, version))
    if row is None:
        raise NoSource(f"{name} version {version}", list(sources_now(session)))
    return row


def versions(session: Session, name: str) -> list[SourceVersion]:
    """Every version of a source, newest first."""
    return list(session.scalars(_versions(name)))


def would_apply(session: Session, given: Mapping[str, Source]) -> Applied:
    """What ``apply`` would do, without doing it.

    Raises:
        SourcesInvalid: with everything that is wrong.
    """
    problems = [found for name, each in given.items() for found in problems_of(name, each)]
    if problems:
        raise SourcesInvalid(problems)
    known = sources_now(session)
    return Applied(
        new=tuple(name for name in given if name not in known),
        changed=tuple(
            name
            for name, each in given.items()
            if name in known and known[name].source.content_hash != each.content_hash
        ),
    )


def take_turns(session: Session) -> None:
    """Have changes of sources take turns, until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SOURCES_LOCK})


def apply(session: Session, given: Mapping[str, Source], by: str, now: datetime) -> Applied:
    """Write these sources down, as a new version of each that changes; all or none. Others stay as
    they are. What is delivered from now on is mapped by them, and what waits too. Where a scheme
    changes, or the host of a journal, the secrets end: another one is needed.

    Raises:
        SourcesInvalid: with everything that is wrong; nothing was stored.
    """
    take_turns(session)
    applied, known = would_apply(session, given), sources_now(session)
    for name in (*applied.new, *applied.changed):
        source = given[name]
        before = known[name].source if name in known else None
        if before is not None and not source.takes_secrets_of(before):
            session.execute(update(SourceSecret).where(_live(name, now)).values(ends_at=now))
        try:
            if source.feedback is None:
                register_mapped(session, source.leads(name))
        except MappingError as error:
            said = str(error)
            raise SourcesInvalid([Problem(f"sources.{name}.mapping", said)]) from error
        version = _next_version(session, name)
        session.add(
            SourceVersion(
                source=name,
                version=version,
                content=source.content,
                content_hash=source.content_hash,
                created_at=now,
                created_by=by,
            )
        )
        kept = None if before is None else before.journal
        journals.keep(session, name, kept, source.journal, now)
        said_of_it = {"version": version, "scheme": source.arrives_by}
        audit.record(session, by, "source.applied", f"source/{name}", said_of_it)
    session.flush()
    return applied


def remove(session: Session, name: str, by: str, now: datetime) -> None:
    """Take nothing from a source any more, and end its secrets; what it delivered stays.

    Raises:
        NoSource: there is none.
    """
    take_turns(session)
    read_source(session, name)
    version = _next_version(session, name)
    session.add(
        SourceVersion(
            source=name,
            version=version,
            content=None,
            content_hash="",
            created_at=now,
            created_by=by,
        )
    )
    session.execute(update(SourceSecret).where(_live(name, now)).values(ends_at=now))
    journals.keep(session, name, None, None, now)
    audit.record(session, by, "source.removed", f"source/{name}", {"version": version})
    session.flush()


def set_secret(session: Session, name: str, secret: str | None, by: str, now: datetime) -> str:
    """Give a source another secret, a new one of our own where none is given; returns it. The one
    before goes on being taken for a day, so that the sender can be changed meanwhile; any earlier
    one ends now, and that of a journal, which is read with the newest alone.

    Raises:
        NoSource: there is none.
        SecretRefused: the secret cannot be one of its scheme, or is the one in use.
    """
    take_turns(session)
    source = read_source(session, name).source
    chosen = choose(source, secret)
    live = list(session.scalars(_secrets(name, now)))
    if any(row.secret == chosen for row in live):
        raise SecretRefused("This secret is in use already.")
    most = 1 if source.scheme is None else MOST_LIVE
    for number, row in enumerate(live):
        row.ends_at = now + OVERLAP if number < most - 1 else now
    journals.look_soon(session, name, now)
    session.add(SourceSecret(source=name, secret=chosen, created_at=now, created_by=by))
    session.flush()
    audit.record(
        session, by, "source.secret_set", f"source/{name}", {"live": min(most, len(live) + 1)}
    )
    return chosen


def end_old_secrets(session: Session, name: str, by: str, now: datetime) -> int:
    """End every secret of a source but the newest, now; how many that were.

    Raises:
        NoSource: there is none.
    """
    read_source(session, name)
    older = session.scalars(_secrets(name, now)).all()[1:]
    for row in older:
        row.ends_at = now
    if older:
        audit.record(session, by, "source.secret_ended", f"source/{name}", {"ended": len(older)})
    session.flush()
    return len(older)


def live_secrets(session: Session, name: str, now: datetime) -> list[str]:
    """The secrets that are taken now, newest first."""
    return [row.secret for row in session.scalars(_secrets(name, now).limit(MOST_LIVE))]


def live_secrets_of_all(session: Session, now: datetime) -> dict[str, list[str]]:
    """The same of every source that has any."""
    found: dict[str, list[str]] = {}
    for row in session.scalars(_newest_first(_lasting(now))):
        found.setdefault(row.source, []).append(row.secret)
    return {name: secrets[:MOST_LIVE] for name, secrets in found.items()}


def revision(session: Session, now: datetime) -> tuple[object, ...]:
    """What differs once any source, or any secret that is taken, does."""
    asked = (
        select(func.count()).select_from(SourceVersion),
        select(func.count()).select_from(SourceSecret).where(_lasting(now)),
        select(func.max(SourceSecret.id)),
    )
    return tuple(session.execute(select(*(one.scalar_subquery() for one in asked))).one())


def _versions(name: str) -> Select[tuple[SourceVersion]]:
    of = select(SourceVersion).where(SourceVersion.source == name)
    return of.order_by(SourceVersion.version.desc())


def _next_version(session: Session, name: str) -> int:
    newest = select(func.max(SourceVersion.version)).where(SourceVersion.source == name)
    return (session.scalar(newest) or 0) + 1


def _read(row: SourceVersion) -> StoredSource | None:
    if row.content is None:
        return None
    source = Source.model_validate(row.content)
    return StoredSource(row.source, row.version, source, row.created_at, row.created_by)


def _lasting(now: datetime) -> ColumnElement[bool]:
    return or_(SourceSecret.ends_at.is_(None), SourceSecret.ends_at > now)


def _live(name: str, now: datetime) -> ColumnElement[bool]:
    return (SourceSecret.source == name) & _lasting(now)


def _secrets(name: str, now: datetime) -> Select[tuple[SourceSecret]]:
    return _newest_first(_live(name, now))


def _newest_first(which: ColumnElement[bool]) -> Select[tuple[SourceSecret]]:
    these = select(SourceSecret).where(which)
    return these.order_by(SourceSecret.created_at.desc(), SourceSecret.id.desc())

"""Making a set of features: begun, made part by part, checked, and only then there.

Only one set is made at a time. All its parts see the store as of one moment, whoever makes them and
however often they are tried. Whatever breaks it off, nothing is left that counts: the row of a set
is not ready until its manifest is written, which is not until its files are checked.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Engine, Select, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from features.definition import Definition
from features.definitions import DEFINITIONS
from features.event_types import EventTypes
from features.moments import all_leads
from features.recent_moments import recent_moments
from features.store import leads
from features.training_moments import training_moments
from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.leads.events.types import read_types
from leadflow.scoring.feature_sets.bases import base_of
from leadflow.scoring.feature_sets.definitions import definitions_sha256
from leadflow.scoring.feature_sets.folder import SetFolder, folder_of
from leadflow.scoring.feature_sets.manifest import FILE, Manifest, Purpose
from leadflow.scoring.feature_sets.news import (
    changed_leads,
    forget_news,
    leads_with_news,
    seen_now,
)
from leadflow.scoring.feature_sets.packed import Packed
from leadflow.scoring.feature_sets.tables import FeatureSet
from leadflow.scoring.serving.feature_frames import custom_definitions, dropped_features
from leadflow.settings import Settings

BUILD_LOCK = 7_240_059
Since = Literal["latest", "nothing"]
MOST_RECENT = 20_000
# The rows of a part are sorted and joined in memory.
MEMORY = text("SET LOCAL work_mem = '96MB'")


class AlreadyMade(RuntimeError):
    """Another set is being made, for longer than one waits."""


@dataclass(frozen=True)
class KeyRange:
    """The leads after one id up to and with another (None: to the end); its place among all."""

    number: int
    of: int
    after_id: str
    to_id: str | None

    def __str__(self) -> str:
        if self.of == 1:
            return "of all leads"
        until = "to the end" if self.to_id is None else f"up to {self.to_id}"
        after = "from the first" if not self.after_id else f"after {self.after_id}"
        return f"{self.number + 1} of {self.of}: {after} {until}"


class Build:
    """A set that is being made: what every step of it needs to know, and nothing it changes.

    No data class: Prefect would look into all of it each time it is handed to a step.
    """

    def __init__(
        self,
        row: FeatureSet,
        horizon: timedelta | None,
        window: timedelta,
        types: EventTypes,
        custom: tuple[Definition, ...],
        dropped: frozenset[str],
        snapshot: str,
        folder: SetFolder,
    ) -> None:
        self.row, self.horizon, self._window = row, horizon, window
        self.types, self.custom, self.dropped = types, custom, dropped
        self.snapshot, self.folder = snapshot, folder
        self.purpose: Purpose = row.purpose  # type: ignore[assignment]
        self.base: Manifest | None = None
        self.base_address = ""
        self.news: frozenset[str] = frozenset()
        self.changed: frozenset[str] = frozenset()
        self.ranges: tuple[KeyRange, ...] = ()
        self._packed: dict[str, Packed] = {}

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Every feature's definition, in the order of the columns."""
        return (*DEFINITIONS, *self.custom)

    def packed(self, name: str, make: Callable[[], Packed]) -> Packed:
        """A query of every part, put together once: that takes a tenth of a second."""
        if name not in self._packed:
            self._packed[name] = make()
        return self._packed[name]

    def moments(self) -> "Select[Any]":
        """All leads of the set, each with its moment."""
        if self.purpose == "training" and self.horizon is not None:
            return training_moments(self.row.as_of, self.horizon)
        if self.purpose == "recent":
            return recent_moments(self.row.as_of, self._window, MOST_RECENT)
        return all_leads(self.row.as_of).where(leads.c.merged_into.is_(None))


@contextmanager
def begun(
    engine: Engine,
    settings: Settings,
    purpose: Purpose,
    since: Since,
    now: datetime,
    as_of: datetime | None = None,
) -> Iterator[Build]:
    """A set to be made within the block, after whatever was broken off before is taken away.

    Args:
        since: from which set aggregates of leads without news may be carried over.
        as_of: an earlier moment; the set is then made anew, and nothing is carried over from it.

    Raises:
        AlreadyMade: another one is being made, and was not done within the wait for locks.
    """
    with _turn(engine), Session(engine) as holder, holder.begin():
        _clear_away()
        holder.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        snapshot = str(holder.scalar(select(func.pg_export_snapshot())))
        build = _opened(holder, settings, purpose, snapshot, now, as_of)
        if since == "latest" and as_of is None:
            base = base_of(holder, build.row)
            if base is not None:
                build.base, build.base_address = base[1], base[0].address
                build.row.base_id = base[0].id
                build.news = leads_with_news(holder, base[0])
                build.changed = changed_leads(holder, base[0])
        build.ranges = _ranges(holder, settings.feature_batch)
        with unit_of_work(engine) as session:
            session.add(build.row)
            session.flush()
            session.expunge(build.row)
        yield build


def finish(build: Build, manifest: Manifest, now: datetime, keep: int) -> None:
    """Have the set count: its folder gets its name, then its manifest, then its row. Of sets for
    the same purpose the newest so many are kept; for training, all."""
    build.folder.settle()
    content = manifest.to_json()
    build.folder.write(FILE, content, whole=True)
    with unit_of_work() as session:
        row = session.get_one(FeatureSet, build.row.id)
        row.ready_at, row.leads = now, manifest.leads
        row.manifest_sha256 = sha256(content).hexdigest()
        session.flush()
        forget_news(session, row)
    if build.purpose != "training":
        _let_go(build.purpose, keep)


@contextmanager
def same_view(engine: Engine, build: Build) -> Iterator[Session]:
    """A session that sees the store as the whole build does."""
    with Session(engine) as session, session.begin():
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        # A name of PostgreSQL's own making; it takes no parameter here.
        session.execute(text(f"SET TRANSACTION SNAPSHOT '{build.snapshot}'"))
        session.execute(MEMORY)
        yield session


def _opened(
    session: Session,
    settings: Settings,
    purpose: Purpose,
    snapshot: str,
    now: datetime,
    as_of: datetime | None,
) -> Build:
    types, custom = read_types(session), custom_definitions(session)
    # Of an earlier moment than what was seen, nothing can be told of what has come since.
    cluster, seen = seen_now(session) if as_of is None else ("", "")
    set_id = new_id("features")
    folder = folder_of(settings, purpose, set_id)
    row = FeatureSet(
        id=set_id,
        purpose=purpose,
        as_of=as_of or now,
        address=folder.address,
        begun_at=now,
        cluster=cluster,
        seen=seen,
        definitions_sha256=definitions_sha256(types, custom),
    )
    horizon = timedelta(days=settings.horizon_days) if purpose == "training" else None
    window = timedelta(days=settings.monitor_days)
    return Build(row, horizon, window, types, custom, dropped_features(session), snapshot, folder)


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            connection.execute(select(func.pg_advisory_lock(BUILD_LOCK)))
        except OperationalError as error:
            raise AlreadyMade(
                "Another set of features is being made. See when it is done: leadflow features list"
            ) from error
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(BUILD_LOCK)))


def _let_go(purpose: Purpose, keep: int) -> None:
    """Take away the sets but for the newest: first it does not count, then it is not there."""
    whole = select(FeatureSet).where(
        FeatureSet.purpose == purpose, FeatureSet.ready_at.is_not(None)
    )
    newest_first = whole.order_by(FeatureSet.ready_at.desc(), FeatureSet.id.desc())
    with unit_of_work() as session:
        for row in session.scalars(newest_first.offset(keep)):
            row.ready_at = row.leads = row.manifest_sha256 = None
    _clear_away()


def _clear_away() -> None:
    """What does not count while nobody else makes a set was broken off, or let go."""
    with unit_of_work() as session:
        for row in session.scalars(select(FeatureSet).where(FeatureSet.ready_at.is_(None))):
            SetFolder(row.address).remove()
            session.delete(row)


def _ranges(session: Session, size: int) -> tuple[KeyRange, ...]:
    """All ids that there are, in ranges of so many; the last one is open."""
    numbered = select(leads.c.id, func.row_number().over(order_by=leads.c.id).label("place"))
    numbered_leads = numbered.subquery()
    ends: Sequence[str] = session.scalars(
        select(numbered_leads.c.id)
        .where(numbered_leads.c.place % size == 0)
        .order_by(numbered_leads.c.id)
    ).all()
    newest = session.scalar(select(func.max(leads.c.id)))
    if ends and ends[-1] == newest:
        ends = ends[:-1]
    cuts = list(zip(["", *ends], [*ends, None], strict=True))
    return tuple(KeyRange(number, len(cuts), after, to) for number, (after, to) in enumerate(cuts))

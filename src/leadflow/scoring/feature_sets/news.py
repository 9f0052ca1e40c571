"""Which leads have news since a set was made: exact, by which transactions its making saw."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.scoring.feature_sets.tables import FeatureSet

# News are kept for sets that are younger than this; from an older one nothing is carried over.
CARRIED_WITHIN = timedelta(days=14)
SEEN = text(
    "SELECT (SELECT system_identifier::text FROM pg_control_system()), pg_current_snapshot()::text"
)
NEWS = text(
    """
    SELECT DISTINCT lead_id FROM feature_news
    WHERE ahead_until > :as_of
        OR NOT pg_visible_in_snapshot(changed_in::text::xid8, CAST(:seen AS pg_snapshot))
    """
)
# A row has the number of the transaction that wrote it. One from the oldest on that was still under
# way as the set was made may not have been seen: it, or a part of it, came later. Numbers go round
# after four thousand million; of so many, nothing is told apart.
CHANGED = text(
    """
    SELECT id FROM leads, (
        SELECT pg_snapshot_xmin(CAST(:seen AS pg_snapshot))::text::numeric AS oldest,
            pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS next
    ) AS s
    WHERE known_from > :as_of OR next - oldest > 2000000000
        OR age(leads.xmin) <= age((oldest % 4294967296)::text::xid)
    """
)
# Seen by each set that may be carried on, and ahead of none of them: needed no more.
FORGET = text(
    """
    DELETE FROM feature_news WHERE ahead_until <= :now AND NOT EXISTS (
        SELECT FROM unnest(CAST(:moments AS timestamptz[]), CAST(:seen AS text[])) AS s (at, seen)
        WHERE ahead_until > s.at OR NOT pg_visible_in_snapshot(
            changed_in::text::xid8, CAST(s.seen AS pg_snapshot)))
    """
)


def seen_now(session: Session) -> tuple[str, str]:
    """The server, and which transactions this one sees."""
    row = session.execute(SEEN).one()
    return str(row[0]), str(row[1])


def leads_with_news(session: Session, base: FeatureSet) -> frozenset[str]:
    """The leads of whom an event came, changed or went since a set was made, or happened since."""
    found = session.execute(NEWS, {"as_of": base.as_of, "seen": base.seen})
    return frozenset(row[0] for row in found)


def changed_leads(session: Session, base: FeatureSet) -> frozenset[str]:
    """The leads whose profiles have changed since a set was made, or may have, and new ones. One
    that was not known yet at the set's moment is among them."""
    found = session.execute(CHANGED, {"as_of": base.as_of, "seen": base.seen})
    return frozenset(row[0] for row in found)


def newest_of_each(session: Session, row: FeatureSet) -> Sequence[FeatureSet]:
    """The newest set for each purpose that the server of this one has made lately: those that may
    be carried on."""
    return session.scalars(
        select(FeatureSet)
        .where(
            FeatureSet.ready_at.is_not(None),
            FeatureSet.cluster == row.cluster,
            FeatureSet.as_of > row.as_of - CARRIED_WITHIN,
        )
        .distinct(FeatureSet.purpose)
        .order_by(FeatureSet.purpose, FeatureSet.as_of.desc(), FeatureSet.ready_at.desc())
    ).all()


def forget_news(session: Session, row: FeatureSet) -> None:
    """Let news go that every set has seen from which something may still be carried over, this one
    among them."""
    if not row.cluster:
        return
    kept = newest_of_each(session, row)
    given = {"moments": [one.as_of for one in kept], "seen": [one.seen for one in kept]}
    session.execute(FORGET, {"now": row.as_of, **given})

"""How leads came in a period, how right their scores were, and how long each step took."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, case, cast, func, select, text
from sqlalchemy.orm import Session

from leadflow.analytics.period import Period
from leadflow.analytics.schemas import (
    AccuracyOut,
    Bucket,
    LeadsReport,
    LevelOut,
    SourceLeadsOut,
    StepOut,
    VolumeOut,
)
from leadflow.database.ids import first_id
from leadflow.scoring.levels import BEST_FIRST
from leadflow.scoring.monitoring.matured import judged
from leadflow.scoring.tables import LeadScore

# The first length of a period whose leads are counted by weeks, and by months.
BY_WEEKS, BY_MONTHS = timedelta(days=63), timedelta(days=190)
VOLUME = text(
    """
WITH counted AS (
    SELECT date_trunc(:bucket, created_at) AS start, source, count(*) AS leads FROM leads
    WHERE created_at >= :since AND created_at < :until AND merged_into IS NULL
    GROUP BY 1, 2
), largest AS (
    SELECT source FROM counted GROUP BY source ORDER BY sum(leads) DESC, source LIMIT 20
)
SELECT c.start, l.source, sum(c.leads)::bigint AS leads
FROM counted c LEFT JOIN largest l USING (source)
GROUP BY 1, 2 ORDER BY 1, 2 NULLS LAST
"""
)
SOURCES = text(
    """
SELECT l.source, count(*) AS leads, count(s.lead_id) AS scored,
    count(*) FILTER (WHERE EXISTS (SELECT FROM assignments a WHERE a.lead_id = l.id)) AS assigned,
    count(*) FILTER (WHERE o.outcome = 'converted') AS converted,
    count(*) FILTER (WHERE o.outcome = 'lost') AS lost
FROM leads l
LEFT JOIN lead_scores s ON s.lead_id = l.id AND s.is_current
LEFT JOIN outcomes o ON o.lead_id = l.id
WHERE l.created_at >= :since AND l.created_at < :until AND l.merged_into IS NULL
GROUP BY l.source ORDER BY leads DESC, l.source LIMIT 100
"""
)
# A lead's id says when it was stored, which its other moments do not: a file may tell of last year.
STEPS = text(
    """
WITH came AS (
    SELECT id, to_timestamp(('x' || substr(id, 6, 12))::bit(48)::bigint / 1000.0) AS at FROM leads
    WHERE id >= :first AND id < :last AND length(id) = 33 AND merged_into IS NULL
), took AS (
    SELECT t.step, t.seconds FROM came c
    LEFT JOIN LATERAL (
        SELECT scored_at FROM lead_scores WHERE lead_id = c.id ORDER BY as_of LIMIT 1
    ) s ON true
    LEFT JOIN LATERAL (
        SELECT assigned_at, accepted_at, first_touch_at FROM assignments
        WHERE lead_id = c.id AND source <> 'import' ORDER BY assigned_at LIMIT 1
    ) a ON true
    LEFT JOIN outcomes o ON o.lead_id = c.id
    CROSS JOIN LATERAL (VALUES
        ('score', s.scored_at - c.at), ('assign', a.assigned_at - s.scored_at),
        ('accept', a.accepted_at - a.assigned_at), ('touch', a.first_touch_at - a.assigned_at),
        ('end', o.known_at - c.at)
    ) AS v(step, span)
    CROSS JOIN LATERAL (
        SELECT v.step, greatest(extract(epoch FROM v.span), 0)::float8 AS seconds
    ) t
    WHERE v.span IS NOT NULL
    UNION ALL
    SELECT 'delivery', extract(epoch FROM processed_at - received_at)::float8 FROM deliveries
    WHERE received_at >= :since AND received_at < :until AND processed_at IS NOT NULL
)
SELECT step, count(*) AS count,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95_seconds
FROM took GROUP BY step
ORDER BY array_position(ARRAY['delivery', 'score', 'assign', 'accept', 'touch', 'end'], step)
"""
)


def leads_report(
    session: Session, period: Period, horizon: timedelta, now: datetime
) -> LeadsReport:
    """The report of a period; ``horizon`` is the time that a lead has to convert."""
    how = bucket(period)
    volume = session.execute(VOLUME, period.bounds | {"bucket": how})
    rows = [VolumeOut.model_validate(row) for row in volume]
    sources = session.execute(SOURCES, period.bounds)
    ids = {"first": first_id("lead", period.since), "last": first_id("lead", period.until)}
    steps = session.execute(STEPS, period.bounds | ids)
    return LeadsReport(
        **period.bounds,
        came=sum(row.leads for row in rows),
        bucket=how,
        volume=rows,
        sources=[SourceLeadsOut.model_validate(row) for row in sources],
        scoring=accuracy(session, period, horizon, now),
        steps=[StepOut.model_validate(row) for row in steps],
    )


def bucket(period: Period) -> Bucket:
    """By what leads of a period are counted, so that there are some dozens at most."""
    length = period.until - period.since
    return "day" if length < BY_WEEKS else "week" if length < BY_MONTHS else "month"


def accuracy(session: Session, period: Period, horizon: timedelta, now: datetime) -> AccuracyOut:
    """Of each lead the first score whose horizon ended in the period, held against what came of the
    lead: Brier's score, and how often one that converted stood above one that did not (by ranks:
    Mann and Whitney, 1947)."""
    seen = _judged(period, horizon, now).subquery()
    alike = func.count().over(partition_by=seen.c.probability)
    ranked = select(
        seen, (func.rank().over(order_by=seen.c.probability) + (alike - 1) / 2.0).label("rank")
    ).subquery()
    won = cast(ranked.c.converted, Integer)
    said = select(
        ranked.c.level,
        func.count().label("leads"),
        func.sum(won).label("converted"),
        func.sum(ranked.c.probability).label("expected"),
        func.sum(func.power(ranked.c.probability - won, 2)).label("missed"),
        func.sum(ranked.c.rank * won).label("ranks"),
    )
    best_first = case({name: at for at, name in enumerate(BEST_FIRST)}, value=ranked.c.level)
    levels = session.execute(said.group_by(ranked.c.level).order_by(best_first)).all()
    leads, converted = sum(row.leads for row in levels), sum(row.converted for row in levels)
    ranks, pairs = sum(float(row.ranks) for row in levels), converted * (leads - converted)
    return AccuracyOut(
        leads=leads,
        converted=converted,
        expected=sum(row.expected for row in levels),
        brier=sum(row.missed for row in levels) / leads if leads else None,
        auc=(ranks - converted * (converted + 1) / 2) / pairs if pairs else None,
        levels=[LevelOut.model_validate(row) for row in levels],
    )


def _judged(period: Period, horizon: timedelta, now: datetime) -> Select[Any]:
    first = (
        select(LeadScore.lead_id, LeadScore.as_of, LeadScore.probability, LeadScore.level)
        .where(LeadScore.as_of >= period.since - horizon)
        .where(LeadScore.as_of < period.until - horizon, LeadScore.as_of <= now - horizon)
        .distinct(LeadScore.lead_id)
        .order_by(LeadScore.lead_id, LeadScore.as_of)
    )
    return judged(first, now, horizon)

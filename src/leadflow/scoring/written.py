"""Written scores as the frames that their suites look at, in bounded memory."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.checks.reading import Window, read
from leadflow.scoring.levels import BEST_FIRST

if TYPE_CHECKING:
    import pandas as pd

# A dimension is 50 and its contributions, clipped: at 0 or 100 nothing can be told of its sum.
SCORES = """
SELECT s.lead_id || ' ' || s.as_of AS id, s.lead_id, s.as_of, s.total_score, s.probability, s.level,
    s.probability BETWEEN s.probability_low AND s.probability_high AS in_interval,
    s.points - 50 - (SELECT coalesce(sum(part), 0) FROM unnest(s.contributions) part)
        AS contributions_off,
    CASE WHEN least(s.demographic, s.behavioural, s.engagement, s.fit, s.ai) > 0
        AND greatest(s.demographic, s.behavioural, s.engagement, s.fit, s.ai) < 100
        THEN s.demographic + s.behavioural + s.engagement + s.fit + s.ai - 5 * 50 - (s.points - 50)
        END AS dimensions_off,
    s.total_score - least(greatest(s.points, 0), 100) AS total_off,
    cardinality(s.contributions) = cardinality(c.features) AS named,
    extract(epoch FROM %(now)s - s.as_of)::float8 / 3600 AS hours_since_as_of
FROM (
    SELECT * FROM lead_scores
    WHERE %(since)s::timestamptz IS NULL OR as_of >= %(since)s LIMIT %(most)s
) s LEFT JOIN scorecards c ON c.id = s.scorecard_id
"""
# Few leads say nothing of a day; what came before them is the last day of which there are enough.
DAYS = """
SELECT day || ' ' || regime || ' ' || model_version AS id, spread, share_hot, share_unqualified,
    mean - lag(mean) OVER (PARTITION BY regime, model_version ORDER BY day) AS jump
FROM (
    SELECT date_trunc('day', as_of)::date AS day, regime, model_version, avg(total_score) AS mean,
        stddev_pop(total_score) AS spread,
        avg((level = 'hot')::int)::float8 AS share_hot,
        avg((level = 'unqualified')::int)::float8 AS share_unqualified
    FROM lead_scores WHERE as_of >= %(now)s - interval '31 days' AND as_of <= %(now)s
    GROUP BY 1, 2, 3 HAVING count(*) >= 200
) days
ORDER BY id DESC LIMIT %(most)s
"""


def scores(session: Session, window: Window) -> "pd.DataFrame":
    """Scores as of moments within the window, for the suite ``scores``. ``level_in_order``: nobody
    who was scored with it has a lower total and a better level."""
    frame = read(session, SCORES, window)
    rank = frame["level"].map({name: place for place, name in enumerate(reversed(BEST_FIRST))})
    by_total = frame.assign(rank=rank).sort_values(["as_of", "total_score", "rank"])
    best_so_far = by_total.groupby("as_of")["rank"].cummax()
    frame["level_in_order"] = (by_total["rank"] >= best_so_far).reindex(frame.index)
    return frame


def score_days(session: Session, window: Window) -> "pd.DataFrame":
    """The last month's days, a row a model, for the suite ``score_days``."""
    return read(session, DAYS, window)

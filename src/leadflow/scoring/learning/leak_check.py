"""Leaks that only the store's history can tell: values that came in once a lead had converted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from features.attributes import PREFIX
from features.feature import Feature
from features.how_many import how_many

if TYPE_CHECKING:
    from models.leak import Leak

# Fewer late values are slips; a smaller share is a habit of some, not how the value comes to be.
FEWEST, SHARE = 10, 0.5

# Leads that came in only after they had converted are left out: of them everything is late.
LATE = """
WITH ended AS (
    SELECT lead_id, min(occurred_at) AS at
    FROM outcomes WHERE outcome = 'converted' GROUP BY lead_id
),
version AS (
    SELECT id AS lead_id, known_from, seniority, country, industry, company_size, budget_minor,
           timeline_months, attributes
    FROM leads WHERE id IN (SELECT lead_id FROM ended)
    UNION ALL
    SELECT lead_id, known_from, seniority, country, industry, company_size, budget_minor,
           timeline_months, attributes
    FROM lead_history WHERE lead_id IN (SELECT lead_id FROM ended)
),
fact AS (
    SELECT lead_id, known_from, :prefix || key AS feature
    FROM version CROSS JOIN jsonb_each(attributes) WHERE value <> 'null'
    UNION ALL
    SELECT lead_id, known_from, key
    FROM version CROSS JOIN jsonb_each(jsonb_strip_nulls(jsonb_build_object(
        'seniority', seniority, 'country', country, 'industry', industry,
        'company_size', company_size, 'budget', budget_minor, 'timeline_months', timeline_months
    )))
),
first_known AS (SELECT lead_id, feature, min(known_from) AS at FROM fact GROUP BY 1, 2),
came_in AS (SELECT lead_id, min(known_from) AS at FROM version GROUP BY 1)
SELECT feature, count(*) AS converted, count(*) FILTER (WHERE first_known.at >= ended.at) AS late
FROM first_known JOIN ended USING (lead_id) JOIN came_in USING (lead_id)
WHERE came_in.at < ended.at
GROUP BY feature ORDER BY feature
"""


def known_late(session: Session, features: Sequence[Feature]) -> "list[Leak]":
    """Those of these features that most converted leads got only at or after their conversion."""
    from models.leak import Leak

    labels = {feature.name: feature.label for feature in features}
    return [
        Leak(
            row.feature,
            "known after the outcome",
            f"{labels[row.feature]} came in at or after the conversion for {row.late:,} of the "
            f"{how_many(row.converted, 'converted lead')} with a value.",
            row.late / row.converted,
        )
        for row in session.execute(text(LATE), {"prefix": PREFIX})
        if row.feature in labels and row.late >= max(FEWEST, SHARE * row.converted)
    ]

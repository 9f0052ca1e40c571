"""The columns of the store that features read, named here without importing any room.

``tests/unit/features`` holds these equal to the real tables.
"""

from sqlalchemy import column, table

PROFILE_COLUMNS = (
    "email_kind",
    "has_phone",
    "company_size",
    "industry",
    "seniority",
    "country",
    "budget_minor",
    "timeline_months",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
    "counted_at",
    "attributes",
)

leads = table(
    "leads",
    column("id"),
    column("source"),
    column("created_at"),
    column("known_from"),
    column("merged_into"),
    *(column(name) for name in PROFILE_COLUMNS),
)
lead_history = table(
    "lead_history",
    column("lead_id"),
    column("known_from"),
    column("known_until"),
    *(column(name) for name in PROFILE_COLUMNS),
)
lead_events = table(
    "lead_events",
    column("lead_id"),
    column("type"),
    column("occurred_at"),
    column("known_at"),
)
# Which fields a source has never filled, as the bits of ``features.recorded``.
source_records = table("source_records", column("source"), column("not_recorded"))
outcomes = table(
    "outcomes",
    column("lead_id"),
    column("outcome"),
    column("occurred_at"),
    column("known_at"),
)
# Times in which leads were lost, until they were open again.
reopened_losses = table(
    "reopened_losses",
    column("lead_id"),
    column("lost_at"),
    column("reopened_at"),
)
ai_qualifications = table(
    "ai_qualifications",
    column("lead_id"),
    column("status"),
    column("score"),
    column("known_at"),
)
# Leads that a person has found to have bad data or a wrong outcome.
quality_flags = table(
    "quality_flags",
    column("lead_id"),
    column("flagged_at"),
    column("lifted_at"),
)

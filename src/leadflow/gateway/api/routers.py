"""Every resource of the API, in the order in which its pages list them."""

from leadflow.gateway.api import (
    accounts,
    analytics,
    approvals,
    assignments,
    event_types,
    health,
    lead_intake,
    leads,
    metrics,
    policies,
    quality,
    rules,
    score_overrides,
    sessions,
    team,
    work,
)

ROUTERS = (
    health.router,
    metrics.router,
    lead_intake.router,
    leads.router,
    event_types.router,
    score_overrides.router,
    assignments.router,
    work.router,
    analytics.router,
    rules.router,
    team.router,
    sessions.router,
    accounts.router,
    approvals.router,
    policies.router,
    quality.router,
)

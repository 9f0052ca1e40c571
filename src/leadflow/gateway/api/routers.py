"""Every resource of the API, in the order in which its pages list them."""

from leadflow.gateway.api import configuration, rules, segments, workflow
from leadflow.gateway.api.access import accounts, sessions
from leadflow.gateway.api.analytics import groups
from leadflow.gateway.api.campaigns import campaigns
from leadflow.gateway.api.consent import consent, suppressions
from leadflow.gateway.api.follow_ups import notes, tags, tasks
from leadflow.gateway.api.imports import imports, mappings, rows, uploads
from leadflow.gateway.api.leads import (
    event_batches,
    event_types,
    events,
    exports,
    lead_intake,
    lead_list,
    leads,
    merges,
    outcomes,
    score_overrides,
)
from leadflow.gateway.api.operating import health, metrics, outbox, quarantine
from leadflow.gateway.api.review import approvals, policies, quality
from leadflow.gateway.api.team import analytics, assignments, team, work
from leadflow.gateway.api.webhooks import endpoints, inbox, messages, sources, webhooks

ROUTERS = (
    health.router,
    metrics.router,
    lead_intake.router,
    lead_list.router,
    exports.router,
    exports.files,
    leads.router,
    merges.router,
    events.router,
    event_batches.router,
    outcomes.router,
    event_types.router,
    uploads.router,
    imports.router,
    mappings.router,
    rows.router,
    webhooks.router,
    sources.router,
    inbox.router,
    endpoints.router,
    messages.router,
    score_overrides.router,
    assignments.router,
    work.router,
    consent.router,
    suppressions.router,
    notes.router,
    tasks.router,
    tags.router,
    groups.router,
    analytics.router,
    campaigns.router,
    workflow.router,
    rules.router,
    segments.router,
    configuration.router,
    team.router,
    sessions.router,
    accounts.router,
    approvals.router,
    policies.router,
    outbox.router,
    quality.router,
    quarantine.router,
)

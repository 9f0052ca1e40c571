"""Every table of every room, for the migrations and for tests. Rooms themselves never import it."""

from leadflow.accounts import tables as accounts
from leadflow.approvals import tables as approvals
from leadflow.assignment import sweep_tables as sweeps
from leadflow.assignment import tables as assignment
from leadflow.assignment.team import tables as team
from leadflow.audit import tables as audit
from leadflow.background import tables as background
from leadflow.campaigns import tables as campaigns
from leadflow.campaigns.circuits import tables as circuits
from leadflow.campaigns.counting import tables as campaign_counts
from leadflow.campaigns.feedback import tables as feedback
from leadflow.campaigns.keeping import tables as campaign_keeping
from leadflow.checks import tables as checks
from leadflow.consent import tables as consent
from leadflow.database import tables as database
from leadflow.database.base import Base
from leadflow.domain_events import tables as domain_events
from leadflow.drafts import tables as drafts
from leadflow.endpoints import tables as endpoints
from leadflow.exports import tables as exports
from leadflow.follow_ups import tables as follow_ups
from leadflow.intake import tables as intake
from leadflow.leads import import_tables as imports
from leadflow.leads import tables as leads
from leadflow.leads.events import tables as event_types
from leadflow.leads.finding import search_indexes
from leadflow.leads.merging import tables as merging
from leadflow.leads.outcomes import tables as outcomes
from leadflow.outbox import tables as outbox
from leadflow.qualification import tables as qualification
from leadflow.quality import tables as quality
from leadflow.rules import tables as rules
from leadflow.rules.segments import tables as segments
from leadflow.saved_views import tables as saved_views
from leadflow.scoring import tables as scoring
from leadflow.scoring.batch import tables as batch
from leadflow.scoring.feature_sets import tables as feature_sets
from leadflow.scoring.learning import tables as learning
from leadflow.scoring.monitoring import tables as monitoring
from leadflow.scoring.serving import tables as serving
from leadflow.search import assignment_indexes
from leadflow.sources import tables as sources
from leadflow.uploads import tables as uploads
from leadflow.workflow import tables as workflow

ROOMS = (
    accounts,
    approvals,
    assignment,
    assignment_indexes,
    audit,
    background,
    batch,
    campaigns,
    campaign_counts,
    campaign_keeping,
    checks,
    consent,
    database,
    drafts,
    circuits,
    endpoints,
    event_types,
    exports,
    feature_sets,
    feedback,
    follow_ups,
    domain_events,
    imports,
    intake,
    leads,
    learning,
    merging,
    monitoring,
    outbox,
    outcomes,
    qualification,
    quality,
    rules,
    saved_views,
    scoring,
    segments,
    search_indexes,
    serving,
    sweeps,
    team,
    sources,
    uploads,
    workflow,
)
metadata = Base.metadata

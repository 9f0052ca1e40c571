"""Every page of the console."""

from leadflow.gateway.console import (
    approvals,
    audit,
    disputes,
    follow_ups,
    lead,
    lead_work,
    mail,
    outcomes,
    reviews,
    search,
    sign_in,
)
from leadflow.gateway.console.campaigns import channels, messages, of_lead, pages, steering
from leadflow.gateway.console.checks import data_docs
from leadflow.gateway.console.configuration import drafts, editing, taking_out
from leadflow.gateway.console.configuration import pages as configuration
from leadflow.gateway.console.guide import tour
from leadflow.gateway.console.home import deciding, line_acts, looking_after
from leadflow.gateway.console.home import pages as home
from leadflow.gateway.console.imports import pages as imports
from leadflow.gateway.console.imports import sending as files_sent
from leadflow.gateway.console.imports import set_aside
from leadflow.gateway.console.imports import steering as imports_steered
from leadflow.gateway.console.leads import board, bulk, files, moving
from leadflow.gateway.console.leads import pages as leads
from leadflow.gateway.console.leads import saving as saved_views
from leadflow.gateway.console.live import stream
from leadflow.gateway.console.models import page as models
from leadflow.gateway.console.one_lead import changing
from leadflow.gateway.console.recipients import pages as recipients
from leadflow.gateway.console.recipients import seen
from leadflow.gateway.console.system import routers as system
from leadflow.gateway.console.team import handing_on, person, territories
from leadflow.gateway.console.team import overview as team

ROUTERS = (
    sign_in.router,
    home.router,
    line_acts.router,
    deciding.router,
    looking_after.router,
    search.router,
    approvals.router,
    leads.router,
    saved_views.router,
    bulk.router,
    files.router,
    board.router,
    moving.router,
    lead.router,
    changing.router,
    follow_ups.router,
    lead_work.router,
    outcomes.router,
    disputes.router,
    reviews.router,
    audit.router,
    data_docs.router,
    mail.router,
    pages.router,
    steering.router,
    channels.router,
    messages.router,
    of_lead.router,
    drafts.router,
    configuration.router,
    taking_out.router,
    editing.router,
    imports.router,
    files_sent.router,
    set_aside.router,
    imports_steered.router,
    recipients.router,
    seen.router,
    models.router,
    team.router,
    territories.router,
    person.router,
    handing_on.router,
    *system.ROUTERS,
    stream.router,
    tour.router,
)

"""The pages for those who run Leadflow."""

from leadflow.gateway.console.system import (
    acts,
    audit_check,
    configuration,
    deliveries,
    endpoints,
    flows,
    keys,
    overview,
    people,
    sessions,
)

ROUTERS = (
    overview.router,
    acts.router,
    deliveries.router,
    endpoints.router,
    flows.router,
    audit_check.router,
    configuration.router,
    people.router,
    keys.router,
    sessions.router,
)

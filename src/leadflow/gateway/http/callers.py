"""Callers by what they may do: a route declares its permission by the type of its caller."""

from typing import Annotated

from leadflow.accounts.actors import Actor
from leadflow.gateway.http.security import needs

CreatesLeads = Annotated[Actor, needs("lead.create")]
ReadsLeads = Annotated[Actor, needs("lead.read")]
EditsLeads = Annotated[Actor, needs("lead.edit")]
TellsFacts = Annotated[Actor, needs("lead.fact")]
ReadsEventTypes = Annotated[Actor, needs("event_type.read")]
WritesEventTypes = Annotated[Actor, needs("event_type.write")]
ReadsSources = Annotated[Actor, needs("source.read")]
WritesSources = Annotated[Actor, needs("source.write")]
ReadsDeliveries = Annotated[Actor, needs("delivery.read")]
ReadsEndpoints = Annotated[Actor, needs("endpoint.read")]
WritesEndpoints = Annotated[Actor, needs("endpoint.write")]
WorksLeads = Annotated[Actor, needs("lead.work")]
ManagesTags = Annotated[Actor, needs("tag.manage")]
Reassigns = Annotated[Actor, needs("lead.reassign")]
Overrides = Annotated[Actor, needs("score.override")]
ReadsTeam = Annotated[Actor, needs("team.read")]
WritesTeam = Annotated[Actor, needs("team.write")]
ReadsRules = Annotated[Actor, needs("rules.read")]
WritesRules = Annotated[Actor, needs("rules.write")]
ReadsAnalytics = Annotated[Actor, needs("analytics.read")]
ReadsApprovals = Annotated[Actor, needs("approval.read")]
Decides = Annotated[Actor, needs("approval.decide")]
ReadsPolicies = Annotated[Actor, needs("policy.read")]
WritesPolicies = Annotated[Actor, needs("policy.write")]
Delegates = Annotated[Actor, needs("delegation.write")]
Reviews = Annotated[Actor, needs("quality.review")]
ManagesQuality = Annotated[Actor, needs("quality.manage")]
ReadsOutbox = Annotated[Actor, needs("outbox.read")]
SettlesOutbox = Annotated[Actor, needs("outbox.settle")]
SeesAll = Annotated[Actor, needs("approval.all")]
ReadsImports = Annotated[Actor, needs("import.read")]
ReadsMetrics = Annotated[Actor, needs("metrics.read")]

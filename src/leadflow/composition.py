"""The composition root: the rooms there are, and what each adds to what others offer.

A room says in its ``declares.py`` what it adds; here it is named, and nowhere else. Nothing
registers itself by being imported: each process calls ``compose`` once as it begins.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from features.event_types import EventType
from leadflow.accounts.people import actor_of
from leadflow.accounts.tables import Person
from leadflow.approvals import decision_kinds
from leadflow.approvals import declares as approvals
from leadflow.approvals.decision_kinds import DecisionKind
from leadflow.assignment import declares as assignment
from leadflow.assignment.team.reach import leads_beyond
from leadflow.audit import declares as audit
from leadflow.background import declares as background
from leadflow.campaigns import declares as campaigns
from leadflow.conditions.fields import Field, FieldFamily
from leadflow.conditions.rule_actions import RuleAction
from leadflow.configuration import kinds as configuration_kinds
from leadflow.configuration.kinds import ConfigurationKind
from leadflow.consent import declares as consent
from leadflow.drafts import declares as drafts
from leadflow.endpoints import declares as endpoints
from leadflow.exports import declares as exports
from leadflow.follow_ups import declares as follow_ups
from leadflow.integrations import declares as integrations
from leadflow.leads import declares as leads
from leadflow.observability import gauges
from leadflow.observability.gauges import Gauge, Queue
from leadflow.outbox import acts
from leadflow.outbox import declares as outbox
from leadflow.outbox.acts import Act
from leadflow.quality import declares as quality
from leadflow.quality import review_kinds
from leadflow.quality.review_kinds import ReviewKind
from leadflow.rules import declares as rules
from leadflow.rules import field_catalogue, rule_kinds
from leadflow.rules.configuration import configuration_of
from leadflow.rules.rule_kinds import RuleKind
from leadflow.scoring import declares as scoring
from leadflow.sources import declares as sources
from leadflow.sources import feedback
from leadflow.sources.feedback import Hear
from leadflow.uploads import declares as uploads
from leadflow.workflow import built_in
from leadflow.workflow import declares as workflow


@dataclass(frozen=True)
class Room:
    """What one room adds: acts that the outbox performs, kinds of decision that people make, types
    of events, fields that conditions name, kinds of rules with their actions, actions of workflow
    rules and such rules that are built in, kinds of automated decisions that are reviewed, kinds of
    configuration that are kept in files, what takes in what providers tell of messages (``hears``),
    queues and gauges that ``/metrics`` tells."""

    name: str
    acts: tuple[Act, ...] = ()
    decision_kinds: tuple[DecisionKind, ...] = ()
    event_types: tuple[EventType, ...] = ()
    fields: tuple[Field, ...] = ()
    field_families: tuple[FieldFamily, ...] = ()
    rule_kinds: tuple[RuleKind, ...] = ()
    rule_actions: tuple[RuleAction[Any], ...] = ()
    workflow_rules: tuple[dict[str, Any], ...] = ()
    review_kinds: tuple[ReviewKind, ...] = ()
    configuration: tuple[ConfigurationKind, ...] = ()
    hears: Mapping[str, Hear] = field(default_factory=dict)
    queues: tuple[Queue, ...] = ()
    gauges: tuple[Gauge, ...] = ()


ROOMS = (
    Room(
        "leads",
        event_types=leads.EVENT_TYPES,
        fields=leads.FIELDS,
        field_families=leads.FIELD_FAMILIES,
        configuration=leads.CONFIGURATION,
        queues=leads.QUEUES,
    ),
    Room("consent", event_types=consent.EVENT_TYPES),
    Room("follow_ups", fields=follow_ups.FIELDS, rule_actions=follow_ups.RULE_ACTIONS),
    Room(
        "sources",
        configuration=sources.CONFIGURATION,
        queues=sources.QUEUES,
        gauges=sources.GAUGES,
    ),
    Room("rules", configuration=rules.CONFIGURATION),
    Room(
        "endpoints",
        acts=endpoints.ACTS,
        gauges=endpoints.GAUGES,
        rule_actions=endpoints.RULE_ACTIONS,
    ),
    Room(
        "exports",
        acts=exports.ACTS,
        decision_kinds=exports.DECISION_KINDS,
        queues=exports.QUEUES,
    ),
    Room("uploads", queues=uploads.QUEUES),
    Room("audit", queues=audit.QUEUES),
    Room("outbox", gauges=outbox.GAUGES),
    Room("background", gauges=background.GAUGES),
    Room(
        "approvals",
        acts=approvals.ACTS,
        decision_kinds=approvals.DECISION_KINDS,
        configuration=approvals.CONFIGURATION,
        queues=approvals.QUEUES,
        gauges=approvals.GAUGES,
    ),
    Room(
        "scoring",
        acts=scoring.ACTS,
        decision_kinds=scoring.DECISION_KINDS,
        fields=scoring.FIELDS,
        gauges=scoring.GAUGES,
    ),
    Room(
        "assignment",
        acts=assignment.ACTS,
        decision_kinds=assignment.DECISION_KINDS,
        rule_kinds=assignment.RULE_KINDS,
        rule_actions=assignment.RULE_ACTIONS,
        configuration=assignment.CONFIGURATION,
        queues=assignment.QUEUES,
    ),
    Room("quality", review_kinds=quality.REVIEW_KINDS),
    Room(
        "workflow",
        acts=workflow.ACTS,
        decision_kinds=workflow.DECISION_KINDS,
        field_families=workflow.FIELD_FAMILIES,
        rule_actions=workflow.RULE_ACTIONS,
        queues=workflow.QUEUES,
    ),
    Room(
        "campaigns",
        acts=campaigns.ACTS,
        decision_kinds=campaigns.DECISION_KINDS,
        event_types=campaigns.EVENT_TYPES,
        rule_actions=campaigns.RULE_ACTIONS,
        workflow_rules=campaigns.WORKFLOW_RULES,
        configuration=campaigns.CONFIGURATION,
        hears=campaigns.HEARS,
        queues=campaigns.QUEUES,
        gauges=campaigns.GAUGES,
    ),
    Room("drafts", acts=drafts.ACTS, decision_kinds=drafts.DECISION_KINDS),
    Room("integrations", acts=integrations.ACTS, rule_actions=integrations.RULE_ACTIONS),
)


_composed: list[tuple[Room, ...]] = []


def compose(rooms: tuple[Room, ...] = ROOMS) -> None:
    """Hand every catalogue what the rooms declare. Once is enough for a process: whoever calls it
    again finds it done."""
    if _composed:
        return
    _composed.append(rooms)
    acts.install(act for room in rooms for act in room.acts)
    decision_kinds.install((kind for room in rooms for kind in room.decision_kinds), _reached_by)
    field_catalogue.install(
        (field for room in rooms for field in room.fields),
        (family for room in rooms for family in room.field_families),
    )
    built_in.install(rule for room in rooms for rule in room.workflow_rules)
    of_events = workflow.install(action for room in rooms for action in room.rule_actions)
    of_rules = (*(kind for room in rooms for kind in room.rule_kinds), of_events)
    rule_kinds.install(of_rules)
    # Rules name things of all others.
    set_up = (kind for room in rooms for kind in room.configuration)
    configuration_kinds.install((*set_up, *map(configuration_of, of_rules)))
    review_kinds.install(kind for room in rooms for kind in room.review_kinds)
    feedback.install({name: hear for room in rooms for name, hear in room.hears.items()})
    gauges.install(
        (queue for room in rooms for queue in room.queues),
        (gauge for room in rooms for gauge in room.gauges),
    )


def event_types() -> dict[str, tuple[EventType, ...]]:
    """The types of events by the room that declares them, for the store to keep."""
    return {room.name: room.event_types for room in ROOMS if room.event_types}


def _reached_by(session: Session, person: Person, lead_ids: Collection[str]) -> frozenset[str]:
    reach = actor_of(person).reach("lead.read")
    if reach is None:
        return frozenset()
    return frozenset(lead_ids) - leads_beyond(session, person.rep_id, reach, lead_ids)

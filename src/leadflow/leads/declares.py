"""Declarations of leads: the event types that every company has, and fields for conditions."""

from features.event_types import EventType
from leadflow.leads.attribute_fields import ATTRIBUTES
from leadflow.leads.events.configuration import CONFIGURATION as OWN_EVENT_TYPES
from leadflow.leads.events.fields import EVENTS
from leadflow.leads.figures import QUEUES
from leadflow.leads.lead_fields import FIELDS

__all__ = ["CONFIGURATION", "EVENT_TYPES", "FIELDS", "FIELD_FAMILIES", "QUEUES"]

CONFIGURATION = (OWN_EVENT_TYPES,)
FIELD_FAMILIES = (ATTRIBUTES, EVENTS)

_BEHAVIOUR, _ENGAGED = "behavioural", "engagement"


def _did(name: str, label: str, dimension: str, reopens: bool = False) -> EventType:
    # Without features of its own: what is learned of these is written by hand, in features/.
    return EventType(name, label, name, dimension, reopens=reopens)


def _touch(name: str, label: str) -> EventType:
    return EventType(name, label, name, _ENGAGED, done_by="rep", is_touch=True)


EVENT_TYPES = (
    _did("website_visit", "Website visit", _BEHAVIOUR),
    _did("content_download", "Download", _BEHAVIOUR),
    _did("pricing_view", "Pricing page view", _BEHAVIOUR),
    _did("form_sent", "Form sent", _BEHAVIOUR, reopens=True),
    _did("email_open", "E-mail opened", _ENGAGED),
    _did("email_click", "Link clicked", _ENGAGED),
    _did("email_reply", "Reply", _ENGAGED, reopens=True),
    _did("meeting", "Meeting", _ENGAGED, reopens=True),
    _did("unsubscribe", "Unsubscribed", _ENGAGED),
    _touch("rep_call", "Call by us"),
    _touch("rep_email", "E-mail by us"),
    _touch("rep_meeting", "Meeting by us"),
)

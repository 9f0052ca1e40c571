"""What people wrote down and cannot be used: problems that name each place of it."""

from leadflow.approvals.policies import PoliciesInvalid
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.configuration.service import ConfigurationRefused
from leadflow.leads.events.own_types import EventTypesInvalid
from leadflow.leads.files.mapping import MappingInvalid
from leadflow.rules.segments.definitions import SegmentsInvalid
from leadflow.search.question import SearchInvalid
from leadflow.sources.definitions import SourcesInvalid

PLACED = (
    RuleSetInvalid,
    PoliciesInvalid,
    EventTypesInvalid,
    SourcesInvalid,
    SegmentsInvalid,
    SearchInvalid,
    ConfigurationRefused,
    MappingInvalid,
)
WRITTEN: dict[type[Exception], tuple[str, str, str]] = {
    RuleSetInvalid: (
        "rule-invalid",
        "The rule set cannot be used",
        "Correct what `errors` names and send the whole rule set again.",
    ),
    PoliciesInvalid: (
        "policies-invalid",
        "The policies cannot be used",
        "Correct what `errors` names and send all policies again.",
    ),
    EventTypesInvalid: (
        "event-types-invalid",
        "The event types cannot be used",
        "Correct what `errors` names and send all of them again; nothing was stored.",
    ),
    SegmentsInvalid: (
        "segments-invalid",
        "The segments cannot be used",
        "Correct what `errors` names and send all of them again; nothing was stored.",
    ),
    ConfigurationRefused: (
        "configuration-invalid",
        "The configuration cannot be applied",
        "Correct what `errors` names and send all of it again; nothing was stored.",
    ),
    MappingInvalid: (
        "mapping-invalid",
        "The mapping cannot be used",
        "Correct what `errors` names and send the mapping again; nothing was stored.",
    ),
    SearchInvalid: (
        "search-invalid",
        "The search cannot be made",
        "Correct what `errors` names and send it again.",
    ),
    SourcesInvalid: (
        "sources-invalid",
        "The sources cannot be used",
        "Correct what `errors` names and send all of them again; nothing was stored.",
    ),
}

"""Features made of types of events: how often, and how long ago. No code, only the type."""

from collections.abc import Iterable

from features.activity import Counted, LastDone
from features.definition import Definition, days_since, done
from features.event_types import EventType
from features.feature import Dimension, Feature, FeatureKind

PREFIX = "events."


def event_definitions(types: Iterable[EventType]) -> tuple[Definition, ...]:
    """``events.NAME.count`` and ``events.NAME.days_since`` of each type. Types that count as this
    one are counted with it; whether a type has features is the caller's to ask."""
    return tuple(definition for known in types for definition in _definitions(known))


def _definitions(known: EventType) -> tuple[Definition, Definition]:
    name, label, dimension = known.name, known.label, Dimension(known.dimension)
    often = Feature(
        f"{PREFIX}{name}.count",
        label,
        dimension,
        FeatureKind.NUMERIC,
        says=f"{label}: {{value}} times",
        says_for={"0": f"{label}: never", "1": f"{label}: once"},
    )
    ago = Feature(
        f"{PREFIX}{name}.days_since",
        f"{label}, last time",
        dimension,
        FeatureKind.NUMERIC,
        says=f"{label}: {{value}} days ago",
        says_for={"0": f"{label}: within the last 24 hours", "1": f"{label}: yesterday"},
        missing=f"{label}: never",
        whole=True,
    )
    return (
        done(often, Counted(often.name, name)),
        days_since(ago, LastDone(ago.name, name)),
    )

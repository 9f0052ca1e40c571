"""Every type of event that comes with Leadflow."""

from features.event_types import EventType
from leadflow import composition
from tests.surface.lines import lines


def event_types() -> str:
    """One line a type: what it counts as, its part of the score, who does it."""
    declared = [known for those in composition.event_types().values() for known in those]
    return lines([_said(known) for known in sorted(declared, key=lambda known: known.name)])


def _said(known: EventType) -> str:
    touch = ", a touch" if known.is_touch else ""
    features = ", with features of its own" if known.has_features else ""
    return (
        f"{known.name} ({known.label}): counts as {known.counts_as}, {known.dimension}, "
        f"done by the {known.done_by}{touch}{features}"
    )

"""A company's own types of events as configuration: ``event_types.yaml``."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow import plain_yaml
from leadflow.configuration.kinds import ConfigurationKind, ContentRefused, Stored
from leadflow.configuration.reading_order import in_order
from leadflow.configuration.versions import changes_of, contents_at
from leadflow.leads.events.own_types import (
    EventTypeIn,
    EventTypesInvalid,
    declare,
    parse_event_types,
)
from leadflow.leads.events.tables import EventTypeVersion
from leadflow.leads.events.types import take_turns

SECTION = "event_types"


def store(session: Session, content: Any, by: str, now: datetime) -> Stored:
    """Declare the types that differ.

    Raises:
        ContentRefused: with everything that is wrong.
    """
    try:
        declared = declare(session, parse_event_types(content), by, now)
    except EventTypesInvalid as error:
        raise ContentRefused(error.problems) from error
    return Stored(declared.new, declared.changed)


def in_force(session: Session, at: datetime | None) -> dict[str, Any] | None:
    """The company's own types as they counted at a moment, None for now."""
    said_then = contents_at(session, EventTypeVersion.event_type, at)
    found = {name: in_order(said, EventTypeIn.model_fields) for name, said in said_then.items()}
    return {SECTION: found} if found else None


CONFIGURATION = ConfigurationKind(
    SECTION,
    "event_type.write",
    plain_yaml.load,
    plain_yaml.dump,
    take_turns,
    store,
    in_force,
    changes_of(EventTypeVersion.event_type),
    section=SECTION,
)

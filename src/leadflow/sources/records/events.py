"""What the lead of a record did, as its source says which of it are events."""

from datetime import tzinfo
from typing import Any

from pydantic import ValidationError

from leadflow.leads.events.recording import EventIn
from leadflow.leads.files.zones import ZoneMissing, with_zone
from leadflow.refusals import in_words
from leadflow.sources.definition_parts import Choice, EventMapping
from leadflow.sources.definitions import Source
from leadflow.sources.mapped import Came
from leadflow.sources.paths import Follower, PathFailed
from leadflow.sources.records.cells import COUNTED, as_id
from leadflow.sources.texts import NotAValue


class Unreadable(ValueError):
    """What of a record cannot be read; the message says why."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


def events_of(
    name: str, source: Source, follower: Follower, came: Came, number: int, record: Any
) -> list[EventIn]:
    """The events of one record, which has this number in its delivery.

    Raises:
        Unreadable: one of them cannot be read.
    """
    events = []
    for which, mapping in enumerate(source.events):
        place = f"events[{which}]"
        try:
            for count, item in enumerate(follower.listed(mapping.each, record)):
                own = f"{came.delivery_id}:{number}:{which}:{count}"
                if follower.holds(mapping.only, item):
                    event = _event(name, source.moments_in, mapping, follower, item, own, came)
                    events += [] if event is None else [event]
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join([place, *(str(part) for part in fault["loc"])])
            raise Unreadable(where, in_words(fault)) from None
        except (PathFailed, NotAValue, ZoneMissing) as error:
            raise Unreadable(place, str(error)) from error
    return events


def _event(
    name: str,
    zone: tzinfo | None,
    mapping: EventMapping,
    follower: Follower,
    item: Any,
    own: str,
    came: Came,
) -> EventIn | None:
    """What one item says the lead did; None where its type is none of those that are wanted.
    ``own``: the id of one that has none, made of its place in the delivery, so that it is known
    when the delivery is processed again."""
    kind: str | None
    if isinstance(mapping.type, Choice):
        kind = mapping.type.values.get(follower.text(mapping.type.path, item) or "")
        if kind is None:
            return None
    else:
        kind = mapping.type
    said = follower.text(mapping.occurred_at, item)
    if said is not None and COUNTED.fullmatch(said) is not None:
        raise NotAValue("is at a number: write from_seconds(PATH) or from_ms(PATH)")
    at = said and with_zone(said, zone)
    external_id = None
    if mapping.external_id is not None:
        external_id = as_id(follower.follow(mapping.external_id, item))
    payload = {key: follower.follow(path, item) for key, path in mapping.payload.items()}
    said_of_it = {key: value for key, value in payload.items() if value is not None}
    return EventIn.model_validate(
        {
            "type": kind,
            "occurred_at": at or came.received_at,
            "external_id": external_id or own,
            "source": name,
            "payload": said_of_it or None,
        }
    )

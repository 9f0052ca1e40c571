"""What providers tell of messages by webhook, taken in as sources hand it over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.campaigns.feedback.noting import note
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.feedback.told import Told
from leadflow.channels.email.agents import machine_agent
from leadflow.channels.email.resend_events import NotUnderstood, ResendEvent, resend_event
from leadflow.leads.service import email_index_of
from leadflow.settings import Settings
from leadflow.sources.mapped import Came, Mapped

# Of links that Resend rewrote nobody here knows the numbers.
SOME_LINK = 0
_NOTHING = {"field": "type", "rule": "is of nothing that anything follows from"}
_NOT_OURS = {"field": "data.email_id", "rule": "is of no message of a campaign"}


def hear_resend(
    session: Session, settings: Settings, came: Sequence[Came], now: datetime
) -> Mapped:
    """Note what Resend tells of messages. What is of none of ours is left alone with a note."""
    heard = Mapped()
    told: list[Told] = []
    of: list[str] = []
    for one in came:
        heard.records[one.id] = 1
        try:
            event = resend_event(one.body)
        except NotUnderstood as error:
            heard.reasons[one.id] = [{"field": error.field, "rule": error.rule}]
            continue
        if event is None:
            heard.notes[one.id], heard.records[one.id] = [dict(_NOTHING)], 0
            continue
        told.append(_told(event))
        of.append(one.id)
    for place in note(session, told, Bounds.of(settings), now).unknown:
        heard.notes[of[place]], heard.records[of[place]] = [dict(_NOT_OURS)], 0
    return heard


HEARS = {"resend": hear_resend}


def _told(event: ResendEvent) -> Told:
    seen = event.kind in ("opened", "clicked")
    return Told(
        event.kind,
        event.at,
        event.key,
        event.provider_id,
        event.bounce_class,
        machine_agent(event.agent) if seen else None,
        SOME_LINK if event.kind == "clicked" else None,
        None if event.to is None else email_index_of(event.to),
    )

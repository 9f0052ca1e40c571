"""Messages for people and for other rooms: listed with their attempts, sent again, written for one
endpoint."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.endpoints.service import read_endpoint
from leadflow.endpoints.tables import Attempt, Endpoint, Message

STATES = ("waiting", "delivered", "failed")
# Sent to one endpoint because somebody asks for it, whatever types it wants.
PING, CALLED = "endpoint.ping", "endpoint.called"
# What ended long ago, and what waits for an endpoint that is not told anything any more.
FORGET = text(
    """
DELETE FROM webhook_messages WHERE id IN (
    SELECT m.id FROM webhook_messages m
    WHERE m.created_at < :before AND (m.ended_at < :before OR NOT EXISTS (
        SELECT FROM webhook_endpoints e WHERE e.id = m.endpoint_id AND e.status = 'enabled'
    ))
    LIMIT 10000
)
"""
)


class NoMessage(LookupError):
    """The endpoint has no message with this id."""

    def __init__(self, message_id: str, name: str) -> None:
        super().__init__(
            f"{name} has no message {message_id[:80]}. See: leadflow endpoints messages {name}"
        )


class EndpointDisabled(RuntimeError):
    """Nothing is sent to an endpoint that is switched off."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is disabled. Enable it first: leadflow endpoints enable {name}")


def messages(
    session: Session,
    name: str,
    status: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Message]:
    """Messages of an endpoint, the newest first; ``before``: those with a smaller number.

    Raises:
        NoEndpoint: there is none.
    """
    endpoint = read_endpoint(session, name)
    these = select(Message).where(Message.endpoint_id == endpoint.id)
    if status is not None:
        these = these.where(Message.status == status)
    if before is not None:
        these = these.where(Message.number < before)
    return list(session.scalars(these.order_by(Message.number.desc()).limit(limit)))


def read_message(session: Session, name: str, message_id: str) -> tuple[Message, list[Attempt]]:
    """One message, and every attempt to send it.

    Raises:
        NoEndpoint, NoMessage: there is none.
    """
    endpoint = read_endpoint(session, name)
    found = session.get(Message, message_id)
    if found is None or found.endpoint_id != endpoint.id:
        raise NoMessage(message_id, name)
    tried = select(Attempt).where(Attempt.message_id == message_id).order_by(Attempt.id)
    return found, list(session.scalars(tried))


def replay(session: Session, name: str, message_id: str, by: str, now: datetime) -> None:
    """Send a message again under its id, whatever became of it.

    Raises:
        NoEndpoint, NoMessage: there is none.
        EndpointDisabled: it is switched off.
    """
    endpoint = _enabled(session, name)
    read_message(session, name, message_id)
    _again(session, endpoint, [Message.id == message_id], now)
    _note(session, endpoint, by, {"message": message_id})


def replay_since(session: Session, name: str, since: datetime, by: str, now: datetime) -> int:
    """Send again, under its id, everything that happened since that moment; how many there are.

    Raises:
        NoEndpoint: there is none.
        EndpointDisabled: it is switched off.
    """
    endpoint = _enabled(session, name)
    count = _again(session, endpoint, [Message.created_at >= since], now)
    _note(session, endpoint, by, {"since": since.isoformat(), "messages": count})
    return count


def call(
    session: Session,
    name: str,
    lead_id: str | None,
    facts: Mapping[str, Any],
    key: str,
    type_: str = CALLED,
) -> str:
    """Have one endpoint called once with these facts, of this lead where it is of one; returns the
    message's id. Written in the caller's unit of work, and sent, signed, guarded, tried again and
    kept in order like any other message; the endpoint need not want its type. The same ``key`` is
    the same call, and is written once. No personal data among ``facts``: they are stored.

    Raises:
        NoEndpoint: there is none.
        EndpointDisabled: it is switched off.
    """
    endpoint = _enabled(session, name)
    # A receiver may keep ids in small columns, and no key of ours need be readable in them.
    message_id = f"msg_{sha256(f'{endpoint.id} {key}'.encode()).hexdigest()[:28]}"
    values = {"id": message_id, "endpoint_id": endpoint.id, "type": type_, "lead_id": lead_id}
    written = insert(Message).values(**values, facts=dict(facts)).on_conflict_do_nothing()
    session.execute(written)
    return message_id


def ping(session: Session, name: str, key: str) -> str:
    """Have an endpoint told that it is an endpoint; the message's id.

    Raises:
        NoEndpoint: there is none.
        EndpointDisabled: it is switched off.
    """
    return call(session, name, None, {}, key, PING)


def forget_old(session: Session, before: datetime) -> int:
    """Delete messages that ended before that moment with their attempts, at most ten thousand; how
    many."""
    return int(session.execute(FORGET, {"before": before}).rowcount)  # type: ignore[attr-defined]


def _enabled(session: Session, name: str) -> Endpoint:
    endpoint = read_endpoint(session, name)
    if endpoint.status != "enabled":
        raise EndpointDisabled(name)
    return endpoint


def _again(session: Session, endpoint: Endpoint, which: Sequence[Any], now: datetime) -> int:
    again = update(Message).where(Message.endpoint_id == endpoint.id, *which)
    values = {"status": "waiting", "attempts": 0, "due_at": now, "ended_at": None}
    count = int(session.execute(again.values(values)).rowcount)  # type: ignore[attr-defined]
    # Whoever asks knows that it is back.
    endpoint.paused_until = None
    return count


def _note(session: Session, endpoint: Endpoint, by: str, detail: Mapping[str, Any]) -> None:
    said = {"name": endpoint.name, **detail}
    audit.record(session, by, "endpoint.replayed", f"endpoint/{endpoint.id}", said)

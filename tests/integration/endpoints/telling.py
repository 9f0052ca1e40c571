"""An endpoint on a receiver of this machine, and what the background does with it, done at once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select, text

from leadflow.database.engine import unit_of_work
from leadflow.domain_events.types import TYPES
from leadflow.endpoints import service
from leadflow.endpoints.definitions import EndpointIn
from leadflow.endpoints.tables import Attempt, Endpoint, Message
from leadflow.endpoints.turns import give_turns
from leadflow.outbox.consumer import Consumer
from leadflow.outbox.lanes import WEBHOOKS, Lane
from leadflow.settings import Settings, get_settings


def near() -> Settings:
    """Settings that let webhooks reach this machine."""
    return get_settings().model_copy(
        update={
            "webhook_allowed_networks": "127.0.0.0/8",
            "webhook_connect_seconds": 2.0,
            "webhook_answer_seconds": 3.0,
        }
    )


def add(
    url: str, types: Sequence[str] = tuple(TYPES), name: str = "crm", personal: bool = False
) -> str:
    """An endpoint; its secret."""
    given = EndpointIn(name=name, url=url, types=list(types), include_personal=personal)
    with unit_of_work() as session:
        _, secret = service.add(session, given, "test", datetime.now(UTC), near(), True)
    return secret


def send(store: Engine) -> None:
    """Give turns, and have the outbox take all of them."""
    with unit_of_work() as session:
        give_turns(session, datetime.now(UTC))
    consume(store, WEBHOOKS)


def consume(store: Engine, lane: Lane, settings: Settings | None = None) -> None:
    later = timedelta(seconds=1)
    consumer = Consumer(store, settings or near(), lane, lambda: datetime.now(UTC) + later, "test")
    while consumer.consume():
        pass


def mend(store: Engine) -> None:
    """Take up the claims of whoever died."""
    Consumer(store, near(), WEBHOOKS, lambda: datetime.now(UTC), "test").mend()


def come_due() -> None:
    """Let all that waits be due, as it is once time has passed."""
    with unit_of_work() as session:
        session.execute(text("UPDATE webhook_messages SET due_at = now() WHERE status = 'waiting'"))
        session.execute(text("UPDATE webhook_endpoints SET paused_until = NULL"))


def messages(name: str = "crm") -> list[Message]:
    """What there is for an endpoint, in the order in which it happened."""
    with unit_of_work() as session:
        of = select(Message).join(Endpoint, Endpoint.id == Message.endpoint_id)
        return list(session.scalars(of.where(Endpoint.name == name).order_by(Message.number)))


def attempts() -> list[Attempt]:
    with unit_of_work() as session:
        return list(session.scalars(select(Attempt).order_by(Attempt.id)))


def endpoint(name: str = "crm") -> Endpoint:
    with unit_of_work() as session:
        return service.read_endpoint(session, name)

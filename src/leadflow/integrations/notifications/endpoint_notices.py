"""Telling admins, and whoever made it, that an endpoint is told nothing any more."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.accounts.people import people_with
from leadflow.accounts.permissions import Role
from leadflow.accounts.tables import Person
from leadflow.database.engine import unit_of_work
from leadflow.endpoints.sending import NOTIFY
from leadflow.endpoints.tables import Endpoint
from leadflow.integrations.notifications.messages import endpoint_disabled
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside, Unknown
from leadflow.outbox.lanes import NOTICES
from leadflow.outbox.service import enqueue


class EndpointNotice(BaseModel):
    """Which endpoint was disabled, and who is told; nobody named: everybody who is to be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint_id: str
    person_id: str | None


def notify_of_endpoint(order: Order, payload: EndpointNotice) -> End:
    """Tell one person, or have each told.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        endpoint = session.get(Endpoint, payload.endpoint_id)
        if endpoint is None or endpoint.status != "disabled" or endpoint.disabled_why is None:
            return NothingDone("The endpoint is no longer disabled.")
        if payload.person_id is None:
            return _for_each(session, order, endpoint)
        found = account_of(session, payload.person_id)
        name, why = endpoint.name, endpoint.disabled_why
    if isinstance(found, NothingDone):
        return found
    send(order, found[1], endpoint_disabled(name, why, order.settings.webhook_failing_days))
    return Done({"told": payload.person_id})


def _for_each(session: Session, order: Order, endpoint: Endpoint) -> End:
    told = {person.id for person in people_with(session, [Role.ADMIN], order.now)}
    if session.get(Person, endpoint.created_by) is not None:
        told.add(endpoint.created_by)
    for person_id in sorted(told):
        payload = {"endpoint_id": endpoint.id, "person_id": person_id}
        enqueue(session, NOTIFY, f"{order.key}:{person_id}", payload)
    if told:
        return Done({"told": sorted(told)})
    return NothingDone(
        "There is no admin to tell. Add one: leadflow people add NAME --role admin, then retry "
        "this."
    )


def _was_sent(order: Order, payload: EndpointNotice) -> Done | Unknown:
    return was_sent(order)


NOTIFY_OF_ENDPOINT = Outside(
    NOTIFY, NOTICES, EndpointNotice, notify_of_endpoint, repeatable=False, reconcile=_was_sent
)

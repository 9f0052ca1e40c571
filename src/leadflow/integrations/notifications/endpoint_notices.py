"""Telling admins, and whoever made it, that an endpoint is told nothing any more."""

from sqlalchemy.orm import Session

from leadflow.accounts.tables import Person
from leadflow.database.engine import unit_of_work
from leadflow.endpoints.sending import NOTIFY
from leadflow.endpoints.tables import Endpoint
from leadflow.integrations.notifications.messages import endpoint_disabled
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.integrations.notifications.told_each import NoticeToEach, admins, have_each_told
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import NOTICES


class EndpointNotice(NoticeToEach):
    """Which endpoint was disabled."""

    endpoint_id: str


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
            return have_each_told(
                session, order, NOTIFY, payload, _people(session, order, endpoint)
            )
        found = account_of(session, payload.person_id)
        name, why = endpoint.name, endpoint.disabled_why
    if isinstance(found, NothingDone):
        return found
    send(order, found[1], endpoint_disabled(name, why, order.settings.webhook_failing_days))
    return Done({"told": payload.person_id})


def _people(session: Session, order: Order, endpoint: Endpoint) -> set[str]:
    """Admins, and whoever made it."""
    made_by = session.get(Person, endpoint.created_by)
    return admins(session, order) | (set() if made_by is None else {made_by.id})


NOTIFY_OF_ENDPOINT = Outside(
    NOTIFY, NOTICES, EndpointNotice, notify_of_endpoint, repeatable=False, reconcile=was_sent
)

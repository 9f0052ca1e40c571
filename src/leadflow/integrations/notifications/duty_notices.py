"""Telling whoever is on duty that a run of a flow has failed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.people import people_with
from leadflow.accounts.permissions import Role
from leadflow.accounts.tables import Person
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.messages import run_failed
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.integrations.notifications.told_each import NoticeToEach, have_each_told
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import NOTICES

NOTIFY = "notify_on_duty"
NOBODY = (
    "Nobody is on duty. Name somebody in LEADFLOW_ON_DUTY, or add an operator: leadflow people "
    "add NAME --role operator"
)


class DutyNotice(NoticeToEach):
    """Which run of which flow ended how."""

    flow: str
    run_id: str
    run: str
    state: str


def notify_on_duty(order: Order, payload: DutyNotice) -> End:
    """Tell one person, or have each told.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        if payload.person_id is None:
            return have_each_told(session, order, NOTIFY, payload, _on_duty(session, order), NOBODY)
        found = account_of(session, payload.person_id)
    if isinstance(found, NothingDone):
        return found
    address = f"{order.settings.prefect_url}/runs/flow-run/{payload.run_id}"
    send(order, found[1], run_failed(payload.flow, payload.run, payload.state, address))
    return Done({"told": payload.person_id})


def _on_duty(session: Session, order: Order) -> list[str]:
    """Who is named in the settings; else operators, else admins."""
    named = [one.strip() for one in order.settings.on_duty.split(",") if one.strip()]
    if named:
        found = select(Person.id).where(Person.username.in_(named), Person.active)
        return sorted(session.scalars(found))
    for role in (Role.OPERATOR, Role.ADMIN):
        people = people_with(session, [role], order.now)
        if people:
            return sorted(person.id for person in people)
    return []


NOTIFY_ON_DUTY = Outside(
    NOTIFY, NOTICES, DutyNotice, notify_on_duty, repeatable=False, reconcile=was_sent
)

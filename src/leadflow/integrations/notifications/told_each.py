"""A notice for several people: one order has each of them told by an order of their own, so that
nobody is told twice because somebody else could not be reached."""

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from leadflow.accounts.people import people_with
from leadflow.accounts.permissions import Role
from leadflow.outbox.acts import Done, End, NothingDone, Order
from leadflow.outbox.service import enqueue

NO_ADMIN = (
    "There is no admin to tell. Add one: leadflow people add NAME --role admin, then retry this."
)


class NoticeToEach(BaseModel):
    """Who is told; nobody named: everybody who is to be. Notices add what it is about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person_id: str | None = None


def admins(session: Session, order: Order) -> set[str]:
    """The ids of those who look after the installation."""
    return {person.id for person in people_with(session, [Role.ADMIN], order.now)}


def have_each_told(
    session: Session,
    order: Order,
    act: str,
    payload: NoticeToEach,
    people: Collection[str],
    nobody: str = NO_ADMIN,
) -> End:
    """Order the same notice for each of these people. Where there are none, nothing is done, and
    ``nobody`` says what to do about it."""
    for person_id in sorted(people):
        own = payload.model_copy(update={"person_id": person_id})
        enqueue(session, act, f"{order.key}:{person_id}", own.model_dump())
    return Done({"told": sorted(people)}) if people else NothingDone(nobody)

"""Telling people that somebody guesses their password."""

from pydantic import BaseModel, ConfigDict

from leadflow.accounts.sign_in_delays import NOTIFY
from leadflow.database.engine import unit_of_work
from leadflow.integrations.notifications.messages import guesses
from leadflow.integrations.notifications.recipients import account_of
from leadflow.integrations.notifications.sending import send, was_sent
from leadflow.outbox.acts import Done, End, NothingDone, Order, Outside
from leadflow.outbox.lanes import NOTICES


class GuessesNotice(BaseModel):
    """Whose password was guessed, on which day (UTC)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person_id: str
    day: str


def notify_of_guesses(order: Order, payload: GuessesNotice) -> End:
    """Tell the person.

    Raises:
        NotSent: it was surely not taken.
        MaybeSent: it may or may not have been.
    """
    with unit_of_work() as session:
        found = account_of(session, payload.person_id)
    if isinstance(found, NothingDone):
        return found
    send(order, found[1], guesses(payload.day, f"{order.settings.address}/console/password"))
    return Done({"day": payload.day})


NOTIFY_OF_GUESSES = Outside(
    NOTIFY, NOTICES, GuessesNotice, notify_of_guesses, repeatable=False, reconcile=was_sent
)

"""Who asked for something that is done later, as they are then."""

from datetime import datetime

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.keys import program_called
from leadflow.accounts.people import actor_of
from leadflow.accounts.refusing import DOES
from leadflow.accounts.tables import Person

KEY = "key:"


class AskerGone(PermissionError):
    """Whoever asked for this has no account or key any more, or may not do it any more."""


def as_they_are(
    session: Session, actor_id: str, permissions: tuple[str, ...], now: datetime
) -> Actor:
    """Who acted under this id, with what they may do now.

    Raises:
        AskerGone: they are not there any more, or have not all of these permissions.
    """
    if actor_id.startswith(KEY):
        actor = program_called(session, actor_id.removeprefix(KEY), now)
    else:
        person = session.get(Person, actor_id)
        actor = actor_of(person) if person is not None and person.active else None
    if actor is None:
        raise AskerGone("Whoever asked for this has no account or key in use any more.")
    missing = [name for name in permissions if actor.reach(name) is None]
    if missing:
        lost = ", ".join(DOES[name] for name in missing)
        raise AskerGone(f"Whoever asked for this may not do it any more: {lost}.")
    return actor

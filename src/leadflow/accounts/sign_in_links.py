"""An address that signs somebody in, once and soon: for whoever set the installation up, and shows
it to somebody. What makes it is not kept; it holds as long as its person has not signed in since.
"""

import hmac
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.accounts.signing_in import begin, same
from leadflow.accounts.tables import Person, PersonSession
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

HOLDS = timedelta(hours=1)


class LinkOver(PermissionError):
    """The address was used before, is too old, or none of ours."""

    def __init__(self) -> None:
        super().__init__(
            "This link has signed somebody in before, or is older than an hour. Sign in by name "
            "and password."
        )


def link_token(session: Session, person: Person, now: datetime) -> str:
    """What the address ends with."""
    until = int((now + HOLDS).timestamp())
    return f"{person.id}.{until}.{_seal(session, person.id, until)}"


def person_of_link(session: Session, token: str, now: datetime) -> Person:
    """Whom it signs in; their row is held, so that of two who come at once the second comes late.

    Raises:
        LinkOver: nobody, any more.
    """
    person_id, _, rest = token.partition(".")
    until, _, seal = rest.partition(".")
    if not until.isascii() or not until.isdigit() or now.timestamp() > int(until[:12]):
        raise LinkOver
    wanted = select(Person).where(Person.id == person_id, Person.active).with_for_update()
    person = session.scalars(wanted).first()
    if person is None or not same(seal, _seal(session, person_id, int(until))):
        raise LinkOver
    return person


def enter(session: Session, token: str, now: datetime, hours: float) -> str:
    """Sign in by it; the token of the sign-in.

    Raises:
        LinkOver: it does not sign anybody in any more.
    """
    return begin(session, person_of_link(session, token, now), now, hours, None)


def _seal(session: Session, person_id: str, until: int) -> str:
    """Of the person, the end, and how often they have signed in by now."""
    signed_in = select(func.count()).where(PersonSession.person_id == person_id)
    said = f"{person_id} {until} {session.scalar(signed_in)}"
    return hmac.new(_link_key(), said.encode(), sha256).hexdigest()


@lru_cache
def _link_key() -> bytes:
    return derive_key(load_secret(get_settings()), "sign-in links")

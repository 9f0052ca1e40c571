"""Sign-ins that are going on, for those whose they are and for admins: seeing them, ending them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.accounts.tables import PersonSession
from leadflow.audit import service as audit
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page


class SignInNotFound(LookupError):
    """There is no such sign-in that goes on, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("This sign-in has ended already. Load the page again.")


@dataclass(frozen=True)
class SignIn:
    """One sign-in; ``id`` says which, and nobody can sign in with it."""

    id: str
    person_id: str
    created_at: datetime
    expires_at: datetime


def sign_ins(
    session: Session, now: datetime, person_id: str | None = None, wanted: Wanted = FIRST
) -> Page[SignIn]:
    """Those that go on, the newest first: one person's, else everybody's."""
    statement = select(PersonSession).where(
        PersonSession.ended_at.is_(None), PersonSession.expires_at > now
    )
    if person_id is not None:
        statement = statement.where(PersonSession.person_id == person_id)
    keys = (
        Key(PersonSession.created_at, descending=True),
        Key(PersonSession.token_hash, descending=True),
    )
    return read_page(session, statement, keys, ("sign-ins", person_id), wanted).of(_shown)


def end_sign_in(
    session: Session, sign_in: str, by: str, now: datetime, person_id: str | None = None
) -> None:
    """End one sign-in; where a person is named, only one of theirs.

    Raises:
        SignInNotFound: there is none that goes on.
    """
    found = session.get(PersonSession, sign_in, with_for_update=True)
    if found is None or found.ended_at is not None or person_id not in (None, found.person_id):
        raise SignInNotFound
    found.ended_at = now
    session.flush()
    audit.record(session, by, "person.signed_out", found.person_id)


def _shown(row: PersonSession) -> SignIn:
    return SignIn(row.token_hash, row.person_id, row.created_at, row.expires_at)

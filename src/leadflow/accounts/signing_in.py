"""Signing in with a password, staying signed in by a token, and being locked out for a while."""

import hmac
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from math import ceil

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from leadflow.accounts.passwords import is_password
from leadflow.accounts.people import PersonNotFound, find_person
from leadflow.accounts.sign_in_delays import (
    attempt_of,
    count_failure,
    forget_failures,
    still_waits,
)
from leadflow.accounts.tables import Person, PersonSession
from leadflow.audit import service as audit
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

PREFIX = "lfs_"
# Asked with every request of a person: made once.
_SIGNED_IN = (
    select(Person)
    .join(PersonSession, PersonSession.person_id == Person.id)
    .where(
        PersonSession.token_hash == bindparam("token_hash"),
        PersonSession.ended_at.is_(None),
        PersonSession.expires_at > bindparam("now"),
        Person.active,
    )
)


def sign_in(
    session: Session, login: str, password: str, now: datetime, hours: float, source: str
) -> tuple[str | None, str]:
    """``(token, "")``, or ``(None, why)`` where it is refused; commit in both cases, for a refusal
    counts too. After five wrong passwords from one source the next has to wait there, longer each
    time; whether anybody has the name cannot be told from the answer.

    Args:
        source: where it comes from: an address in the network, or a word such as ``terminal``.
    """
    person = _named(session, login)
    attempt = attempt_of(person, login, source)
    wait = still_waits(session, attempt, now)
    if wait is not None:
        return None, f"Too many wrong passwords. Try again in {_in_words(wait)}."
    if not is_password(None if person is None else person.password_hash, password) or (
        person is None or not person.active
    ):
        failures = count_failure(session, attempt, now)
        subject = f"sign_in/{attempt.by_person[:16]}" if person is None else person.id
        audit.record(session, "nobody", "sign_in.refused", subject, {"failures_in_a_row": failures})
        return None, "The name and the password do not fit."
    forget_failures(session, attempt)
    return begin(session, person, now, hours, attempt.by_source), ""


def begin(
    session: Session, person: Person, now: datetime, hours: float, source_index: str | None
) -> str:
    """A sign-in of somebody of whom it is known that it is they; its token."""
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(
        PersonSession(
            token_hash=_hash(token),
            person_id=person.id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
            source_index=source_index,
        )
    )
    audit.record(session, person.id, "person.signed_in", person.id)
    return token


def _in_words(wait: timedelta) -> str:
    seconds = ceil(wait.total_seconds())
    return f"{seconds} s" if seconds < 60 else f"{ceil(seconds / 60)} min"


def signed_in(session: Session, token: str, now: datetime) -> Person | None:
    """Whose token it is; None where it has ended or nobody's."""
    return session.scalars(_SIGNED_IN, {"token_hash": _hash(token), "now": now}).first()


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End this sign-in; once more changes nothing."""
    open_one = session.get(PersonSession, _hash(token))
    if open_one is not None and open_one.ended_at is None:
        open_one.ended_at = now
        audit.record(session, open_one.person_id, "person.signed_out", open_one.person_id)


def form_token(token: str) -> str:
    """What a page of this sign-in sends along, so that no other site's page can send for it."""
    return hmac.new(_form_key(), token.encode(), sha256).hexdigest()


def same(sent: str, expected: str) -> bool:
    """Whether two tokens are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(sent.encode(), expected.encode())


def _named(session: Session, login: str) -> Person | None:
    try:
        return find_person(session, login)
    except PersonNotFound:
        return None


def _hash(token: str) -> str:
    # A plain hash is enough: the token is 256 random bits, there is nothing to guess.
    return sha256(token.encode()).hexdigest()


@lru_cache
def _form_key() -> bytes:
    return derive_key(load_secret(get_settings()), "form token")

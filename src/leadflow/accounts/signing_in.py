"""Signing in with a password, staying signed in by a token, and being locked out for a while."""

import hmac
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.accounts.passwords import is_password
from leadflow.accounts.people import PersonNotFound, find_person
from leadflow.accounts.tables import Person, PersonSession, SignInFailures
from leadflow.audit import service as audit
from leadflow.privacy.encryption import get_cipher
from leadflow.secret import derive_key, load_secret
from leadflow.settings import get_settings

PREFIX = "lfs_"
FREE_FAILURES = 5
LOCK = timedelta(minutes=15)


def sign_in(
    session: Session, login: str, password: str, now: datetime, hours: float
) -> tuple[str | None, str]:
    """``(token, "")``, or ``(None, why)`` where it is refused; commit in both cases, for a refusal
    counts too. Five wrong passwords in a row lock the name for a quarter of an hour, and each
    further one again; whether anybody has the name cannot be told from the answer."""
    index = get_cipher().blind_index(login.strip().lower(), "sign_in")
    failed = session.get(SignInFailures, index, with_for_update=True)
    if failed is not None and failed.locked_until is not None and failed.locked_until > now:
        minutes = int((failed.locked_until - now).total_seconds() // 60) + 1
        return None, f"Too many wrong passwords. Try again in {minutes} min."
    person = _named(session, login)
    if not is_password(None if person is None else person.password_hash, password) or (
        person is None or not person.active
    ):
        return None, _count_failure(session, index, person, now)
    session.execute(delete(SignInFailures).where(SignInFailures.login_index == index))
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(
        PersonSession(
            token_hash=_hash(token),
            person_id=person.id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    audit.record(session, person.id, "person.signed_in", person.id)
    return token, ""


def signed_in(session: Session, token: str, now: datetime) -> Person | None:
    """Whose token it is; None where it has ended or nobody's."""
    return session.scalars(
        select(Person)
        .join(PersonSession, PersonSession.person_id == Person.id)
        .where(
            PersonSession.token_hash == _hash(token),
            PersonSession.ended_at.is_(None),
            PersonSession.expires_at > now,
            Person.active,
        )
    ).first()


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


def _count_failure(session: Session, index: str, person: Person | None, now: datetime) -> str:
    row = {"login_index": index, "failures": 1, "last_at": now}
    counted = insert(SignInFailures).values(row)
    counted = counted.on_conflict_do_update(
        index_elements=["login_index"],
        set_={"failures": SignInFailures.failures + 1, "last_at": now},
    )
    session.execute(counted)
    failed = session.get_one(SignInFailures, index, populate_existing=True)
    if failed.failures >= FREE_FAILURES:
        failed.locked_until = now + LOCK
    subject = f"sign_in/{index[:16]}" if person is None else person.id
    audit.record(
        session, "nobody", "sign_in.refused", subject, {"failures_in_a_row": failed.failures}
    )
    return "The name and the password do not fit."


def _hash(token: str) -> str:
    # A plain hash is enough: the token is 256 random bits, there is nothing to guess.
    return sha256(token.encode()).hexdigest()


@lru_cache
def _form_key() -> bytes:
    return derive_key(load_secret(get_settings()), "form token")

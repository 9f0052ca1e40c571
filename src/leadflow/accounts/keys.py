"""API keys of programs: shown once, stored as a hash, scoped, ending, renewed with an overlap."""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import func

from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import INTEGRATION, SCOPES
from leadflow.accounts.tables import ApiKey
from leadflow.audit import service as audit
from leadflow.paging.keyset import Key, Page, Wanted, read_page

PREFIX = "lf_"
SHOWN = 11
ANYBODY = "*"
NAME = re.compile(r"[^\W_][\w .@:+-]{0,98}[\w@:+-]|[^\W_]")


class ScopeUnknown(ValueError):
    """A key was to have a permission that does not exist, or that only people have."""


class KeyNameRefused(ValueError):
    """A key's name has to stand in an address (``/keys/NAME``), and this one cannot."""


class KeyThere(RuntimeError):
    """The program has a key already."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a key of {name} in use. Renew it, with the permissions it has: leadflow "
            f"keys rotate {name}, or POST /keys/{name}/rotate. For other permissions revoke it "
            "first, or take another name."
        )


class KeyNotFound(LookupError):
    """There is no key in use of this name."""


def first_key(
    session: Session,
    name: str,
    scopes: Iterable[str],
    acts_for: Iterable[str],
    expires_at: datetime | None,
    by: str,
    now: datetime,
) -> str:
    """A new key for a program that has none in use; see ``create_key``.

    Raises:
        KeyThere: it has one.
        KeyNameRefused, ScopeUnknown: there can be no such key.
    """
    # Of two that are made at once, the second sees the first.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"key of {name}"))))
    if session.scalars(_in_use(name, now).limit(1)).first() is not None:
        raise KeyThere(name)
    return create_key(session, name, scopes, acts_for, expires_at, by)


def create_key(
    session: Session,
    name: str,
    scopes: Iterable[str] = INTEGRATION,
    acts_for: Iterable[str] = (),
    expires_at: datetime | None = None,
    by: str = "operator",
    key: str | None = None,
) -> str:
    """A new key for the program of this name; only its hash is kept. ``key``: the key itself, as
    whoever makes it can find it again; by default at random.

    Raises:
        KeyNameRefused: the name cannot stand in an address.
        ScopeUnknown: a scope is not one a program can have.
    """
    if NAME.fullmatch(name) is None:
        raise KeyNameRefused(
            "A key's name stands in addresses: write letters, digits, blanks and . _ - @ : + only, "
            "and begin with a letter or digit, such as crm or web-shop."
        )
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown:
        can = ", ".join(sorted(SCOPES))
        raise ScopeUnknown(f"No key can have {', '.join(unknown)}. Scopes: {can}.")
    key = key or PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        name=name,
        prefix=key[:SHOWN],
        key_hash=_hash(key),
        scopes=wanted,
        acts_for=sorted(set(acts_for)),
        created_by=by,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    after = {"scopes": wanted, "until": None if expires_at is None else expires_at.isoformat()}
    audit.record(session, by, "api_key.created", row.id, after=after)
    return key


def rotate_key(
    session: Session, name: str, now: datetime, overlap: timedelta, by: str = "operator"
) -> str:
    """A new key with the newest one's scopes; those of this name go on working for the overlap.

    Raises:
        KeyNotFound: there is none in use.
    """
    known = session.scalars(_in_use(name, now).order_by(ApiKey.created_at.desc())).all()
    if not known:
        raise KeyNotFound(
            f"There is no key of {name} in use. Make one: leadflow keys create {name}"
        )
    newest, end = known[0], now + overlap
    key = create_key(session, name, newest.scopes, newest.acts_for, newest.expires_at, by)
    for old in known:
        old.expires_at = end if old.expires_at is None else min(old.expires_at, end)
    ids = [old.id for old in known]
    audit.record(session, by, "api_key.rotated", name, {"keys": ids, "end": end.isoformat()})
    return key


def verify_key(session: Session, key: str, now: datetime) -> Actor | None:
    """The program if the key is known, not revoked and has not ended."""
    found = session.scalars(
        select(ApiKey).where(
            ApiKey.key_hash == _hash(key),
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
        )
    ).first()
    return None if found is None else _program(found)


def program_called(session: Session, name: str, now: datetime) -> Actor | None:
    """The program of this name, as its newest key in use lets it act; None where none is."""
    newest = _in_use(name, now).order_by(ApiKey.created_at.desc()).limit(1)
    found = session.scalars(newest).first()
    return None if found is None else _program(found)


def _program(found: ApiKey) -> Actor:
    return Actor(
        kind="key",
        id=f"key:{found.name}",
        called=found.name,
        scopes=frozenset(found.scopes),
        acts_for=frozenset(found.acts_for),
    )


def is_known(session: Session, key: str) -> bool:
    """Whether there is or ever was this key, revoked and ended ones with it."""
    found = select(ApiKey.id).where(ApiKey.key_hash == _hash(key))
    return session.scalars(found).first() is not None


def list_keys(session: Session) -> list[ApiKey]:
    """Every key that was not revoked, the newest first."""
    statement = select(ApiKey).where(ApiKey.revoked_at.is_(None))
    return list(session.scalars(statement.order_by(ApiKey.created_at.desc())))


def page_of_keys(session: Session, wanted: Wanted) -> Page[ApiKey]:
    """A page of the keys that were not revoked, the newest first."""
    statement = select(ApiKey).where(ApiKey.revoked_at.is_(None))
    keys = Key(ApiKey.created_at, descending=True), Key(ApiKey.id, descending=True)
    return read_page(session, statement, keys, ("keys",), wanted)


def revoke_keys(session: Session, name: str, by: str = "operator") -> int:
    """Revoke every key of this name, or the one of this prefix; returns how many there were."""
    revoked = session.scalars(
        update(ApiKey)
        .where(or_(ApiKey.name == name, ApiKey.prefix == name), ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.id)
    ).all()
    if revoked:
        audit.record(session, by, "api_key.revoked", name, {"keys": list(revoked)})
    return len(revoked)


def _in_use(name: str, now: datetime) -> Select[tuple[ApiKey]]:
    return select(ApiKey).where(
        ApiKey.name == name,
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
    )


def _hash(key: str) -> str:
    # A plain hash is enough: the key is 256 random bits, there is nothing to guess.
    return sha256(key.encode()).hexdigest()

"""Endpoints in the store: made, changed, switched off and on, deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.conditions.problems import nearest
from leadflow.endpoints import signing
from leadflow.endpoints.definitions import (
    EndpointChange,
    EndpointIn,
    EndpointInvalid,
    known_types,
)
from leadflow.endpoints.tables import Endpoint, EndpointSecret
from leadflow.endpoints.wanting import want
from leadflow.outward.addresses import check_url
from leadflow.settings import Settings

ENDPOINTS_LOCK = 7_240_015
MOST = 200


class NoEndpoint(LookupError):
    """There is no endpoint of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no endpoint {name[:80]!r}. {nearest(name, known)} Add one: leadflow "
            "endpoints add NAME URL --type TYPE (docs/webhooks.md)."
        )


class EndpointExists(ValueError):
    """Another endpoint has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is an endpoint {name} already. Change it, or choose another name.")


class PersonalNotAllowed(PermissionError):
    """Whoever asks may not see everybody's leads, and so may not have them sent."""

    def __init__(self) -> None:
        super().__init__(
            "This endpoint is sent personal data of every lead. Only somebody who may read every "
            "lead can set that up or change it: marketing_manager, admin, or a key with lead.read."
        )


def endpoints(session: Session) -> list[Endpoint]:
    """Every endpoint, by name."""
    these = select(Endpoint).where(Endpoint.status != "deleted").order_by(Endpoint.name)
    return list(session.scalars(these))


def read_endpoint(session: Session, name: str, lock: bool = False) -> Endpoint:
    """One endpoint; ``lock``: until the transaction ends nobody else changes it.

    Raises:
        NoEndpoint: there is none.
    """
    these = select(Endpoint).where(Endpoint.name == name, Endpoint.status != "deleted")
    if lock:
        these = these.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(these).first()
    if found is None:
        raise NoEndpoint(name, [one.name for one in endpoints(session)])
    return found


def add(
    session: Session,
    given: EndpointIn,
    by: str,
    now: datetime,
    settings: Settings,
    may_personal: bool,
) -> tuple[Endpoint, str]:
    """A new endpoint, and its secret, which is shown this once.

    Raises:
        EndpointExists: the name is taken.
        EndpointInvalid, UrlRefused: it cannot be so.
        PersonalNotAllowed: it wants personal data, and ``may_personal`` is False.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ENDPOINTS_LOCK})
    known = [one.name for one in endpoints(session)]
    if given.name in known:
        raise EndpointExists(given.name)
    if len(known) >= MOST:
        raise EndpointInvalid(f"There are {MOST} endpoints. Delete one that nobody needs.")
    if given.include_personal and not may_personal:
        raise PersonalNotAllowed
    check_url(given.url, settings.webhook_networks)
    values = given.model_dump() | {"types": known_types(given.types)}
    made = Endpoint(**values, status="enabled", created_at=now, created_by=by, changed_at=now)
    session.add(made)
    session.flush()
    want(session, made)
    secret = signing.new_secret(session, made, by, now)
    _record(session, made, "endpoint.added", by, after=_audited(made))
    return made, secret


def change(
    session: Session,
    name: str,
    given: EndpointChange,
    by: str,
    now: datetime,
    settings: Settings,
    may_personal: bool,
) -> Endpoint:
    """Change what is said of an endpoint. What waits goes to it as it is then.

    Raises:
        NoEndpoint: there is none.
        EndpointInvalid, UrlRefused: it cannot be so.
        PersonalNotAllowed: it gets personal data before or after, and ``may_personal`` is False.
    """
    found = read_endpoint(session, name, lock=True)
    if (found.include_personal or given.include_personal) and not may_personal:
        raise PersonalNotAllowed
    said, before = dict(given.said), _audited(found)
    if given.url is not None:
        check_url(given.url, settings.webhook_networks)
    if given.types is not None:
        said["types"] = known_types(given.types)
    for field, value in said.items():
        setattr(found, field, value)
    found.changed_at, found.paused_until = now, None
    want(session, found)
    after = _audited(found)
    _record(session, found, "endpoint.changed", by, sorted(said), before, after)
    return found


def enable(session: Session, name: str, by: str, now: datetime) -> Endpoint:
    """Have it told again, what waits first; one that is enabled stays so.

    Raises:
        NoEndpoint: there is none.
    """
    found = read_endpoint(session, name, lock=True)
    if found.status == "enabled":
        return found
    found.status, found.disabled_why, found.changed_at = "enabled", None, now
    found.failures, found.failing_since, found.paused_until = 0, None, None
    want(session, found)
    _record(session, found, "endpoint.enabled", by)
    return found


def disable(session: Session, name: str, by: str, now: datetime) -> Endpoint:
    """Have it told nothing: nothing more is written for it, and what waits is held.

    Raises:
        NoEndpoint: there is none.
    """
    found = read_endpoint(session, name, lock=True)
    if found.status == "disabled":
        return found
    found.status, found.disabled_why, found.changed_at = "disabled", "person", now
    want(session, found)
    _record(session, found, "endpoint.disabled", by)
    return found


def remove(session: Session, name: str, by: str, now: datetime) -> None:
    """Delete it: its secrets end now, and what waits is sent to nobody.

    Raises:
        NoEndpoint: there is none.
    """
    found = read_endpoint(session, name, lock=True)
    found.status, found.disabled_why, found.changed_at = "deleted", None, now
    want(session, found)
    live = update(EndpointSecret).where(EndpointSecret.endpoint_id == found.id)
    session.execute(live.where(EndpointSecret.ends_at.is_(None)).values(ends_at=now))
    _record(session, found, "endpoint.deleted", by)


def rotate_secret(session: Session, name: str, by: str, now: datetime) -> str:
    """Another secret, shown this once. For a day messages are signed with the one before too.

    Raises:
        NoEndpoint: there is none.
    """
    found = read_endpoint(session, name, lock=True)
    secret = signing.new_secret(session, found, by, now)
    _record(session, found, "endpoint.secret_set", by)
    return secret


def host_of(endpoint: Endpoint) -> str:
    """Where it is, without what may be secret in its address."""
    return urlsplit(endpoint.url).hostname or "?"


def _audited(endpoint: Endpoint) -> dict[str, Any]:
    """What the audit log says of one: of its address only the host."""
    return {
        "host": host_of(endpoint),
        "types": list(endpoint.types),
        "include_personal": endpoint.include_personal,
    }


def _record(
    session: Session,
    endpoint: Endpoint,
    action: str,
    by: str,
    fields: Sequence[str] = (),
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    detail: dict[str, Any] = {"name": endpoint.name}
    if fields:
        detail["fields"] = list(fields)
    audit.record(session, by, action, f"endpoint/{endpoint.id}", detail, before=before, after=after)

"""Authentication and permissions: programs by keys, people by sign-ins; each route declares what it
takes."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from anyio import to_thread
from cachetools import TTLCache
from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from sqlalchemy.orm import Session
from structlog.contextvars import bind_contextvars

from leadflow.accounts import signing_in
from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import in_whose_name
from leadflow.accounts.keys import verify_key
from leadflow.accounts.people import actor_of
from leadflow.accounts.permissions import SCOPES, Reach, roles_with
from leadflow.accounts.refusing import DOES, not_in_reach, who_may
from leadflow.assignment.team.naming import name_of
from leadflow.assignment.team.reach import reaches_lead, reaches_rep
from leadflow.database.engine import unit_of_work
from leadflow.gateway.http.bounds.file_forms import file_form
from leadflow.gateway.http.bounds.streams import is_file_form
from leadflow.gateway.http.problem import TITLES, Problem
from leadflow.gateway.http.request_log import CALLER
from leadflow.settings import get_settings

# A key that was revoked is refused a second later at the latest.
REMEMBERED_SECONDS = 1.0
_remembered: TTLCache[str, Actor] = TTLCache(maxsize=1000, ttl=REMEMBERED_SECONDS)
# By event loop, to which what is asked in it belongs.
_asked: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Future[Actor | None]]] = (
    WeakKeyDictionary()
)
header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key.")
bearer = HTTPBearer(auto_error=False, description="The same key, or the token of a sign-in.")
COOKIE = "leadflow_session"
FORM_TOKEN = "x-csrf-token"  # noqa: S105
SAFE = {"GET", "HEAD", "OPTIONS"}


async def authenticate(
    request: Request,
    key: Annotated[str | None, Security(header)],
    token: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Actor:
    """The caller, whose id is in every line that is logged from here on.

    Raises:
        Problem: 401, no key or sign-in, or an unknown one; 403, a cookie without its form token.
    """
    return _named(request, await _who_calls(request, key, token))


async def is_known(request: Request) -> bool:
    """Whether the request carries a key or a sign-in that is valid; nothing of its body is read."""
    given = given_key(request) or request.cookies.get(COOKIE, "")
    return bool(given) and (given in _remembered or await _looked_up(given) is not None)


def given_key(request: Request) -> str:
    """The key or token that a program or script sends; empty where it sends none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return request.headers.get(header.model.name) or (token if kind.lower() == "bearer" else "")


def remembered_key(given: str) -> str | None:
    """Whose key this is, where it was looked up in the last second."""
    actor = _remembered.get(given)
    return None if actor is None else actor.id


async def program_of(given: str) -> str | None:
    """Whose key this is; None where it is none, or a person's token."""
    if not given or given.startswith(signing_in.PREFIX):
        return None
    actor = _remembered.get(given) or await _looked_up(given)
    return None if actor is None else actor.id


def caller_at_once(request: Request, permission: str) -> Actor | None:
    """The caller, if it is a program whose key was looked up in the last second and that has this
    permission for everything; None for all others, of whom ``authenticate`` and ``needs`` know."""
    actor = _remembered.get(given_key(request))
    if actor is None or actor.reach(permission) is not Reach.ALL:
        return None
    return _named(request, actor)


def _named(request: Request, actor: Actor) -> Actor:
    request.scope[CALLER] = actor.id
    bind_contextvars(caller=actor.id)
    return actor


async def _who_calls(
    request: Request, key: str | None, token: HTTPAuthorizationCredentials | None
) -> Actor:
    given = key or (token.credentials if token else None)
    cookie = request.cookies.get(COOKIE)
    kind, title = TITLES[401]
    if given:
        actor = _remembered.get(given)
        if actor is not None:
            return actor
        actor = await _looked_up(given)
        if actor is None:
            raise Problem(401, kind, title, "This key or token is not known, or has ended.")
        return actor
    if cookie:
        actor = await to_thread.run_sync(_look_up, cookie)
        if actor is not None:
            if request.method not in SAFE:
                refuse_foreign_form(cookie, await _form_token(request))
            return actor
    how = (
        "Send it as X-API-Key, or as Authorization: Bearer. A program's: leadflow keys create "
        "NAME. A person's: POST /session."
    )
    raise Problem(401, kind, title, how)


async def _looked_up(given: str) -> Actor | None:
    """Who has this key or token. Requests of one caller that come together ask once."""
    under_way = _asked.setdefault(asyncio.get_running_loop(), {})
    asked = under_way.get(given)
    if asked is None:
        asked = under_way[given] = asyncio.ensure_future(to_thread.run_sync(_look_up, given))
        asked.add_done_callback(lambda _: under_way.pop(given, None))
    # Whoever goes away meanwhile takes the answer from nobody else.
    actor = await asyncio.shield(asked)
    if actor is not None and actor.kind == "key":
        _remembered[given] = actor
    return actor


async def _form_token(request: Request) -> str | None:
    """As scripts send it, in a header; or as a form does."""
    sent = request.headers.get(FORM_TOKEN)
    kind = request.headers.get("content-type", "")
    if sent is None and is_file_form(request.scope):
        return (await file_form(request).fields()).get("form_token")
    if sent is None and kind.startswith("application/x-www-form-urlencoded"):
        said = (await request.form()).get("form_token")
        return said if isinstance(said, str) else None
    return sent


def refuse_foreign_form(cookie: str, sent: str | None) -> None:
    """What changes something says the form token of its sign-in, which other sites cannot know.

    Raises:
        Problem: 403, it does not.
    """
    if sent is None or not signing_in.same(sent, signing_in.form_token(cookie)):
        raise Problem(
            403,
            "form-expired",
            "This form is not of your sign-in",
            "Load the page again and send the form once more.",
        )


def refuse_foreign_origin(request: Request) -> None:
    """Nobody is signed in by another site's page, as somebody whom they are not. Programs send no
    ``Origin``; browsers always do with what changes something.

    Raises:
        Problem: 403, the page is another site's.
    """
    origin = request.headers.get("origin")
    if origin is None or request.headers.get("sec-fetch-site") == "same-origin":
        return
    own = {f"//{request.headers.get('host')}", get_settings().address}
    if _host(origin) not in {_host(address) for address in own}:
        raise Problem(
            403,
            "foreign-page",
            "This was sent by another site's page",
            f"Sign in at {get_settings().address}/console/sign-in. If that is where you are, "
            "LEADFLOW_PUBLIC_URL must be the address in your browser.",
        )


def _host(address: str) -> tuple[str | None, int | None]:
    """Name and port as browsers write them: small letters, no usual port."""
    try:
        found = urlsplit(address)
        return found.hostname, None if found.port in (80, 443) else found.port
    except ValueError:
        return None, 0


def needs(permission: str) -> Any:
    """A dependency: the caller, who has this permission for what the address names."""
    roles_with(permission)

    async def allowed(request: Request, actor: Annotated[Actor, Depends(authenticate)]) -> Actor:
        reach = actor.reach(permission)
        if reach is None:
            raise refused(actor, permission)
        if reach is not Reach.ALL:
            named = {name: request.path_params.get(name) for name in OBJECTS}
            if any(named.values()):
                await to_thread.run_sync(_refuse_others, actor, reach, permission, named)
        return actor

    allowed.permission = permission  # type: ignore[attr-defined]
    return Depends(allowed)


async def refuse_who_may_not(request: Request, dependant: Dependant) -> None:
    """What a route's caller needs, looked at before anything else is said of the request.

    Raises:
        Problem: 401 or 403, as where the route is asked rightly.
    """
    allowed = _declared(dependant)
    if allowed is not None:
        key, token = await header(request), await bearer(request)
        await allowed(request, await authenticate(request, key, token))


def _declared(dependant: Dependant) -> Any:
    """The dependency that ``needs`` has made, wherever among a route's it is."""
    if hasattr(dependant.call, "permission"):
        return dependant.call
    return next(filter(None, map(_declared, dependant.dependencies)), None)


def refused(actor: Actor, permission: str) -> Problem:
    """403 with who may; what is missing is a field of its own, and for a program in words too, for
    its scopes are given by these names."""
    said = who_may(permission)
    if actor.kind == "key" and permission in SCOPES:
        said = f"This key may not {DOES[permission]}: it lacks the scope {permission}."
    return Problem(403, "not-allowed", "You may not do this", said, permission=permission)


def named_by(session: Session, caller: Actor, said: str | None) -> str:
    """The id that goes into the record for somebody named in a request.

    Raises:
        NotYourName: neither the caller nor somebody they may act for.
    """
    return in_whose_name(session, caller, said, datetime.now(UTC))


def forget_keys() -> None:
    """Ask the store about every key anew."""
    _remembered.clear()


def _look_up(given: str) -> Actor | None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        if given.startswith(signing_in.PREFIX):
            person = signing_in.signed_in(session, given, now)
            if person is None:
                return None
            return replace(actor_of(person), name=name_of(session, person))
        return verify_key(session, given, now)


# What an address may name, and whose it must be where the caller does not reach everything.
OBJECTS: dict[str, Callable[[Session, str | None, Reach, str], bool]] = {
    "lead_id": reaches_lead,
    "rep_id": reaches_rep,
}


def _refuse_others(
    actor: Actor, reach: Reach, permission: str, named: dict[str, str | None]
) -> None:
    with unit_of_work() as session:
        for name, value in named.items():
            if value is not None and not OBJECTS[name](session, actor.rep_id, reach, value):
                said = not_in_reach(permission, reach)
                title = "This is somebody else's"
                raise Problem(403, "not-yours", title, said, permission=permission)

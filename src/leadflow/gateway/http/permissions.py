"""Every route says what it takes to call it; one that does not stops the gateway."""

from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from leadflow.accounts.permissions import PERMISSIONS, Reach, Role, reach

# Told to anybody: whether Leadflow is well, how it is called, and how to sign in. A webhook proves
# by its signature whose it is, and a link in a
# mail by its seal whom it went to.
PUBLIC = frozenset(
    {
        "/",
        "/health",
        "/health/live",
        "/openapi.json",
        "/docs",
        "/docs/oauth2-redirect",
        "/redoc",
        "/session",
        "/webhooks/{source}",
        "/console/sign-in",
        "/console/enter/{token}",
        "/unsubscribe/{token}",
        "/preferences/{token}",
        "/o/{token}.gif",
        "/c/{token}",
    }
)
FILES = frozenset({"/static", "/static-offline-docs"})


class UndeclaredRoute(RuntimeError):
    """A route that would be open to everybody because nobody said what it takes."""


def declare(app: FastAPI) -> None:
    """Write each route's permission, and the roles that have it, into the API's description.

    Raises:
        UndeclaredRoute: a route neither declares a permission nor is public.
    """
    for route in every_route(app):
        permission = permission_of(route)
        if permission is not None:
            route.openapi_extra = (route.openapi_extra or {}) | _said(permission)
        elif route.path not in PUBLIC:
            raise UndeclaredRoute(
                f"{route.path} says no permission: its caller's type must be one of "
                "leadflow.gateway.http.callers."
            )


def every_route(app: FastAPI) -> list[APIRoute]:
    """Every route that answers, those of included routers too; plain files are not among them.

    Raises:
        UndeclaredRoute: there is a route of which it cannot be said what it takes.
    """
    return [found for route in app.routes for found in _within(route)]


def _within(route: BaseRoute) -> list[APIRoute]:
    if isinstance(route, APIRoute):
        return [route]
    included = getattr(route, "original_router", None)
    if included is not None:
        return [found for inner in included.routes for found in _within(inner)]
    path = getattr(route, "path", None)
    if path in PUBLIC or path in FILES:
        return []
    raise UndeclaredRoute(f"It cannot be said what {path or route} takes.")


def permission_of(route: APIRoute) -> str | None:
    """What a route needs, wherever among its dependencies it says so."""
    return _of(route.dependant)


def _of(dependant: Dependant) -> str | None:
    own: str | None = getattr(dependant.call, "permission", None)
    if own is not None:
        return own
    return next(filter(None, map(_of, dependant.dependencies)), None)


def _said(permission: str) -> dict[str, Any]:
    roles = {
        role.value: found.value
        for role in Role
        if (found := reach(permission, frozenset([role]))) is not None
    }
    return {"x-permission": permission, "x-roles": roles}


def all_reaching(permission: str) -> list[str]:
    """The roles that reach everybody's things with a permission."""
    return sorted(role for role, far in PERMISSIONS[permission].items() if far is Reach.ALL)


def methods_at(app: FastAPI, path: str) -> list[str]:
    """The methods that are taken at this path: of the address that is called exactly so, where
    there is one, else of those in which it is an id."""
    fitting = [route for route in every_route(app) if route.path_regex.match(path)]
    exactly = [route for route in fitting if route.path == path]
    found: set[str] = set()
    for route in exactly or fitting:
        found |= route.methods or set()
    return sorted(found | {"HEAD"} if "GET" in found else found)

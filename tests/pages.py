"""Every page of the console, each at an address where there is something to see.

What there is comes from the gateway's own routes, and the addresses from the links of its pages: a
page that somebody adds and links is found, and one that nothing leads to is missed by name.
"""

import re
from collections.abc import Callable, Iterable
from html import unescape

from fastapi import FastAPI
from fastapi.routing import APIRoute

from leadflow.gateway.http.permissions import PUBLIC, every_route

_LINK = re.compile(r'(?:href|src|hx-get|data-href)="(/console[^"#]*)')
# What a page is read by: its text, or nothing where it is none (a redirect, a file, an error).
Reader = Callable[[str], str | None]


def page_routes(app: FastAPI) -> list[APIRoute]:
    """Every route of a page that one must have signed in to see; not those that only lead back to
    one where the answer of a form is loaded again, which are all called ``back``."""
    return [
        route
        for route in every_route(app)
        if route.path.startswith("/console")
        and route.path not in PUBLIC
        and "GET" in (route.methods or ())
        and route.endpoint.__name__ != "back"
    ]


def is_page(text: str) -> bool:
    """Whether it is one of ours, and no frame of a page, nor a part of one."""
    return '<main id="main"' in text


def found_pages(
    routes: Iterable[APIRoute], read: Reader, begin: Iterable[str] = ()
) -> dict[str, str]:
    """An address for each route that a link leads to, by the route's path. ``begin``: addresses to
    look at besides those without an id."""
    known = {route.path: route for route in routes}
    waiting = [path for path in known if "{" not in path] + list(begin)
    found: dict[str, str] = {}
    seen: set[str] = set()
    while waiting:
        address = waiting.pop(0)
        path = _route_of(address, known)
        if path is None or path in found or address in seen:
            continue
        seen.add(address)
        text = read(address)
        if text is None:
            continue
        found[path] = address
        waiting += [unescape(link) for link in _LINK.findall(text)]
    return found


def _route_of(address: str, known: dict[str, APIRoute]) -> str | None:
    """The route that answers an address; one that is called exactly so before one with an id."""
    plain = address.partition("?")[0]
    if plain in known:
        return plain
    return next((path for path, route in known.items() if route.path_regex.match(plain)), None)

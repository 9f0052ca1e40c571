"""How quickly every page of the console is answered on a million leads with 200 people, and how
much is sent for one.

Run it with ``python -m benchmarks.console [LEADS]`` (a million unless said). The store is an
embedded PostgreSQL in a temporary home, the gateway one process. Pages are found by following their
links, as an admin, a manager and a salesperson; each is asked for as its slowest reader.
"""

import re
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.own_store import own_store
from benchmarks.rows import Row, publish
from benchmarks.servers import gateways

if TYPE_CHECKING:
    import httpx
    from fastapi.routing import APIRoute
    from sqlalchemy import Engine

    from leadflow.settings import Settings

LEADS, PEOPLE, TIMES, WARM = 1_000_000, 200, 40, 5
MOST_MS, MOST_KB = 150.0, 150.0
GATEWAY = "leadflow.gateway.application:create_app"
# Their usernames are those of the sales team, but for the admin's.
READERS = {"admin": "admin", "manager": "rep1", "salesperson": "rep2"}
_LOADED = re.compile(r'<(?:link|script|img)[^>]+(?:href|src)="([^"]+)"')


def prepare(engine: "Engine", leads: int) -> None:
    """Leads, and people who have signed in: an admin, a manager for each twenty, salespeople."""
    from benchmarks.many_leads import fill
    from leadflow.accounts.people import add_person
    from leadflow.assignment.work.handover import find_rep
    from leadflow.database.engine import unit_of_work
    from tests.deciders import signed_in_already

    fill(engine, leads)
    with unit_of_work() as session:
        for number in range(PEOPLE):
            name = f"rep{number}" if number else READERS["admin"]
            role = "sales_manager" if number % 20 == 1 else "sales_rep" if number else "admin"
            rep = find_rep(session, name).id if number else None
            person = add_person(session, name, name, [role], "bench", rep_id=rep)
            signed_in_already(session, person)


def made(port: int, engine: "Engine") -> list[str]:
    """One more lead with something of each kind; addresses from which all pages are reached."""
    import httpx

    from leadflow.accounts.keys import create_key
    from leadflow.accounts.permissions import SCOPES
    from leadflow.database.engine import unit_of_work
    from tests import console_world

    with unit_of_work() as session:
        headers = {"X-API-Key": create_key(session, "bench", SCOPES)}
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, headers=headers, timeout=120) as program:
        lead = console_world.made_over_http(program)
    console_world.in_campaign(lead)
    console_world.told_program()
    console_world.drawn_for_quality(engine, lead)
    return console_world.addresses(lead)


def reader(port: int, username: str) -> "httpx.Client":
    """Somebody's browser."""
    import httpx

    from leadflow.accounts.signing_in import PREFIX
    from leadflow.gateway.http.security import COOKIE

    cookies = {COOKIE: f"{PREFIX}{username}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=120)


def pages_of(client: "httpx.Client", routes: list["APIRoute"], begin: list[str]) -> dict[str, str]:
    """The pages that this reader reaches, by route."""
    from tests.pages import found_pages, is_page

    def read(address: str) -> str | None:
        answer = client.get(address)
        page = answer.status_code == 200 and is_page(answer.text)
        return answer.text if page else None

    return found_pages(routes, read, begin)


def timed(client: "httpx.Client", address: str) -> list[float]:
    """Milliseconds of each of forty answers."""
    taken = []
    for number in range(WARM + TIMES):
        begun = time.perf_counter()
        answer = client.get(address)
        if number >= WARM:
            taken.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}.")
    return taken


def of_pages(port: int, engine: "Engine", console: Console) -> list[Row]:
    """Each page, as whom it takes longest."""
    from leadflow.gateway.application import create_app
    from tests.pages import page_routes

    routes, begin = page_routes(create_app()), made(port, engine)
    slowest: dict[str, tuple[float, float, str]] = {}
    for role, username in READERS.items():
        with reader(port, username) as client:
            for path, address in pages_of(client, routes, begin).items():
                with console.status(f"{path} as {role} …"):
                    taken = timed(client, address)
                found = _share(taken, 0.95), _share(taken, 0.5), role
                slowest[path] = max(found, slowest.get(path, found))
    missed = sorted({route.path for route in routes} - slowest.keys())
    rows = [
        Row(f"{path}, as {role} (p50 {p50:.0f} ms)", p95, "ms", None, MOST_MS)
        for path, (p95, p50, role) in slowest.items()
    ]
    return [*rows, Row(f"pages without data: {', '.join(missed) or 'none'}", len(missed), "")]


def of_first_page(port: int) -> list[Row]:
    """What a browser loads that has nothing yet, and what it would load from elsewhere."""
    with reader(port, READERS["admin"]) as client:
        page = client.get("/console")
        loaded = [one for one in _LOADED.findall(page.text) if not one.startswith("data:")]
        own = [one for one in loaded if one.startswith("/") and not one.startswith("//")]
        files = [client.get(one) for one in sorted(set(own))]
    kilobytes = sum(len(one.content) for one in (page, *files)) / 1000
    elsewhere = len(loaded) - len(own)
    return [
        Row("first page with all it loads", kilobytes, "kB", None, MOST_KB),
        Row("requests elsewhere", elsewhere, "", None, 0),
    ]


def rows(console: Console, leads: int) -> list[Row]:
    """Everything that is measured."""
    from leadflow.composition import compose

    compose()
    with own_store() as (engine, settings):
        with console.status(f"Making {leads:,} leads …"):
            prepare(engine, leads)
        return _over_http(settings, engine, console)


def _over_http(settings: "Settings", engine: "Engine", console: Console) -> list[Row]:
    with gateways(settings, GATEWAY, 1) as (port, _):
        return of_first_page(port) + of_pages(port, engine, console)


def _share(taken: Sequence[float], share: float) -> float:
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]


if __name__ == "__main__":
    from leadflow.settings import get_settings

    printed, home = Console(), get_settings().home
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LEADS
    title = f"Pages of the console, {count:,} leads, {PEOPLE} people"
    raise SystemExit(publish("console", title, rows(printed, count), home, printed))

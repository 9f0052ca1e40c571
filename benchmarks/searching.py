"""How long a page of leads takes, of a million, by what is searched for; the first page and the
500th, beside the statement one would write by hand for the same ids.

Run it with ``python -m benchmarks.searching``. The store is an embedded PostgreSQL in a temporary
home.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from leadflow.accounts.actors import Actor

LEADS, PAGE, DEEP, TIMES = 1_000_000, 50, 500, 40
MOST_MS = 50.0
Search = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What is searched for: the n-th of several searches of one form, so that no two in a row are
    the same; and the condition of the bare statement, where there is one."""

    name: str
    search: Callable[[int], Search]
    bare: Callable[[int], str] | None = None
    order: str = "l.created_at"
    joined: str = ""


def _is(field: str, value: Any, operator: str = "equals") -> Search:
    return {"where": {field: {"operator": operator, "value": value}}}


def _one_of(*values: str) -> Callable[[int], str]:
    return lambda n: values[n % len(values)]


INDUSTRY = _one_of("retail", "finance", "technology", "health", "energy", "media")
PLAN = _one_of("basic", "pro", "team", "enterprise")
NAME = _one_of("ann", "marel", "zoe", "juli", "san")
WHOLE = _one_of("annel muller", "juli koverg", "marel bertid", "zoeon hoffmann")
SCORED = "JOIN lead_scores s ON s.lead_id = l.id AND s.is_current"
CASES = (
    Case("all, newest first", lambda n: {}, lambda n: "true"),
    Case(
        "all, best score first",
        lambda n: {"sort": "-score"},
        lambda n: "true",
        "s.total_score",
        SCORED,
    ),
    Case(
        "open, hot or warm, best first",
        lambda n: {"status": "open", "level": ["hot", "warm"], "sort": "-score"},
        lambda n: (
            "s.level IN ('hot', 'warm') AND NOT EXISTS "
            "(SELECT FROM outcomes o WHERE o.lead_id = l.id)"
        ),
        "s.total_score",
        SCORED,
    ),
    Case(
        "hot, newest first",
        lambda n: {"level": ["hot"]},
        lambda n: "s.level = 'hot'",
        joined=SCORED,
    ),
    Case("one salesperson's", lambda n: {"owner": f"rep{n % 199 + 1}"}),
    Case(
        "one source of 40",
        lambda n: {"source": [f"source_{n % 40}"]},
        lambda n: f"l.source = 'source_{n % 40}'",
    ),
    Case(
        "one industry of 12",
        lambda n: _is("industry", INDUSTRY(n)),
        lambda n: f"l.industry = '{INDUSTRY(n)}'",
    ),
    Case(
        "one company size of many",
        lambda n: _is("company_size", [2000 + n, 2100 + n], "between"),
        lambda n: f"l.company_size BETWEEN {2000 + n} AND {2100 + n}",
    ),
    Case(
        "a budget of 9,000 and more, greatest first",
        lambda n: {**_is("budget", 9000 + n, "greater_or_equal"), "sort": "-budget"},
        lambda n: f"l.budget_minor >= {(9000 + n) * 100}",
        "l.budget_minor",
    ),
    Case(
        "a score of 95 and more",
        lambda n: _is("total_score", 95 + n / 100, "greater_or_equal"),
        lambda n: f"s.total_score >= {95 + n / 100}",
        joined=SCORED,
    ),
    Case(
        "an attribute, one value of 4",
        lambda n: _is("attributes.plan", PLAN(n)),
        lambda n: f"lower(l.attributes->>'plan') = '{PLAN(n)}'",
    ),
    Case(
        "an attribute, one value of 1,000",
        lambda n: _is("attributes.campaign", f"c{n * 7 % 1000}"),
    ),
    Case("an attribute, a number of 500", lambda n: _is("attributes.seats", n * 11 % 500)),
    Case(
        "industry, country and attribute",
        lambda n: {
            "where": {
                "industry": {"operator": "equals", "value": INDUSTRY(n)},
                "country": {"operator": "in", "value": ["DE", "FR"]},
                "attributes.plan": {"operator": "equals", "value": PLAN(n)},
            }
        },
    ),
    Case("a name's beginning, one lead in 12", lambda n: {"name": NAME(n)}),
    Case("first and last name", lambda n: {"name": WHOLE(n)}),
    Case("a part of a company's name, one in 7", lambda n: {"company": "müller"}),
    Case("a company, two parts", lambda n: {"company": f"ostsee {1000 + n}"}),
)


def rows(console: Console) -> list[Row]:
    """Every case, its first page and its 500th, or its last where it has fewer."""
    from benchmarks.many_leads import fill
    from benchmarks.own_store import own_store
    from leadflow.composition import compose

    compose()
    measured = []
    with own_store() as (engine, _):
        with console.status(f"Making {LEADS:,} leads …"):
            fill(engine, LEADS)
        for case in CASES:
            with console.status(f"Searching: {case.name} …"):
                measured += _measured(case)
        measured.append(_refused())
    return measured


def _measured(case: Case) -> list[Row]:
    _warm(case)
    first = [_timed(case.search(n), None)[0] for n in range(TIMES)]
    found = [_row(f"{case.name}: first page", first, _bare(case, None))]
    number, cursor = _deep(case.search(0))
    if cursor is not None:
        deep = [_timed(case.search(0), cursor)[0] for _ in range(TIMES)]
        found.append(_row(f"{case.name}: page {number}", deep, _bare(case, cursor)))
    return found


def _warm(case: Case) -> None:
    for n in range(3):
        _timed(case.search(n), None)


def _deep(search: Search) -> tuple[int, str | None]:
    """The number of the 500th page, or of the last, and its cursor."""
    cursor, number = None, 1
    while number < DEEP:
        following = _timed(search, cursor)[1]
        if following is None:
            break
        cursor, number = following, number + 1
    return number, cursor


def _timed(search: Search, cursor: str | None) -> tuple[float, str | None]:
    """Milliseconds of one page as it is answered, and the cursor of the next."""
    from datetime import UTC, datetime

    from leadflow.database.engine import Use, unit_of_work
    from leadflow.gateway.api.leads.lead_list import Listed
    from leadflow.search.schemas import LeadSearch
    from leadflow.search.service import find_leads

    asked = LeadSearch(**search, limit=PAGE, cursor=cursor)
    begun = time.perf_counter()
    with unit_of_work(use=Use.SEARCH) as session:
        found = find_leads(session, asked, _caller(), datetime.now(UTC))
        Listed.of(found).model_dump_json(exclude_unset=True)
    return (time.perf_counter() - begun) * 1000, found.next


def _caller() -> "Actor":
    from leadflow.accounts.actors import Actor
    from leadflow.accounts.permissions import SCOPES

    return Actor(kind="key", id="key:bench", called="bench", scopes=frozenset(SCOPES))


def _bare(case: Case, cursor: str | None) -> float | None:
    """Milliseconds (95 of 100 take no longer) of the statement by hand, ids only."""
    from sqlalchemy import text

    from leadflow.database.engine import get_owner_engine

    if case.bare is None:
        return None
    after = "" if cursor is None else f"AND ({case.order}, l.id) < ({_place(cursor)})"
    taken = []
    with get_owner_engine().connect() as connection:
        connection.execute(text("SET random_page_cost = 1.1"))
        for n in range(TIMES):
            statement = (
                f"SELECT l.id FROM leads l {case.joined} WHERE {case.bare(n)} {after} "  # noqa: S608
                f"ORDER BY {case.order} DESC, l.id DESC LIMIT {PAGE}"
            )
            begun = time.perf_counter()
            connection.exec_driver_sql(statement).all()
            taken.append((time.perf_counter() - begun) * 1000)
    return _share(taken, 0.95)


def _place(cursor: str) -> str:
    """Where a page begins, as a statement by hand says it."""
    import base64
    import json

    content = cursor.partition(".")[0]
    _, value, lead_id = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
    return f"'{value}', '{lead_id}'"


def _refused() -> Row:
    """What no index serves and no lead meets is ended and refused."""
    from leadflow.search.service import SearchTooSlow

    begun = time.perf_counter()
    with suppress(SearchTooSlow):
        _timed(_is("job_title", "no such title", "contains"), None)
    seconds = time.perf_counter() - begun
    return Row("no index serves it, nobody meets it: answered or refused", seconds, "s", at_most=6)


def _row(name: str, taken: Sequence[float], peer: float | None) -> Row:
    words = f"{name} (p50 {_share(taken, 0.5):.1f} ms)"
    bare = None if peer is None else "the bare statement, ids only"
    return Row(words, _share(taken, 0.95), "ms", None, MOST_MS, bare, peer)


def _share(taken: Sequence[float], share: float) -> float:
    return sorted(taken)[min(int(len(taken) * share), len(taken) - 1)]


if __name__ == "__main__":
    from leadflow.settings import get_settings

    printed, home = Console(), get_settings().home
    title = f"A page of {PAGE} of {LEADS:,} leads"
    raise SystemExit(publish("searching", title, rows(printed), home, printed))

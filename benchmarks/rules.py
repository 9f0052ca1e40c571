"""How long 200 workflow rules take on 100,000 domain events, and whether they fire as they would
on one event after another.

Run it with ``python -m benchmarks.rules``. The store is an embedded PostgreSQL in a temporary home.
"""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.rows import Row, publish

if TYPE_CHECKING:
    from sqlalchemy import Engine
LEADS, EVENTS, RULES = 20_000, 100_000, 200
# The first of them are taken one after another too.
ALONE = 1_000
KIND = "workflow"
MOST_SECONDS = 30.0
INDUSTRIES = ("retail", "finance", "technology", "health", "energy", "media", "mining", "education")
COUNTRIES = ("DE", "US", "FR", "GB", "ES", "IT", "NL", "PL")
TYPES = ("lead.created", "lead.updated", "lead.scored", "lead.level_changed", "lead.assigned")
HAPPENED = """
INSERT INTO domain_events (type, lead_id, facts, at)
SELECT (CAST(:types AS text[]))[1 + n % 5], l.id,
    CASE n % 5 WHEN 2 THEN jsonb_build_object('score', n % 100, 'score_before', n * 7 % 100)
        WHEN 3 THEN '{"level": "hot", "level_before": "warm", "because": "score"}'
        ELSE '{}' END::jsonb, now()
FROM generate_series(1, CAST(:events AS int)) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM leads) l
    ON l.place = 1 + n * 7919::bigint % CAST(:leads AS int)
ORDER BY n
"""
AGAIN = "TRUNCATE rule_firings, outbox; UPDATE domain_events SET reacted_at = NULL"
Fired = tuple[int, str, str]


def rule(number: int) -> dict[str, Any]:
    """A rule of the kinds that companies write: by what is said of the lead, by its score, by what
    happened, by an attribute of one's own."""
    kind = number % 4
    conditions: dict[str, Any] = {
        "industry": {"operator": "equals", "value": INDUSTRIES[number % 8]},
        "country": {"operator": "in", "value": [COUNTRIES[number % 8], COUNTRIES[number * 3 % 8]]},
    }
    if kind == 0:
        conditions["company_size"] = {"operator": "greater_or_equal", "value": number * 10}
    elif kind == 1:
        conditions["total_score"] = {"operator": "greater_than", "value": number % 60}
    elif kind == 2:
        conditions["attributes.seats"] = {"operator": "between", "value": [number, number + 200]}
    else:
        conditions["event.type"] = {"operator": "equals", "value": TYPES[number % 5]}
    made: dict[str, Any] = {
        "rule_id": f"rule_{number}",
        "name": f"Rule {number}",
        "on": [TYPES[number % 5], TYPES[(number + 1) % 5]],
        "conditions": conditions,
        "actions": {"tag": [f"tag_{number % 20}"]},
        "priority": number % 7,
    }
    if number % 5 == 0:
        made["limits"] = {"per_lead": 1, "within": "30d"}
    if number % 10 == 1:
        made["stop"] = True
    return made


def rows(console: Console) -> list[Row]:
    """The batches, and beside them the events one after another."""
    from benchmarks.many_leads import fill
    from benchmarks.own_store import own_store
    from leadflow.composition import compose
    from leadflow.workflow.service import AT_A_TIME

    compose()
    now = datetime.now(UTC)
    with own_store() as (engine, _):
        with console.status(f"Making {LEADS:,} leads and {EVENTS:,} events …"):
            fill(engine, LEADS)
            _prepare(engine)
        with console.status(f"Holding {RULES} rules against {EVENTS:,} events …"):
            seconds = _react(now, AT_A_TIME, EVENTS)
            together = _fired()
        with console.status(f"The same on {ALONE:,} events, one after another …"):
            _again(engine)
            one_by_one = _react(now, 1, ALONE)
            apart = _fired()
    same = together[: len(apart)]
    fired = sum(status == "fired" for _, _, status in together)
    return [
        Row(
            f"{RULES} rules on {EVENTS:,} events; {fired:,} acts",
            seconds,
            "s",
            at_most=MOST_SECONDS,
            peer="one event after another, for as many",
            peer_value=one_by_one * EVENTS / ALONE,
        ),
        Row("firings on record", float(len(together)), ""),
        Row(
            f"of {len(apart):,} firings, those that one by one are others",
            float(len(set(same) ^ set(apart))),
            "",
            at_most=0,
        ),
    ]


def _prepare(engine: "Engine") -> None:
    from sqlalchemy import text

    from leadflow.database.engine import unit_of_work
    from leadflow.rules.reading import read_rules
    from leadflow.rules.service import store_rules

    given = {"rules": [rule(number) for number in range(RULES)]}
    with unit_of_work() as session:
        rules = read_rules(session, KIND, given)
        store_rules(session, KIND, rules, "bench", None, activate=True)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE domain_events"))
        sizes = {"events": EVENTS, "leads": LEADS, "types": list(TYPES)}
        connection.execute(text(HAPPENED), sizes)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE domain_events"))


def _react(now: datetime, at_a_time: int, events: int) -> float:
    """Seconds until so many events were taken."""
    from leadflow.database.engine import unit_of_work
    from leadflow.workflow.service import react

    begun, taken = time.perf_counter(), 0
    while taken < events:
        with unit_of_work() as session:
            taken += react(session, now, at_a_time)
    return time.perf_counter() - begun


def _fired() -> list[Fired]:
    from sqlalchemy import select

    from leadflow.database.engine import unit_of_work
    from leadflow.workflow.tables import RuleFiring

    with unit_of_work() as session:
        asked = select(RuleFiring.event_id, RuleFiring.rule_id, RuleFiring.status)
        return sorted(session.execute(asked).tuples().all())


def _again(engine: "Engine") -> None:
    from sqlalchemy import text

    with engine.begin() as connection:
        connection.execute(text(AGAIN))


if __name__ == "__main__":
    from leadflow.settings import get_settings

    printed, home = Console(), get_settings().home
    title = "Workflow rules on what happened"
    raise SystemExit(publish("rules", title, rows(printed), home, printed))

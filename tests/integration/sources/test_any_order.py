"""Deliveries may come in any order, more than once and in any batches: the end is the same."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead, LeadEvent, Outcome
from leadflow.settings import get_settings
from leadflow.sources import service
from leadflow.sources.accepting import Arrival, accept
from leadflow.sources.processing import process_some
from leadflow.sources.tables import Delivery
from models.rubric import Rubric
from tests.examples import LONG
from tests.senders import source

START = datetime(2026, 3, 1, tzinfo=UTC)
# Before every loss: none of them opens a lead again.
MEETINGS = [START - timedelta(days=day) for day in range(1, 7)]
CRM = source(
    "hmac",
    signature={"header": "X-Signature"},
    mapping={
        "key": "id",
        "changed_at": "at",
        "fields": {"email": "email", "company_name": "company", "company_size": "size"},
        "attributes": {"plan": {"column": "plan", "kind": "categorical"}},
        "outcome": {
            "column": "stage",
            "converted": ["won"],
            "lost": ["lost"],
            "open": ["new"],
            "at": "at",
        },
    },
    events=[
        {"type": "meeting", "each": "meetings", "external_id": "id", "occurred_at": "at"},
    ],
)
RECORDS = st.fixed_dictionaries(
    {"id": st.sampled_from(["1", "2", "3"]), "at": st.integers(0, 5)},
    optional={
        "email": st.sampled_from(["a", "b"]),
        "company": st.sampled_from(["Acme", "Globex"]),
        "size": st.integers(1, 9),
        "plan": st.sampled_from(["gold", "silver"]),
        "stage": st.sampled_from(["won", "lost"]),
        "meetings": st.lists(st.integers(0, 5), max_size=2, unique=True),
    },
)
SAID = {"company": "company_name", "size": "company_size"}


def delivered(number: int, record: dict[str, Any], prefix: str) -> Arrival:
    """A record as the source sends it; addresses and meetings are its lead's own. ``prefix``: of
    every id, so that what came before is in nobody's way."""
    own = f"{prefix}-{record['id']}"
    at = (START + timedelta(hours=record["at"])).isoformat()
    body = record | {"at": at, "id": own}
    if "email" in record:
        body["email"] = f"{record['email']}-{own}@example.com"
    if "meetings" in record:
        body["meetings"] = [
            {"id": f"{own}-{one}", "at": MEETINGS[one].isoformat()} for one in record["meetings"]
        ]
    return Arrival("crm", f"{prefix}-{number}", json.dumps(body).encode())


def expected(records: list[dict[str, Any]], prefix: str) -> dict[str, dict[str, Any]]:
    """What is known of each lead in the end: of each field what was said last."""
    names = [sha256(f"{prefix}-{n}".encode()).hexdigest()[:16] for n in range(len(records))]
    order = sorted(range(len(records)), key=lambda number: (records[number]["at"], names[number]))
    leads: dict[str, dict[str, Any]] = {}
    for number in order:
        record = records[number]
        own = f"{prefix}-{record['id']}"
        lead = leads.setdefault(own, {"meetings": set()})
        lead |= {SAID[name]: record[name] for name in SAID if name in record}
        if "email" in record:
            lead["email"] = f"{record['email']}-{own}@example.com"
        lead |= {name: record[name] for name in ("plan", "stage") if name in record}
        lead["meetings"] |= {f"{own}-{one}" for one in record.get("meetings", [])}
    return leads


def found(prefix: str) -> dict[str, dict[str, Any]]:
    """The same as it is stored."""
    ours = select(Lead.id).where(Lead.external_id.startswith(f"{prefix}-"))
    leads: dict[str, dict[str, Any]] = {}
    with unit_of_work() as session:
        ends = {
            lead: {"converted": "won", "lost": "lost"}[outcome]
            for lead, outcome in session.execute(
                select(Outcome.lead_id, Outcome.outcome).where(Outcome.lead_id.in_(ours))
            )
        }
        meetings: dict[str, set[str]] = {}
        for lead, own in session.execute(
            select(LeadEvent.lead_id, LeadEvent.external_id).where(LeadEvent.lead_id.in_(ours))
        ):
            meetings.setdefault(lead, set()).add(own)
        for lead in session.scalars(select(Lead).where(Lead.id.in_(ours))):
            said = {
                "email": lead.email,
                "company_name": lead.company_name,
                "company_size": lead.company_size,
                "plan": lead.attributes.get("plan"),
                "stage": ends.get(lead.id),
            }
            there = {name: value for name, value in said.items() if value is not None}
            leads[str(lead.external_id)] = there | {"meetings": meetings.get(lead.id, set())}
        dead = session.execute(
            select(Delivery.id, Delivery.reasons).where(Delivery.status != "processed")
        ).all()
    assert dead == []
    return leads


def test_any_order_ends_in_the_same(store: Engine) -> None:
    rubric, engine, number = Rubric.load(), get_engine(), count(1)
    with unit_of_work() as session:
        service.apply(session, {"crm": CRM}, "test", START)

    @settings(max_examples=2000 if LONG else 12, phases=[Phase.explicit, Phase.generate])
    @given(st.lists(RECORDS, min_size=1, max_size=8), st.randoms(use_true_random=False))
    def try_one(records: list[dict[str, Any]], dice: Any) -> None:
        prefix = f"run{next(number)}"
        arrivals = [delivered(at, record, prefix) for at, record in enumerate(records)]
        coming = arrivals + dice.sample(arrivals, k=dice.randint(0, len(arrivals)))
        dice.shuffle(coming)
        while coming:
            some = [coming.pop() for _ in range(min(len(coming), dice.randint(1, 4)))]
            with unit_of_work() as session:
                accept(session, some, datetime.now(UTC))
            if dice.random() < 0.7:
                most = dice.randint(1, 5)
                process_some(engine, rubric, get_settings(), datetime.now(UTC), most)
        while process_some(engine, rubric, get_settings(), datetime.now(UTC)).deliveries:
            pass
        assert found(prefix) == expected(records, prefix)

    try_one()

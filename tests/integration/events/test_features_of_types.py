"""A type of event becomes features without code: learned from, served, and as of a moment."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from features.builder import feature_query
from features.moments import all_leads, these_leads
from leadflow.database.engine import unit_of_work
from leadflow.database.ids import new_id
from leadflow.leads.events.own_types import EventTypesIn, declare
from leadflow.leads.events.types import known_types, read_types
from leadflow.leads.tables import Lead, LeadEvent, Outcome
from leadflow.scoring.learning.challenger import learn
from leadflow.scoring.serving.feature_frames import (
    custom_definitions,
    definitions_of,
    read_features,
    read_one,
    read_training_set,
)
from leadflow.scoring.serving.score import score_lead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from models.rubric import Rubric
from models.scorecard import Scorecard
from tests.examples import examples

pytestmark = pytest.mark.uncounted

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = START + timedelta(days=30)
OWN: dict[str, Any] = {
    "demo": {"label": "Asked for a demo", "dimension": "engagement"},
    "demo_online": {"label": "Online demo", "counts_as": "demo"},
    "brochure": {"label": "Brochure", "counts_as": "content_download"},
    "crm_call": {"label": "CRM call", "counts_as": "rep_call", "done_by": "rep", "touch": True},
    "ping": {"label": "Ping", "features": False},
}
COUNT, AGO = "events.demo.count", "events.demo.days_since"


def declared(session: Session, **types: dict[str, Any]) -> None:
    declare(session, EventTypesIn.model_validate({"event_types": types}), "mara", START)


def a_lead(session: Session, created: datetime = START) -> str:
    lead = Lead(source="test", created_at=created, known_from=created, counted_at=created)
    session.add(lead)
    session.flush()
    return lead.id


def did(
    session: Session, lead_id: str, kind: str, at: datetime, known: datetime | None = None
) -> None:
    session.execute(
        insert(LeadEvent).values(
            lead_id=lead_id, type=kind, occurred_at=at, known_at=known or at, source="t"
        )
    )


def frame_of(session: Session, moment: datetime = MOMENT) -> dict[str, dict[str, Any]]:
    query = feature_query(all_leads(moment), read_types(session), custom_definitions(session))
    rows = session.execute(query).mappings()
    return {row["lead_id"]: dict(row) for row in rows}


def test_a_type_adds_how_often_and_how_long_ago(session: Session) -> None:
    declared(session, **OWN)
    lead_id, quiet = a_lead(session), a_lead(session)
    did(session, lead_id, "demo", START + timedelta(days=10))
    did(session, lead_id, "demo_online", START + timedelta(days=20))
    found = frame_of(session)
    assert (found[lead_id][COUNT], found[lead_id][AGO]) == (2.0, 10.0)
    assert (found[quiet][COUNT], found[quiet][AGO]) == (0.0, None)
    named = {name for name in found[lead_id] if name.startswith("events.")}
    assert named == {COUNT, AGO}
    said = {d.feature.name: d.feature for d in custom_definitions(session)}
    assert said[COUNT].sentence(2.0) == "Asked for a demo: 2 times"
    assert said[AGO].sentence(None) == "Asked for a demo: never"
    assert said[AGO].sentence(1.7) == "Asked for a demo: yesterday"
    assert said[COUNT].dimension == "engagement"


def test_a_type_that_counts_as_another_adds_to_its_features(session: Session) -> None:
    declared(session, **OWN)
    lead_id = a_lead(session)
    for kind in ("brochure", "content_download", "ping"):
        did(session, lead_id, kind, START + timedelta(days=5))
    assert frame_of(session)[lead_id]["content_downloads"] == 2.0


def test_what_a_salesperson_does_is_nothing_a_lead_is_judged_by(session: Session) -> None:
    lead_id = a_lead(session)
    did(session, lead_id, "meeting", START + timedelta(days=1))
    before = frame_of(session)[lead_id]
    declared(session, **OWN)
    did(session, lead_id, "crm_call", START + timedelta(days=29))
    after = frame_of(session)[lead_id]
    assert {name: after[name] for name in before} == before
    did(session, lead_id, "ping", START + timedelta(days=29))
    assert frame_of(session)[lead_id]["days_since_active"] == 1.0


minutes = st.integers(min_value=1, max_value=60 * 24 * 60)
events = st.lists(
    st.tuples(st.sampled_from([*OWN, "website_visit", "meeting"]), minutes, minutes), max_size=10
)


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(happened=events, shift=st.integers(1, 400))
def test_events_after_the_moment_move_nothing_and_one_lead_is_read_as_all_are(
    session: Session, happened: list[tuple[str, int, int]], shift: int
) -> None:
    def at(minute: int, later: timedelta) -> datetime:
        time = START + timedelta(minutes=minute)
        return time if time <= MOMENT else time + later

    with session.begin_nested() as savepoint:
        declared(session, **OWN)
        leads = [a_lead(session), a_lead(session)]
        for lead_id, later in zip(leads, (timedelta(0), timedelta(days=shift)), strict=True):
            for kind, occurred, known in happened:
                when = at(occurred, later)
                did(session, lead_id, kind, when, max(when, at(known, later)))
        custom = custom_definitions(session)
        one, moved = (read_one(session, lead_id, MOMENT, custom) for lead_id in leads)
        assert one is not None
        assert moved is not None
        everyone = frame_of(session)
        assert one == everyone[leads[0]]
        assert moved | {"lead_id": leads[0]} == one
        alone = read_features(session, these_leads(MOMENT, leads[:1]), custom)
        assert alone[COUNT].tolist() == [one[COUNT]]
        savepoint.rollback()


def test_a_type_declared_by_another_process_is_counted_by_the_next_score(session: Session) -> None:
    lead_id = a_lead(session)
    before = read_one(session, lead_id, MOMENT, ())
    assert before is not None
    stale = known_types(session)
    # As another process would: past what this one keeps.
    session.connection().exec_driver_sql(
        "INSERT INTO event_types (name, label, counts_as, dimension, declared_by) "
        "VALUES ('brochure', 'Brochure', 'content_download', 'behavioural', 'company')"
    )
    did(session, lead_id, "brochure", START + timedelta(days=2))
    assert known_types(session) is stale
    after = read_one(session, lead_id, MOMENT, ())
    assert after is not None
    assert after["content_downloads"] == before["content_downloads"] + 1
    assert "brochure" in known_types(session).by_name


@pytest.fixture
def demos(store: Engine) -> list[str]:
    """300 leads; those who asked for a demo mostly buy. Nothing else tells them apart."""
    draw, ids = random.Random(5), []
    with unit_of_work() as session:
        declared(session, demo=OWN["demo"])
    with unit_of_work() as session:
        for place in range(300):
            created = START + timedelta(hours=place)
            lead_id = new_id("lead")
            ids.append(lead_id)
            session.execute(
                insert(Lead).values(id=lead_id, source="t", created_at=created, known_from=created)
            )
            asked = draw.random() < 0.4
            if asked:
                for _ in range(draw.randint(1, 3)):
                    did(session, lead_id, "demo", created)
            buys = draw.random() < (0.85 if asked else 0.05)
            ended = "converted" if buys else "lost"
            at = created + timedelta(days=60)
            session.execute(
                insert(Outcome).values(
                    id=new_id("outcome"),
                    lead_id=lead_id,
                    outcome=ended,
                    occurred_at=at,
                    known_at=at,
                    source="t",
                )
            )
    return ids


@pytest.mark.long
def test_a_declared_type_is_learned_from_and_served_and_the_rubric_stays_as_it_was(
    demos: list[str], client: TestClient
) -> None:
    now = START + timedelta(days=365)
    with unit_of_work() as session:
        data = read_training_set(session, now, timedelta(days=90))
        assert COUNT in data.frame
        assert data.frame[COUNT].max() == 3.0
        training = learn(data, get_settings())
    scorer = training.scorecard
    assert COUNT in {feature.name for feature in scorer.features}
    lead_id = client.post("/leads", json={"email": "ada@example.com"}).json()["lead"]["id"]
    before = scores_of(lead_id, scorer)
    asked = [{"type": "demo", "payload": {"seats": 4}}] * 3
    assert client.post(f"/leads/{lead_id}/events", json=asked).status_code == 201
    after = scores_of(lead_id, scorer)
    assert after.by_model.total_score > before.by_model.total_score + 5
    assert any("demo" in (said or "") for said in after.by_model.reason_texts)
    # The rubric sees that the lead was active, as after any event; of demos it knows nothing.
    had, has = before.by_rubric.contributions, after.by_rubric.contributions
    assert {name for name in has if has[name] != had[name]} <= {"days_since_active"}


class ScoresOf(NamedTuple):
    by_model: LeadScore
    by_rubric: LeadScore


def scores_of(lead_id: str, scorer: Scorecard) -> ScoresOf:
    """The lead's score by the model that learned of demos and by the rubric; nothing is stored."""
    rubric, now = Rubric.load(), datetime.now(UTC)
    with unit_of_work() as session:
        assert definitions_of(session, rubric) == ()
        assert {item.feature.name for item in definitions_of(session, scorer)} <= {COUNT, AGO}
        made = ScoresOf(
            score_lead(session, scorer, lead_id, now, get_settings()),
            score_lead(session, rubric, lead_id, now + timedelta(seconds=1), get_settings()),
        )
        session.expunge_all()
        session.rollback()
    return made

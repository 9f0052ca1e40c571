"""What has changed is scored once, by one of however many look, and nothing is lost on the way."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from leadflow.background.process import running
from leadflow.database.engine import unit_of_work
from leadflow.intake.files import import_file
from leadflow.leads.changes import changed, claim_changed, clear_changed, mark_changed
from leadflow.leads.editing import edit_lead
from leadflow.leads.events.recording import EventIn, record_events
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.schemas import LeadEdit, LeadIn
from leadflow.leads.tables import ChangedLead, Lead
from leadflow.leads.upsert import upsert_lead
from leadflow.scoring.batch.rescoring import rescore_changed
from leadflow.scoring.serving.score import current_score, score_lead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from models.rubric import Rubric

NOW = datetime.now(UTC) - timedelta(hours=1)
MEETING = EventIn(type="meeting")


def put_leads(session: Session, count: int) -> list[str]:
    leads = [Lead(source="test", created_at=NOW, known_from=NOW) for _ in range(count)]
    session.add_all(leads)
    session.flush()
    return [lead.id for lead in leads]


def marked(session: Session) -> dict[str, bool]:
    rows = session.execute(select(ChangedLead.lead_id, ChangedLead.bulk))
    return dict(rows.tuples().all())


def rescore(session: Session, limit: int = 100) -> int:
    return rescore_changed(session, Rubric.load(), datetime.now(UTC), get_settings(), limit)


def test_whoever_writes_facts_marks_the_lead(session: Session) -> None:
    lead, _ = upsert_lead(session, LeadIn(email="ada@example.com"), NOW)
    assert marked(session) == {lead.id: False}
    clear_changed(session, [lead.id], datetime.now(UTC))
    upsert_lead(session, LeadIn(email="ada@example.com"), NOW)
    edit_lead(session, lead.id, LeadEdit(), NOW)
    assert marked(session) == {}
    edit_lead(session, lead.id, LeadEdit(budget=5), NOW)
    assert marked(session) == {lead.id: False}
    clear_changed(session, [lead.id], datetime.now(UTC))
    record_events(session, [(lead.id, MEETING)], NOW)
    assert marked(session) == {lead.id: False}


def test_whoever_scores_in_the_same_breath_leaves_no_mark(session: Session) -> None:
    lead, _ = upsert_lead(session, LeadIn(email="ada@example.com"), NOW, mark=False)
    edit_lead(session, lead.id, LeadEdit(budget=5), NOW, mark=False)
    record_events(session, [(lead.id, MEETING)], NOW, mark=False)
    assert marked(session) == {}


def test_a_simulated_market_waits_behind_leads_that_came_alone(store: Engine) -> None:
    done = simulate(store, get_settings(), seed=4, leads=30, months=6, reps=2, now=NOW)
    with unit_of_work() as session:
        assert list(marked(session).values()) == [True] * done.leads
        [alone] = put_leads(session, 1)
        mark_changed(session, [alone])
        assert session.scalars(changed(1)).all() == [alone]


def test_an_import_marks_the_leads_it_changed_and_no_others(store: Engine, tmp_path: Path) -> None:
    mapping = parse_mapping(
        {"source": "shop", "key": "id", "fields": {"company_name": "name"}, "created_at": "since"}
    )
    for names in (("Acme", "Bolt"), ("Acme", "Bolt & Sons", "Cog")):
        with unit_of_work() as session:
            clear_changed(session, list(marked(session)), datetime.now(UTC))
        path = tmp_path / "leads.csv"
        rows = "".join(f"{number},{name},2026-01-01\n" for number, name in enumerate(names))
        path.write_text("id,name,since\n" + rows)
        import_file(path, mapping, get_settings(), store, datetime.now(UTC))
    with unit_of_work() as session:
        found = session.execute(
            select(Lead.company_name, ChangedLead.bulk).join(
                ChangedLead, ChangedLead.lead_id == Lead.id
            )
        )
        assert dict(found.tuples().all()) == {"Bolt & Sons": True, "Cog": True}


def test_a_mark_of_both_kinds_does_not_wait_and_stays_one(session: Session) -> None:
    first, second = put_leads(session, 2)
    mark_changed(session, [first, second], bulk=True)
    mark_changed(session, [second, second])
    mark_changed(session, [second], bulk=True)
    assert marked(session) == {first: True, second: False}


def test_only_marks_that_are_not_newer_than_the_score_are_cleared(session: Session) -> None:
    old, new, other = put_leads(session, 3)
    mark_changed(session, [old, other])
    moment = session.scalars(select(func.clock_timestamp())).one()
    mark_changed(session, [new])
    assert clear_changed(session, [old, new], moment) == 1
    assert set(marked(session)) == {new, other}


def test_marked_leads_are_scored_with_what_is_new_and_lose_their_marks(session: Session) -> None:
    ids = put_leads(session, 3)
    for lead_id in ids:
        score_lead(session, Rubric.load(), lead_id, NOW, get_settings())
    for lead_id in ids[:2]:
        record_events(session, [(lead_id, MEETING), (lead_id, EventIn(type="pricing_view"))], NOW)
    before = {lead_id: current_score(session, lead_id).total_score for lead_id in ids}
    session.expire_all()
    assert rescore(session) == 2
    after = {lead_id: current_score(session, lead_id).total_score for lead_id in ids}
    assert [after[lead_id] > before[lead_id] for lead_id in ids] == [True, True, False]
    assert marked(session) == {}
    assert rescore(session) == 0


def test_a_few_at_a_time_the_oldest_of_those_that_came_alone_first(session: Session) -> None:
    bulk, second, first = put_leads(session, 3)
    mark_changed(session, [bulk], bulk=True)
    mark_changed(session, [first])
    mark_changed(session, [second])
    assert rescore(session, limit=2) == 2
    assert set(marked(session)) == {bulk}


def test_a_fact_from_a_clock_that_runs_ahead_is_not_left_out(session: Session) -> None:
    [lead_id] = put_leads(session, 1)
    ahead = datetime.now(UTC) + timedelta(seconds=30)
    score_lead(session, Rubric.load(), lead_id, ahead, get_settings())
    record_events(session, [(lead_id, MEETING)], datetime.now(UTC))
    rescore(session)
    session.expire_all()
    score = current_score(session, lead_id)
    assert "meetings" in {reason["feature"] for reason in score.reasons if reason["points"] > 0}


def test_a_lead_scored_as_of_a_day_to_come_takes_no_other_along(session: Session) -> None:
    far, near = put_leads(session, 2)
    score_lead(session, Rubric.load(), far, NOW + timedelta(days=9999), get_settings())
    mark_changed(session, [far, near])
    rescore(session)
    assert current_score(session, near).as_of <= datetime.now(UTC) + timedelta(minutes=1)


def test_many_who_rescore_at_once_score_each_lead_once(store: Engine) -> None:
    with unit_of_work() as session:
        ids = put_leads(session, 40)
        mark_changed(session, ids)

    def once(_: int) -> int:
        with unit_of_work() as session:
            return rescore(session, limit=7)

    with ThreadPoolExecutor(4) as pool:
        taken = sum(pool.map(once, range(24)))
    with unit_of_work() as session:
        assert marked(session) == {}
        assert session.scalar(select(func.count()).select_from(LeadScore)) == 40
    assert taken == 40


def test_a_lead_in_other_hands_is_passed_over_and_taken_later(store: Engine) -> None:
    with unit_of_work() as session:
        busy, free, held = put_leads(session, 3)
        mark_changed(session, [busy, free, held])
    with unit_of_work() as writer, unit_of_work() as another:
        writer.execute(text("UPDATE leads SET industry = 'x' WHERE id = :id"), {"id": busy})
        other = another.scalars(
            select(ChangedLead).where(ChangedLead.lead_id == held).with_for_update()
        )
        assert other.one().lead_id == held
        with unit_of_work() as session:
            assert claim_changed(session, 9).lead_ids == [free]
    with unit_of_work() as session:
        assert rescore(session) == 3


def test_a_fact_written_while_its_lead_is_scored_keeps_its_mark(store: Engine) -> None:
    with unit_of_work() as session:
        [lead_id] = put_leads(session, 1)
        mark_changed(session, [lead_id])

    def write() -> None:
        with unit_of_work() as session:
            record_events(session, [(lead_id, MEETING)], datetime.now(UTC))

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work() as session:
            assert rescore(session) == 1
            writing = pool.submit(write)  # waits for the mark that is being deleted
            time.sleep(0.2)
        writing.result()
    with unit_of_work() as session:
        assert set(marked(session)) == {lead_id}


WRITE_EVENT = """
import sys
from datetime import UTC, datetime
from leadflow.background.process import running
from leadflow.database.engine import unit_of_work
from leadflow.leads.events.recording import EventIn, record_events
with unit_of_work() as session:
    record_events(session, [(sys.argv[1], EventIn(type="meeting"))], datetime.now(UTC))
"""


@pytest.mark.few(1)
@pytest.mark.parametrize("processes", [1, 2])
def test_an_event_written_by_another_process_is_scored_without_being_asked_for(
    client: TestClient, background: None, processes: int
) -> None:
    lead_id = client.post("/leads", json={"email": "ada@example.com"}).json()["lead"]["id"]
    before = client.get(f"/leads/{lead_id}/score").json()

    def wait_for_the_score() -> dict[str, object]:
        subprocess.run([sys.executable, "-c", WRITE_EVENT, lead_id], check=True, timeout=180)
        give_up = time.monotonic() + 30
        while (score := client.get(f"/leads/{lead_id}/score").json())["as_of"] == before["as_of"]:
            assert time.monotonic() < give_up, "nobody scored the lead"
            time.sleep(0.05)
        return dict(score)

    if processes == 1:
        score = wait_for_the_score()
    else:
        with running(get_settings()):
            score = wait_for_the_score()
    assert score["total"] > before["total"]
    with unit_of_work() as session:
        assert marked(session) == {}
        assert session.scalar(select(func.count()).select_from(LeadScore)) == 2

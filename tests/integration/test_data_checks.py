"""What is stored is held against suites of expectations; what does not hold stops learning."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from expectations.checkpoint import Checked, Checks, Finding
from features.moments import these_leads
from leadflow.audit.tables import AuditEntry
from leadflow.checks import service
from leadflow.checks.reading import Window
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.scoring.learning.challenger import learn_challenger
from leadflow.scoring.learning.promotion import _promote
from leadflow.scoring.serving.score import score_leads
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from models.rubric import Rubric
from tasks.checks import READERS, NoSuchCheck, chosen

pytestmark = pytest.mark.uncounted
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def look(session: Session, most: int = 10_000, since: datetime | None = None) -> dict[str, Checked]:
    checks, window = Checks(), Window(since, NOW, most)
    return {name: checks.checked(name, read(session, window)) for name, read in READERS.items()}


def words(found: dict[str, Checked]) -> dict[str, list[str]]:
    return {name: [one.says for one in each.failed] for name, each in found.items() if each.failed}


@pytest.fixture
def market(store: Engine) -> Engine:
    """A market of leads that are scored on two days."""
    simulate(store, get_settings(), seed=5, leads=230, months=6.0, reps=2, now=NOW)
    with unit_of_work() as session:
        ids = [row.id for row in session.execute(text("SELECT id FROM leads"))]
        for as_of in (NOW - timedelta(days=1, hours=1), NOW - timedelta(hours=1)):
            moments = these_leads(as_of, ids)
            score_leads(session, Rubric.load(), moments, as_of, get_settings())
    return store


def test_a_market_is_as_it_should_be(market: Engine) -> None:
    with unit_of_work() as session:
        found = look(session)
        assert words(found) == {}
        assert {name: each.rows > 0 for name, each in found.items()} == dict.fromkeys(READERS, True)
        few = look(session, most=7)
        assert [few[name].rows for name in ("leads", "events", "outcomes", "scores")] == [7] * 4
        nothing_new = look(session, since=NOW + timedelta(days=1))
        assert [nothing_new[name].rows for name in ("events", "outcomes", "scores")] == [0] * 3


def test_each_kind_of_fault_is_found_and_named(market: Engine) -> None:
    faults = (
        "UPDATE leads SET created_at = now() + interval '9 years', company_size = 2000000000 "
        "WHERE id = (SELECT min(id) FROM leads)",
        "INSERT INTO lead_events (lead_id, type, occurred_at, source) "
        "SELECT min(id), 'no_such_type', '2100-01-01', 'test' FROM leads",
        "UPDATE outcomes SET occurred_at = '2001-01-01'",
        "UPDATE lead_scores SET demographic = demographic + 1, level = 'hot' "
        "WHERE total_score = (SELECT min(total_score) FROM lead_scores)",
        "UPDATE lead_scores SET total_score = least(100, total_score + 40) WHERE is_current",
    )
    with unit_of_work(market) as session:
        for fault in faults:
            session.execute(text(fault))
        found = look(session)
        session.rollback()
    said = words(found)
    assert said["leads"] == [
        "No lead came in later than now",
        "A company has as many people as there are",
    ]
    assert said["events"][:2] == [
        "An event is of a type that is declared",
        "No event happened later than now",
    ]
    assert "Leads end after they came in, 99 in 100 of them" in said["outcomes"]
    assert set(said["scores"]) >= {
        "The dimensions add up to the points",
        "The total is the points from 0 to 100",
        "Levels rise with the total",
    }
    assert "The mean of a model's scores moves less than 25 points in a day" in said["score_days"]
    [lead] = [one for one in found["leads"].failed if "company" in one.says]
    assert lead.examples[0].startswith("lead_")


def fault(severity: str = "critical", rows: int = 3) -> Checked:
    finding = Finding("Events are good", severity, False, rows, 9, ("1", "2"))  # type: ignore[arg-type]
    return Checked("events", 9, (finding,))


def well(suite: str = "events") -> Checked:
    return Checked(suite, 9, (Finding("Events are good", "critical", True),))


def test_nothing_is_learned_or_promoted_on_data_that_do_not_hold_until_they_do(
    store: Engine,
) -> None:
    with unit_of_work() as session:
        service.keep(session, fault("warning"), NOW)
        service.refuse_where_data_fail(session)
        service.keep(session, well("leads"), NOW)
        service.keep(session, fault(), NOW + timedelta(hours=1))
        for stopped in (
            lambda: learn_challenger(lambda: nullcontext(session), get_settings(), NOW),
            lambda: _promote(session, get_settings(), None, NOW),  # type: ignore[arg-type]
        ):
            with pytest.raises(service.DataDoNotHold, match="events: Events are good"):
                stopped()
        service.keep(session, well(), NOW + timedelta(hours=2))
        service.refuse_where_data_fail(session)


def test_what_does_not_hold_is_looked_at_again_until_it_is_mended(store: Engine) -> None:
    with unit_of_work() as session:
        assert service.since_when(session, "events") is None
        service.keep(session, well(), NOW)
        service.keep(session, fault(), NOW + timedelta(days=1))
        assert service.since_when(session, "events") == NOW - service.OVERLAP
        service.keep(session, fault("warning"), NOW + timedelta(days=2))
        assert service.since_when(session, "events") == NOW + timedelta(days=2) - service.OVERLAP


def test_a_person_accepts_a_check_with_a_reason_and_the_log_holds_it(store: Engine) -> None:
    with unit_of_work() as session:
        check = service.keep(session, fault(), NOW)
        with pytest.raises(service.NothingToAccept, match="Say why"):
            service.accept(session, check.id, "person_1", " ", NOW)
        service.accept(session, check.id, "person_1", "An old import", NOW)
        service.refuse_where_data_fail(session)
        assert service.since_when(session, "events") == NOW - service.OVERLAP
        with pytest.raises(service.NothingToAccept, match="stops nothing"):
            service.accept(session, check.id, "person_1", "Again", NOW)
        with pytest.raises(service.CheckNotFound):
            service.accept(session, "check_none", "person_1", "Again", NOW)
        [entry] = session.query(AuditEntry).filter_by(action="data_check.accepted")
        assert (entry.subject, entry.actor) == (check.id, "person_1")


def test_no_value_of_a_lead_is_kept_with_what_was_found(market: Engine) -> None:
    with unit_of_work(market) as session:
        session.execute(text("UPDATE leads SET company_size = 2000000000, company_name = 'Secret'"))
        found = look(session)
        kept = service.keep(session, found["leads"], NOW)
        assert "Secret" not in str(kept.failed)
        assert kept.failed[0]["examples"]
        assert session.get(Lead, kept.failed[0]["examples"][0]) is not None
        session.rollback()


def test_only_suites_that_there_are_are_run() -> None:
    assert chosen(None) == list(READERS)
    assert chosen(["scores", "leads"]) == ["leads", "scores"]
    with pytest.raises(NoSuchCheck, match="No check of stored data is called nobody"):
        chosen(["nobody"])

"""What a source never records is no fact about its leads."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, delete, select

from features.moments import all_leads
from features.recorded import NOT_RECORDED, bit
from leadflow.database.engine import unit_of_work
from leadflow.database.tables import InboxRow
from leadflow.intake.files import import_file
from leadflow.intake.undoing import undo_import
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.source_records import look_at, look_at_all
from leadflow.leads.tables import ChangedLead, Lead, LeadEvent
from leadflow.scoring.serving.feature_frames import read_features, read_one
from leadflow.settings import get_settings
from models.explanation import all_reasons
from models.rubric import Rubric

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RUBRIC = Rubric.load()
MAPPING = {
    "source": "fair",
    "key": "id",
    "fields": {"company_size": "staff", "budget": "sum", "first_name": "name"},
}


def brought(engine: Engine, path: Path, *rows: str) -> None:
    path.write_text("\n".join(("id,staff,sum,name", *rows)))
    import_file(path, parse_mapping(MAPPING), get_settings(), engine, NOW)


def points(engine: Engine, external_id: str, later: timedelta = timedelta()) -> dict[str, float]:
    """What the rubric says of a lead, by feature; and that one lead scores as among all."""
    with unit_of_work(engine) as session:
        found = select(Lead.id).where(Lead.external_id == external_id)
        lead_id = session.scalars(found).one()
        values = read_one(session, lead_id, NOW + later, ())
        frame = read_features(session, all_leads(NOW + later), ())
    assert values is not None
    scores = RUBRIC.score_rows([values])
    among_all = RUBRIC.score(frame.loc[[lead_id]])
    assert list(scores.contributions[0]) == list(among_all.contributions[0])
    [said] = all_reasons(scores, {name: [value] for name, value in values.items()})
    return {str(one["feature"]): float(one["points"]) for one in said}


def test_a_field_that_no_row_of_a_file_fills_is_held_against_nobody(
    store: Engine, tmp_path: Path
) -> None:
    brought(store, tmp_path / "fair.csv", "1,300,,Ann", "2,,20000,Bo", "3,,,Cy")
    said = points(store, "3")
    # One of the three has each of these, so that not having it says something.
    assert said["company_size"] < 0
    assert said["budget"] < 0
    for never in ("email_kind", "seniority", "website_visits", "email_opens", "services_wanted"):
        assert said.get(never, 0) == 0, never
    assert points(store, "1")["company_size"] > 0


def test_what_speaks_for_a_lead_counts_before_anybody_has_looked_again(
    store: Engine, tmp_path: Path
) -> None:
    brought(store, tmp_path / "fair.csv", "1,300,,Ann", "2,,,Bo")
    with unit_of_work(store) as session:
        lead_id = session.scalars(select(Lead.id).where(Lead.external_id == "1")).one()
        session.add(
            LeadEvent(
                lead_id=lead_id,
                type="email_reply",
                source="mail",
                occurred_at=NOW,
                known_at=NOW,
            )
        )
    assert points(store, "1")["email_replies"] > 0
    with unit_of_work(store) as session:
        before = read_one(session, lead_id, NOW, ())
        look_at(session, ["fair"], NOW)
        after = read_one(session, lead_id, NOW, ())
    assert before is not None
    assert after is not None
    assert int(before[NOT_RECORDED.name]) - int(after[NOT_RECORDED.name]) == bit("email_replies")


def test_sources_are_looked_at_again_after_some_hours_and_each_for_itself(
    store: Engine, tmp_path: Path
) -> None:
    brought(store, tmp_path / "fair.csv", "1,,,Ann")
    assert points(store, "1").get("company_size", 0) == 0
    with unit_of_work(store) as session:
        since = {"created_at": NOW, "known_from": NOW}
        session.add(Lead(source="api", external_id="a", email_kind="company", **since))
        session.add(Lead(source="fair", external_id="2", company_size=40, **since))
    # Nobody has looked at the other source, so all counts as it is.
    later = timedelta(days=1)
    assert points(store, "a", later)["website_visits"] < 0
    with unit_of_work(store) as session:
        look_at_all(session, NOW + timedelta(hours=1))
    assert points(store, "a", later).get("website_visits", 0) == 0
    assert points(store, "1", later).get("company_size", 0) == 0
    with unit_of_work(store) as session:
        look_at_all(session, NOW + timedelta(hours=8))
    assert points(store, "1", later)["company_size"] < 0


def test_what_an_import_that_was_undone_had_recorded_speaks_against_nobody(
    store: Engine, tmp_path: Path
) -> None:
    brought(store, tmp_path / "fair.csv", "1,300,,Ann", "2,200,,Bo")
    said = points(store, "1")
    brought(store, tmp_path / "more.csv", "3,,20000,Cy")
    assert points(store, "1")["budget"] < 0
    with unit_of_work(store) as session:
        session.execute(delete(ChangedLead))
        last = session.scalars(select(InboxRow.id).order_by(InboxRow.id.desc())).first()
        assert last is not None
        undo_import(session, last, NOW)
    assert points(store, "1") == said
    with unit_of_work(store) as session:
        marked = session.scalars(select(ChangedLead.lead_id)).all()
        assert {*session.scalars(select(Lead.id))} <= {*marked}

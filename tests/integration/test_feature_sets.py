"""A set of features is whole or not there and says what it holds; what is carried over from the set
before is what a full count would give, to the bit."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import fsspec
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from leadflow import features
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import AttributeDefinition, Lead, LeadEvent, Outcome
from leadflow.qualification.tables import AiQualification
from leadflow.scoring.feature_sets import building, parts
from leadflow.scoring.feature_sets.checking import SetRefused
from leadflow.scoring.feature_sets.listing import difference
from leadflow.scoring.feature_sets.manifest import FILE
from leadflow.scoring.feature_sets.reading import (
    NoSuchSet,
    SetGone,
    find_set,
    fresh_set,
    read_manifest,
    training_set_of,
)
from leadflow.scoring.feature_sets.tables import FeatureNews, FeatureSet
from leadflow.scoring.learning.challenger import learn
from leadflow.scoring.serving.feature_frames import (
    custom_definitions,
    read_features,
    read_training_set,
)
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from tests.examples import examples
from tests.feature_sets import hashes, make_set

pytestmark = pytest.mark.uncounted

PROJECT = Path(__file__).parents[2]
STORE = "memory://features-of-tests"
TYPES = ("website_visit", "pricing_view", "email_open", "form_sent", "meeting", "call")
LONG_AGO = datetime.now(UTC) - timedelta(days=200)
SOURCE_RECORD = (
    "INSERT INTO source_records (source, not_recorded, looked_at) VALUES ('test', :bits, now()) "
    "ON CONFLICT (source) DO UPDATE SET not_recorded = :bits"
)
ASKED = {
    **{"content_hash": "x", "prompt_version": "1", "prompt": "Asked", "model": "made-up"},
    **{"tokens_in": 1, "tokens_out": 1, "cost_micro": 1, "cost_currency": "EUR"},
}


@pytest.fixture(autouse=True)
def store_in_memory(store: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A feature store that is gone afterwards, with files of few leads."""
    monkeypatch.setattr(get_settings(), "feature_store", STORE)
    monkeypatch.setattr(get_settings(), "feature_batch", 7)
    yield store
    files = fsspec.filesystem("memory")
    if files.exists("/features-of-tests"):
        files.rm("/features-of-tests", recursive=True)


def put_leads(number: int, draw: Random) -> None:
    """So many leads, some with events before now, and how some of them ended."""
    with unit_of_work() as session:
        for place in range(number):
            created = LONG_AGO + timedelta(days=draw.randrange(100))
            lead = Lead(
                source="test",
                created_at=created,
                known_from=created,
                industry=draw.choice(["retail", "finance", None]),
                counted_at=draw.choice([None, created + timedelta(days=3)]),
                website_visits=draw.choice([None, 4]),
                attributes={"plan": f"plan {place % 3}", "since": "2026-01-03"},
            )
            session.add(lead)
            session.flush()
            for _ in range(draw.randrange(5)):
                put_event(session, lead.id, draw)
            if draw.random() < 0.4:
                outcome, day = draw.choice(["converted", "lost"]), draw.randrange(50, 90)
                at = created + timedelta(days=day)
                ended = {"occurred_at": at, "known_at": at, "source": "test"}
                session.add(Outcome(lead_id=lead.id, outcome=outcome, **ended))


def put_event(session: Any, lead_id: str, draw: Random, ahead: bool = False) -> None:
    at = datetime.now(UTC) - timedelta(days=draw.randrange(120), seconds=draw.randrange(9999))
    if ahead:
        at = datetime.now(UTC) + timedelta(seconds=draw.randrange(60))
    known = max(at, datetime.now(UTC)) if draw.random() < 0.5 else at
    kind = draw.choice(TYPES)
    session.add(
        LeadEvent(lead_id=lead_id, type=kind, occurred_at=at, known_at=known, source="test")
    )


def opinion(lead_id: str, score: int) -> AiQualification:
    now = datetime.now(UTC)
    said = {"score": float(score), "confidence": 0.5, "qualification": {"why": "fits"}}
    return AiQualification(
        lead_id=lead_id, asked_at=now, known_at=now, status="answered", **ASKED, **said
    )


def register_attributes() -> None:
    with unit_of_work() as session:
        for name, kind in (("plan", "categorical"), ("since", "date")):
            session.add(AttributeDefinition(name=name, label=name, kind=kind, dimension="fit"))


def change(what: str, draw: Random) -> None:
    """Something that becomes known, or is not so any more."""
    with unit_of_work() as session:
        ids = list(session.scalars(select(Lead.id).order_by(Lead.id)))
        if not ids:
            return
        one, other = draw.choice(ids), draw.choice(ids)
        lead = session.get_one(Lead, one)
        if what == "event":
            put_event(session, one, draw)
        elif what == "event to come":
            put_event(session, one, draw, ahead=True)
        elif what == "event gone":
            session.execute(text("DELETE FROM lead_events WHERE lead_id = :one"), {"one": one})
        elif what == "edited":
            lead.industry, lead.known_from = "energy", datetime.now(UTC)
        elif what == "counted again":
            lead.website_visits, lead.counted_at = 9, datetime.now(UTC) - timedelta(days=2)
            lead.known_from = datetime.now(UTC)
        elif what == "merged" and one != other:
            lead.merged_into = other
            session.execute(
                text(
                    "INSERT INTO lead_events (lead_id, type, occurred_at, known_at, source) "
                    "SELECT :other, type, occurred_at, now(), source FROM lead_events "
                    "WHERE lead_id = :one"
                ),
                {"one": one, "other": other},
            )
        elif what == "deleted":
            session.delete(lead)
    if what == "new":
        put_leads(2, draw)
    change_elsewhere(what, one, draw)


def change_elsewhere(what: str, lead_id: str, draw: Random) -> None:
    """Something that is neither an event nor in a profile."""
    with unit_of_work() as session:
        if what == "asked" and session.get(Lead, lead_id) is not None:
            session.add(opinion(lead_id, draw.randrange(100)))
        elif what == "opinion gone":
            session.execute(text("DELETE FROM ai_qualifications"))
        elif what == "source":
            session.execute(text(SOURCE_RECORD), {"bits": draw.randrange(1, 9)})


CHANGES = (
    *("event", "event to come", "event gone", "edited", "counted again", "merged", "deleted"),
    *("new", "asked", "opinion gone", "source"),
)


@hypothesis_settings(
    max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.lists(st.sampled_from(CHANGES), max_size=5), min_size=1, max_size=3),
    st.sampled_from(["serving", "training"]),
    st.integers(0, 2**32),
)
def test_what_is_carried_over_is_what_a_full_count_gives_to_the_bit(
    store: Engine, turns: list[list[str]], purpose: Any, seed: int
) -> None:
    draw = Random(seed)
    put_leads(15, draw)
    now = datetime.now(UTC)
    make_set(purpose, now=now)
    for turn, changes in enumerate(turns, 1):
        for what in changes:
            change(what, draw)
        # Time passes: what was to come has come, windows have moved.
        later = now + timedelta(hours=30 * turn)
        carried = make_set(purpose, now=later)
        whole = make_set(purpose, since="nothing", now=later)
        assert carried.base_id is not None
        assert whole.carried == 0
        assert hashes(carried) == hashes(whole)


def test_leads_without_news_are_carried_over_and_those_with_news_are_not(store: Engine) -> None:
    put_leads(20, Random(1))
    make_set()
    change("event", Random(2))
    again = make_set()
    assert (again.leads, again.carried) == (20, 19)
    assert make_set().carried == 20
    with unit_of_work() as session:
        assert session.scalars(select(FeatureNews)).all() == []


def test_an_event_that_was_not_committed_yet_is_news_for_the_next_set(store: Engine) -> None:
    """Its row is older than the set, and its moment too."""
    put_leads(6, Random(3))
    with unit_of_work() as session:
        lead_id = session.scalars(select(Lead.id).limit(1)).one()
    with unit_of_work() as slow:
        put_event(slow, lead_id, Random(4))
        slow.flush()
        make_set()
    carried = make_set()
    assert carried.carried == 5
    assert hashes(carried) == hashes(make_set(since="nothing", now=carried.as_of))


def test_a_profile_that_was_not_committed_yet_is_read_anew_for_the_next_set(
    store: Engine,
) -> None:
    """In a part of a transaction too, which has a number of its own that the set cannot tell."""
    put_leads(6, Random(3))
    with unit_of_work() as session:
        lead_id = session.scalars(select(Lead.id).limit(1)).one()
    long_ago = datetime.now(UTC) - timedelta(days=1)
    with unit_of_work() as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        with slow.begin_nested():
            lead = slow.get_one(Lead, lead_id)
            lead.industry, lead.known_from = "energy", long_ago
            slow.flush()
        with unit_of_work() as other:
            other.execute(text("SELECT pg_current_xact_id()"))
        make_set()
    carried = make_set()
    assert carried.carried == 6
    assert features.load("latest", "serving")["industry"][lead_id] == "energy"
    assert hashes(carried) == hashes(make_set(since="nothing", now=carried.as_of))


def test_other_definitions_are_counted_anew(store: Engine) -> None:
    put_leads(5, Random(5))
    first = make_set()
    register_attributes()
    second = make_set()
    assert second.base_id is None
    assert second.definitions_sha256 != first.definitions_sha256
    moving = {kept.feature.name for kept in second.features if kept.moves}
    assert {"attributes.since", "days_since_active", "age_days", "recent_visits"} <= moving
    assert not {"attributes.plan", "meetings", "industry"} & moving
    with unit_of_work() as session:
        found = difference(session, first.id, second.id)
    assert found.features_new == ("attributes.plan", "attributes.since")
    assert (found.leads_both, found.same_definitions) == (5, False)


def test_a_set_is_what_the_store_says_of_every_lead(store: Engine) -> None:
    register_attributes()
    put_leads(15, Random(6))
    manifest = make_set("training")
    with unit_of_work() as session:
        kept = training_set_of(find_set(session, manifest.id))
        horizon = timedelta(days=manifest.horizon_days or 0)
        data = read_training_set(session, manifest.as_of, horizon)
    order = data.frame.index.sort_values()
    assert len(order) > 5
    pd.testing.assert_frame_equal(kept.frame.loc[order], data.frame.loc[order])
    assert kept.features == data.features
    assert (kept.moments == sorted(data.moments)).all()
    ends = dict(zip(data.frame.index, zip(data.converted, data.ever, strict=True), strict=True))
    kept_ends = zip(kept.frame.index, zip(kept.converted, kept.ever, strict=True), strict=True)
    assert dict(kept_ends) == ends
    loaded = features.load("latest")
    assert loaded.columns[0] == "as_of"
    assert list(loaded.columns)[-2:] == ["converted", "ever"]
    assert len(loaded) == len(order)


def test_an_empty_store_gives_an_empty_set(store: Engine) -> None:
    manifest = make_set()
    assert (manifest.leads, len(manifest.parts)) == (0, 1)
    assert features.load("latest", "serving").empty


def test_the_set_of_recent_leads_is_what_monitoring_looks_at(store: Engine) -> None:
    from features.recent_moments import recent_moments

    put_leads(9, Random(7))
    with unit_of_work() as session:
        lead = session.scalars(select(Lead).limit(1)).one()
        lead.created_at = lead.known_from = datetime.now(UTC) - timedelta(days=20)
    manifest = make_set("recent")
    window = timedelta(days=get_settings().monitor_days)
    with unit_of_work() as session:
        moments = recent_moments(manifest.as_of, window, building.MOST_RECENT)
        frame = read_features(session, moments, custom_definitions(session))
    loaded = features.load(manifest.id).drop(columns="as_of")
    assert set(loaded.index) == set(frame.index)


def test_what_is_broken_off_does_not_count_and_the_next_build_takes_it_away(store: Engine) -> None:
    put_leads(15, Random(8))
    whole = make_set()
    settings = get_settings()
    making = building.begun(get_engine(), settings, "serving", "latest", datetime.now(UTC))
    build = making.__enter__()
    parts.make_part(get_engine(), build, build.ranges[0])
    assert not making.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    files = fsspec.filesystem("memory")
    left = files.find("/features-of-tests", detail=False)
    assert len([name for name in left if build.row.id in name]) == 1
    with unit_of_work() as session:
        assert find_set(session, "latest").id == whole.id
        with pytest.raises(NoSuchSet, match="leadflow features list"):
            find_set(session, build.row.id)
    again = make_set()
    assert not [name for name in files.find("/features-of-tests") if build.row.id in name]
    with unit_of_work() as session:
        assert set(session.scalars(select(FeatureSet.id))) == {whole.id, again.id}


KILLED = """
import sys, time
from leadflow.composition import compose
from leadflow.scoring.feature_sets import parts
from leadflow.settings import get_settings
from tests.feature_sets import make_set
compose()
get_settings().feature_store, get_settings().feature_batch = sys.argv[1], 7
make_part = parts.make_part
def slowly(engine, build, keys):
    made = make_part(engine, build, keys)
    print(build.row.id, flush=True)
    time.sleep(600)
    return made
parts.make_part = slowly
make_set()
"""


def test_a_build_that_is_killed_leaves_nothing_that_counts_or_stays(
    store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "feature_store", str(tmp_path))
    put_leads(15, Random(18))
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as making:
        assert making.stdout is not None
        begun = making.stdout.readline().strip()
        making.kill()
    assert [path.name for path in tmp_path.rglob("part-*")] == ["part-00000.parquet"]
    with unit_of_work() as session, pytest.raises(NoSuchSet):
        find_set(session, "latest")
    made = make_set()
    assert [path.name for path in (tmp_path / "serving").iterdir()] == [made.id] != [begun]


def test_a_part_that_is_made_again_is_the_same(store: Engine) -> None:
    """Whatever has been written since: all parts see one moment of the store."""
    put_leads(15, Random(9))
    settings = get_settings()
    with building.begun(get_engine(), settings, "serving", "latest", datetime.now(UTC)) as build:
        first = parts.make_part(get_engine(), build, build.ranges[1])
        for what in CHANGES:
            change(what, Random(10))
        assert parts.make_part(get_engine(), build, build.ranges[1]) == first


def test_a_set_that_is_not_as_expected_is_refused_and_the_one_before_stays(store: Engine) -> None:
    put_leads(5, Random(11))
    whole = make_set()
    with unit_of_work() as session:
        lead = session.scalars(select(Lead).limit(1)).one()
        lead.timeline_months, lead.known_from = -4.0, datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(SetRefused, match=r"timeline_months is between 0 and 1,200: not of 1 of 5"):
        make_set()
    with unit_of_work() as session:
        assert find_set(session, "latest").id == whole.id


def test_what_has_shifted_since_the_set_before_is_said_and_refuses_nothing(store: Engine) -> None:
    put_leads(60, Random(12))
    make_set()
    with unit_of_work() as session:
        for lead in session.scalars(select(Lead)):
            lead.industry = "mining"
            lead.known_from = datetime.now(UTC) - timedelta(milliseconds=1)
    unmet = {(c.column, c.fatal) for c in make_set().checks if not c.met}
    assert ("industry", False) in unmet


def test_files_that_are_gone_or_altered_are_told_and_nothing_is_carried_over_from_them(
    store: Engine,
) -> None:
    put_leads(5, Random(13))
    manifest = make_set("training")
    with unit_of_work() as session:
        row = find_set(session, manifest.id)
    files = fsspec.filesystem("memory")
    path = f"/features-of-tests/training/{manifest.id}"
    files.pipe_file(f"{path}/part-00000.parquet", b"other")
    with pytest.raises(SetGone, match="not as it was written"):
        training_set_of(row)
    files.rm(f"{path}/{FILE}")
    with pytest.raises(SetGone, match="not there any more"):
        read_manifest(row)
    assert make_set("training").base_id is None


def test_definitions_that_are_as_they_were_before_are_counted_anew_too(store: Engine) -> None:
    """Of the set before the one before, news are not kept."""
    put_leads(5, Random(15))
    make_set()
    register_attributes()
    make_set()
    change("event", Random(16))
    make_set("training")
    with unit_of_work() as session:
        session.execute(text("DELETE FROM attribute_definitions"))
    third = make_set()
    assert third.base_id is None
    assert hashes(third) == hashes(make_set(since="nothing", now=third.as_of))


def test_a_set_of_an_earlier_moment_is_not_carried_on(store: Engine) -> None:
    put_leads(5, Random(14))
    past = make_set(as_of=datetime.now(UTC) - timedelta(days=30))
    assert past.base_id is None
    assert make_set().base_id is None


def test_an_old_set_gives_an_old_training_again_whatever_has_become_known_since(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = get_settings()
    monkeypatch.setattr(settings, "feature_batch", 200)
    simulate(store, settings, seed=5, leads=700, months=12.0, reps=2, now=datetime.now(UTC))
    kept = make_set("training")
    with unit_of_work() as session:
        row = find_set(session, kept.id)
    first = learn(training_set_of(row), settings)
    with unit_of_work() as session:
        session.execute(text("DELETE FROM outcomes WHERE outcome = 'converted'"))
        session.execute(text("DELETE FROM lead_events"))
    again = learn(training_set_of(row), settings)
    assert again.fingerprint() == first.fingerprint()
    assert again.data_sha256 == first.data_sha256
    assert (again.judged_on.probability == first.judged_on.probability).all()


def test_a_set_is_fresh_for_as_long_as_the_settings_say(store: Engine) -> None:
    put_leads(5, Random(17))
    now = datetime.now(UTC)
    manifest = make_set("training", now=now - timedelta(minutes=30))
    days = manifest.horizon_days
    with unit_of_work() as session:
        assert fresh_set(session, "training", now, 0, days) is None
        assert fresh_set(session, "training", now, 29, days) is None
        assert fresh_set(session, "serving", now, 31, None) is None
        assert fresh_set(session, "training", now, 31, (days or 0) + 1) is None
        found = fresh_set(session, "training", now, 31, days)
        assert found is not None
        assert found.id == manifest.id


def test_the_newest_sets_are_kept_and_all_for_training(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "feature_sets_kept", 2)
    put_leads(5, Random(19))
    serving = [make_set().id for _ in range(4)]
    training = [make_set("training").id for _ in range(3)]
    with unit_of_work() as session:
        assert set(session.scalars(select(FeatureSet.id))) == {*serving[2:], *training}
    files = fsspec.filesystem("memory")
    left = {name.split("/")[3] for name in files.find("/features-of-tests")}
    assert left == {*serving[2:], *training}

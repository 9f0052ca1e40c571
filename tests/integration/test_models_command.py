"""``leadflow models``: what a person sees and does at the terminal."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from leadflow.accounts.tables import Person
from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import versions
from leadflow.scoring.learning.challenger import Learned, promotion
from leadflow.scoring.learning.opponents import opponent, serving_opponent
from leadflow.scoring.learning.promotion import CannotRollBack
from leadflow.scoring.learning.standing import NothingToDecide, refuse_the_same
from leadflow.scoring.learning.versions import CannotCompare
from leadflow.scoring.serving.champion import registry, serving_scorer
from leadflow.settings import Settings, get_settings
from leadflow.simulation.service import simulate
from models.refused import NoSuchVersion
from models.registry import Registry
from tests.deciders import settle
from tests.integration.registered_models import approve
from tests.terminal import sign_in

pytestmark = pytest.mark.uncounted

Run = Callable[..., str]


@pytest.fixture
def run(models: Registry, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the registry of these tests and return what it prints."""
    monkeypatch.setattr(get_settings(), "model_name", models.name)
    monkeypatch.setenv("COLUMNS", "200")

    def _run(*words: str) -> str:
        result = CliRunner().invoke(app, ["models", *words])
        if result.exception is not None:
            raise result.exception
        return result.output

    return _run


def market(store: Engine) -> None:
    now = datetime.now(UTC)
    simulate(store, get_settings(), seed=3, leads=1200, months=12.0, reps=3, now=now)


def test_every_version_is_listed_with_what_it_is(
    run: Run, learned: list[Learned], settings: Settings, models: Registry
) -> None:
    assert "None of them serves" in run("list")
    approve(learned[0], settings)
    approve(learned[1], settings)
    lines = {line.split()[0]: line for line in run("list").splitlines() if line.split()}
    assert set(lines) >= {version.version for version in learned}
    assert lines[learned[0].version].rstrip().endswith("approved")
    assert "champion, approved" in lines[learned[1].version]
    assert lines[learned[2].version].rstrip().endswith("challenger")
    assert re.search(r"2026-03-01 00:00 .* 0\.\d{3} +0\.\d{4}", lines[learned[0].version])
    models.promote(models.version(learned[2].version))
    assert "champion by hand, refused" in run("list")
    assert len(run("list", "--last", "1").splitlines()) < len(run("list").splitlines())


def test_two_versions_are_compared_on_the_same_leads(
    run: Run, store: Engine, learned: list[Learned]
) -> None:
    market(store)
    said = run("compare", learned[0].version, "challenger")
    assert "all later than those version" in said  # which learned from leads of early 2025
    assert all(name in said for name in ("AUC", "Brier", "log loss", "another level"))
    same = run("compare", "rubric", "rubric")
    assert "the same" in same
    assert "At another level are 0 of" in same
    assert "AUC" not in same


def test_comparing_needs_leads_and_versions(run: Run, learned: list[Learned]) -> None:
    with pytest.raises(CannotCompare, match="horizon"):
        run("compare", "rubric", "rubric")
    with pytest.raises(NoSuchVersion):
        run("compare", "rubric", "999")


def test_promoting_asks_at_the_gate_and_changes_nothing_by_itself(
    run: Run, store: Engine, models: Registry, learned: list[Learned]
) -> None:
    market(store)
    sign_in("olga", "data_scientist")
    said = run("promote", learned[0].version)
    with unit_of_work() as session:
        (approval,) = session.scalars(select(Approval)).all()
        assert approval.id in said
        assert approval.payload["sha256"] == learned[0].sha256
        assert approval.description.startswith("# Proposed: ")
        assert "## Segments" in approval.description
        olga = session.get_one(Person, approval.requested_by)
        now = datetime.now(UTC)
        refused = approvals.decide(session, approval.id, "approve", olga, "mine", now, "api")
        assert "somebody else" in refused.words
    assert models.champion() is None


def test_what_serves_is_not_asked_about(
    run: Run, store: Engine, settings: Settings, learned: list[Learned]
) -> None:
    market(store)
    approve(learned[0], settings)
    sign_in("olga", "data_scientist")
    with pytest.raises(NothingToDecide, match="nothing to decide"):
        run("promote", learned[0].version)
    with unit_of_work() as session, pytest.raises(NothingToDecide, match="which serves"):
        refuse_the_same(session, learned[0].sha256, serving_opponent(settings))


@pytest.mark.parametrize("decided", [False, True])
def test_what_people_were_asked_about_is_not_asked_again(
    models: Registry, settings: Settings, learned: list[Learned], decided: bool
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        approval_id = approvals.propose(session, promotion(learned[1], settings), now).id
        if decided:
            settle(session, approval_id, now, "reject")
    champion = serving_opponent(settings)
    words = "has been rejected" if decided else "waits for people"
    with unit_of_work() as session, pytest.raises(NothingToDecide, match=words) as refused:
        refuse_the_same(session, learned[1].sha256, champion)
    assert refused.value.approval_id == (None if decided else approval_id)
    with unit_of_work() as session:
        refuse_the_same(session, learned[2].sha256, champion)


@pytest.mark.long
def test_a_version_that_learned_from_every_lead_is_not_said_to_be_better(
    run: Run, store: Engine, learned: list[Learned], monkeypatch: pytest.MonkeyPatch
) -> None:
    market(store)
    one, other = (opponent(registry(get_settings()), each.version) for each in learned[:2])
    late = datetime.now(UTC)
    found = [replace(each, learned_until=late, recipe=one.recipe) for each in (one, other)]
    monkeypatch.setattr(versions, "opponent", lambda models, name: found.pop(0))
    said = run("compare", "1", "2")
    assert "cannot be told yet" in said
    assert "There is no verdict: 0 leads" in said
    assert "AUC" not in said


def test_rolling_back_takes_effect_and_says_what_serves(
    run: Run, settings: Settings, learned: list[Learned]
) -> None:
    with pytest.raises(CannotRollBack):
        run("rollback", "--reason", "nothing there")
    approve(learned[0], settings)
    approve(learned[1], settings, datetime(2026, 4, 1, tzinfo=UTC))
    said = run("rollback", "--reason", "fewer meetings")
    assert f"version {learned[0].version} serves in place of version {learned[1].version}" in said
    assert serving_scorer(settings).version == learned[0].version
    assert "the rubric serves" in run("rollback", "rubric", "--reason", "both bad")
    assert serving_scorer(settings).regime == "rubric"


def test_rolling_back_without_a_reason_is_not_done(run: Run) -> None:
    with pytest.raises(SystemExit):
        run("rollback")

"""A challenger stays until people have decided on it, unless a newer one is clearly better."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.scoring.learning import challenger, standing
from leadflow.scoring.learning.challenger import Learned, promotion
from leadflow.scoring.learning.opponents import Opponent
from leadflow.scoring.learning.standing import (
    NothingToDecide,
    Replaced,
    StandingChallenger,
    replaced_by,
    standing_challenger,
)
from leadflow.scoring.learning.trainings import last_training
from leadflow.scoring.monitoring.retraining import NothingAsked
from leadflow.scoring.serving.feature_frames import TrainingSet
from leadflow.settings import Settings, get_settings
from models.registry import Registry
from models.rubric import Rubric
from models.training import Training
from tests.deciders import settle
from tests.integration.registered_models import NOW, approve, trained
from tests.unit.models.made_up_leads import FEATURES, make

pytestmark = pytest.mark.uncounted


def found(settings: Settings) -> StandingChallenger | None:
    with unit_of_work() as session:
        return standing_challenger(session, settings)


def ask(learned: Learned, settings: Settings) -> str:
    with unit_of_work() as session:
        return approvals.propose(session, promotion(learned, settings), NOW).id


def test_a_challenger_stands_until_it_is_decided_on_or_serves(
    models: Registry, settings: Settings, learned: list[Learned]
) -> None:
    newest = learned[2]
    assert found(settings) == StandingChallenger(newest.version, None)
    asked = ask(newest, settings)
    assert found(settings) == StandingChallenger(newest.version, asked)
    with unit_of_work() as session:
        settle(session, asked, NOW, "reject")
    assert found(settings) is None
    again = ask(newest, settings)
    with unit_of_work() as session:
        settle(session, again, NOW)
    # Approved, and about to serve.
    assert found(settings) == StandingChallenger(newest.version, None)
    approve(newest, settings, NOW + timedelta(days=1))
    assert found(settings) is None
    # Whoever asks about an earlier version is not to lose that question either.
    other = ask(learned[0], settings)
    assert found(settings) == StandingChallenger(learned[0].version, other)


def test_one_that_is_not_clearly_better_leaves_the_challenger_and_its_question(
    models: Registry, settings: Settings, learned: list[Learned]
) -> None:
    with unit_of_work() as session, pytest.raises(NothingToDecide, match="in the shadow") as kept:
        replaced_by(session, trained(1), settings)
    assert kept.value.approval_id is None
    asked = ask(learned[2], settings)
    with unit_of_work() as session, pytest.raises(NothingToDecide, match="waits for") as kept:
        replaced_by(session, trained(1), settings)
    assert kept.value.approval_id == asked


def poor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands ranks like the rubric, which these leads say nothing to."""
    rubric = Opponent(Rubric.load(), "version 3", None)
    monkeypatch.setattr(standing, "opponent", lambda models, name: rubric)


def test_one_that_is_clearly_better_takes_its_place_and_the_question_says_so(
    models: Registry,
    settings: Settings,
    learned: list[Learned],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poor(monkeypatch)
    asked = ask(learned[2], settings)
    with unit_of_work() as session:
        place = replaced_by(session, trained(1), settings)
    assert place is not None
    assert place.was_asked
    assert f"waits for people (approval {asked}). On the same leads the new one is" in place.words
    leaking = trained_with_a_leak()
    with unit_of_work() as session, pytest.raises(NothingToDecide, match="free of leaks"):
        replaced_by(session, leaking, settings)


def trained_with_a_leak() -> Training:
    from models.leak import Leak

    leak = Leak("budget", "known after the outcome", "It came in late.", 0.9)
    return replace(trained(1), leaks=(leak,))


def test_night_after_night_a_training_moves_no_alias_and_voids_no_question(
    models: Registry,
    settings: Settings,
    learned: list[Learned],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tasks import learning

    leads = make(800, seed=9)
    data = TrainingSet(tuple(FEATURES), leads.frame, leads.labels, leads.moments, leads.labels)
    monkeypatch.setattr(challenger, "read_training_set", lambda *given: data)
    monkeypatch.setattr(challenger, "learn", lambda *given, **more: trained(1))
    monkeypatch.setattr(challenger, "known_late", lambda *given: [])
    monkeypatch.setattr(learning, "tell", lambda words: None)
    monkeypatch.setattr(get_settings(), "model_name", settings.model_name)
    asked = ask(learned[2], settings)
    for _ in range(3):
        ended = learning.learn_challenger.fn("Outcomes have come in")
        assert isinstance(ended, NothingAsked)
        assert ended.approval_id == asked
        assert len(ended.found) == 3
    assert models.alias_version("challenger") == learned[2].version
    with unit_of_work() as session:
        assert approvals.get(session, asked).status == "waiting"
        run = last_training(session, settings)
        assert run is not None
        assert (run.ended_as, run.version) == ("nothing_to_decide", None)


def test_what_cannot_be_told_yet_asks_nobody_unless_people_had_been_asked(
    store: Engine, settings: Settings
) -> None:
    from tasks.learning import propose_promotion

    lines = ("Learner: combination", "Ranking: AUC 0.8", "Leaks: none found")
    report = "# Proposed: reject for now. It cannot be told yet: 20 later leads are needed"
    kept = Learned("4", "run", "sha", report, {}, needed="20 later leads", found=lines)
    ended = propose_promotion.fn(kept)
    assert ended.approval_id is None
    assert len(ended.lines) == 6
    assert ended.lines[-1].endswith("leadflow models promote 4")

    def waiting() -> int:
        with unit_of_work() as session:
            return session.scalar(select(func.count()).select_from(Approval)) or 0

    assert waiting() == 0
    ended = propose_promotion.fn(replace(kept, replaces=Replaced("It takes …", was_asked=True)))
    assert ended.approval_id is not None
    assert waiting() == 1
    assert f"leadflow approvals decide {ended.approval_id} reject --as" in ended.lines[-1]


def test_a_question_that_voids_another_says_so(
    models: Registry, settings: Settings, learned: list[Learned], monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadflow.scoring.learning import versions

    leads = make(800, seed=9)
    data = TrainingSet(tuple(FEATURES), leads.frame, leads.labels, leads.moments, leads.labels)
    monkeypatch.setattr(versions, "read_training_set", lambda *given: data)
    monkeypatch.setattr(versions, "known_late", lambda *given: [])
    # These leads lack what the rubric looks at, so nothing is learned anew with it.
    monkeypatch.setattr("leadflow.scoring.learning.challenger_report.refit", lambda *given: None)
    asked = ask(learned[2], settings)
    with unit_of_work() as session:
        said = versions.restate(session, settings, learned[0].version, datetime.now(UTC))
    first, _, rest = said.report.partition("\n")
    assert first.startswith("# Proposed: ")
    about = f"the question about version {learned[2].version} (approval {asked}), which waits"
    assert about in rest

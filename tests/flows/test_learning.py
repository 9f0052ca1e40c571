"""Learn, wait for a person, serve: on the real Prefect, MLflow and PostgreSQL."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

import pytest
from prefect.client.orchestration import get_client
from sqlalchemy import Engine, func, select

from leadflow.approvals import codes
from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.assignment.tables import Assignment
from leadflow.database.engine import unit_of_work
from leadflow.integrations.prefect import PrefectClient, ResumeRefused
from leadflow.scoring.feature_sets.reading import find_set
from leadflow.scoring.learning import challenger as learning
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from leadflow.simulation.service import simulate
from leadflow.supervisor.child import Child
from tests.deciders import settle, somebody
from tests.gates import run_of, wait_for_state
from tests.servers import empty, forget_models

pytestmark = pytest.mark.servers


def status_of(approval_id: str) -> str:
    with unit_of_work() as session:
        return approvals.get(session, approval_id).status


def artifacts(key: str) -> list[str]:
    """What was shown under this key, the newest last."""
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        found = client.read_artifacts(artifact_filter=wanted)
    return [str(item.data) for item in sorted(found, key=lambda item: str(item.created))]


@pytest.fixture(scope="module")
def market(engine: Engine, prefect: Child) -> Iterator[Engine]:
    """A simulated market in the store for the whole of this file."""
    simulate(
        engine,
        get_settings(),
        seed=11,
        leads=1500,
        months=12.0,
        reps=6,
        now=datetime.now(UTC),
    )
    yield engine

    empty(engine)
    forget_models(get_settings())


@pytest.fixture(scope="module")
def proposed(market: Engine, working: Child) -> str:
    """The approval that a run of train_model asks for."""
    from flows.train_model import train_model

    ended = train_model()
    assert ended.approval_id is not None
    assert ended.words.startswith("Proposed: ")
    told = [line.partition(":")[0] for line in ended.lines]
    assert told[:4] == ["Learner", "Ranking", "Leaks", "Proposed"]
    assert len(told) == 6
    assert f"leadflow approvals decide {ended.approval_id} " in ended.lines[-1]
    return ended.approval_id


def test_before_anything_is_approved_the_rubric_scores(market: Engine) -> None:
    scorer = learning.serving_scorer(get_settings())
    assert scorer.regime == "rubric"


def test_training_leaves_a_challenger_a_report_with_plots_and_a_question(proposed: str) -> None:
    models = learning.registry(get_settings())
    challenger = models.challenger()
    assert challenger is not None
    assert models.champion() is None
    with unit_of_work() as session:
        kept = find_set(session, "latest", "training")
    run = models._client().get_run(challenger.run_id)
    assert [used.dataset.name for used in run.inputs.dataset_inputs] == [kept.id]
    assert run.data.tags["feature_set"] == kept.id
    report = artifacts("training-report")[-1]
    assert report.startswith("# Proposed: ")
    assert "expert rubric" in report
    assert "would change level" in report
    with unit_of_work() as session:
        approval = approvals.get(session, proposed)
    assert approval.description in report
    assert approval.payload["must_acknowledge"] == []
    assert report.count("data:image/png;base64") == 5
    assert status_of(proposed) == "waiting"


def answer(approver: str, code: str, **more: str) -> dict[str, str]:
    """The form of a gate, filled in."""
    said = {"decision": "approve", "approver": approver, "code": code, "reason": "better"}
    return said | more


def code_for(approval_id: str, username: str, role: str) -> str:
    """A one-time code of the person of this name."""
    with unit_of_work() as session:
        person, approval = somebody(session, username, role), approvals.get(session, approval_id)
        return codes.issue_code(session, approval, person, datetime.now(UTC), 30)


def test_an_incomplete_answer_and_the_first_of_two_levels_leave_the_gate_waiting(
    proposed: str,
) -> None:
    client, run_id = PrefectClient(get_settings()), run_of(proposed)
    wait_for_state(run_id, "Suspended")
    with pytest.raises(ResumeRefused):
        client.resume(run_id, answer("scientist", "AAAA-AAAA", decision="perhaps"))
    with pytest.raises(ResumeRefused):
        client.resume(run_id, {"decision": "approve"})
    assert learning.registry(get_settings()).champion() is None
    client.resume(run_id, answer("scientist", code_for(proposed, "scientist", "data_scientist")))
    time.sleep(1)
    wait_for_state(run_id, "Suspended")
    assert status_of(proposed) == "waiting"
    client.resume(run_id, answer("manager", code_for(proposed, "manager", "sales_manager")))
    wait_for_state(run_id, "Completed")
    assert status_of(proposed) == "approved"
    models = learning.registry(get_settings())
    assert models.champion() is not None
    assert models.champion() == models.challenger()


def test_everyone_is_scored_by_the_champion_and_the_best_are_handed_over(proposed: str) -> None:
    from flows.assign_leads import assign_leads
    from flows.score_leads import score_leads

    assert score_leads() == 1500
    assert score_leads() == 0
    assert score_leads(everything=True) == 1500
    with unit_of_work() as session:
        current = session.scalars(select(LeadScore).where(LeadScore.is_current)).all()
        everything = session.scalar(select(func.count()).select_from(LeadScore))
    assert (len(current), everything) == (1500, 3000)
    [regime] = {score.regime for score in current}
    assert regime in ("blend", "model")
    for score in current[:50]:
        assert score.points == pytest.approx(50 + sum(score.contributions.values()), abs=1e-6)
        assert score.probability_low <= score.probability <= score.probability_high
    count = assign_leads()
    assert count > 0
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(Assignment)) == count
    assert '"level": "cold"' in artifacts("scored-leads")[-1]
    assert "Knows" in artifacts("assigned-leads")[-1] or "Covers" in artifacts("assigned-leads")[-1]


@pytest.mark.long
def test_what_is_learned_again_from_the_same_leads_is_nothing_to_decide(
    proposed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.train_model import train_model
    from leadflow.observability.progress import watching

    models = learning.registry(get_settings())
    champion = models.champion()
    assert champion is not None
    # As of the same moment: a lead whose horizon has passed since would be one more to learn from.
    learned_at = models.record(champion).learned_at

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return learned_at

    monkeypatch.setattr("tasks.learning.datetime", Then)
    said: list[str] = []
    with watching(said.append):
        ended = train_model()
    assert ended.approval_id is None
    assert f"champion version {champion.version}, which serves" in ended.words
    assert models.challenger() == champion
    assert [facts.version for facts in models.facts()] == [champion]
    assert artifacts("training-report")[-1].startswith("# Nothing to decide")
    assert status_of(proposed) == "approved"
    assert any(line.startswith("Trying kind 1 of ") for line in said)
    assert len(said) >= 8


def test_a_score_as_of_the_past_joins_the_history_without_becoming_current(proposed: str) -> None:
    from flows.score_leads import score_leads

    score_leads(as_of=datetime(2026, 1, 1, tzinfo=UTC))
    with unit_of_work() as session:
        as_of = session.scalars(select(LeadScore.as_of).where(LeadScore.is_current)).all()
    assert len(as_of) == 1500
    assert min(as_of) > datetime(2026, 1, 2, tzinfo=UTC)


def test_a_gate_decided_elsewhere_ends_its_waiting_run(proposed: str) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        payload = {"version": "9", "sha256": "x"}
        question = Proposal(
            "model_promotion", "x/9", "promote_model", payload, "# Why", "train_model"
        )
        approval_id = approvals.propose(session, question, now).id
    run_id = run_of(approval_id)
    wait_for_state(run_id, "Suspended")
    with unit_of_work() as session:
        settle(session, approval_id, now, "reject")
    wait_for_state(run_id, "Completed")


@pytest.mark.long
def test_a_leak_keeps_the_gate_shut_until_it_is_accepted_by_name(proposed: str) -> None:
    payload = {"version": "9", "sha256": "x", "must_acknowledge": ["attributes.stage"]}
    question = Proposal(
        "model_promotion", "x/9", "forget_reasons", payload, "# Leaks", "train_model"
    )
    with unit_of_work() as session:
        approval_id = approvals.propose(session, question, datetime.now(UTC)).id
    client, run_id = PrefectClient(get_settings()), run_of(approval_id)
    wait_for_state(run_id, "Suspended")
    with unit_of_work() as session:
        person = somebody(session, "scientist", "data_scientist")
        now, accept = datetime.now(UTC), "I accept attributes.stage: known at once"
        approvals.decide(session, approval_id, "approve", person, accept, now, "api")
    client.resume(run_id, answer("manager", code_for(approval_id, "manager", "sales_manager")))
    time.sleep(1)
    wait_for_state(run_id, "Suspended")
    assert status_of(approval_id) == "waiting"
    code = code_for(approval_id, "manager", "sales_manager")
    client.resume(run_id, answer("manager", code, reason=accept))
    wait_for_state(run_id, "Completed")
    assert status_of(approval_id) == "approved"


def test_a_model_whose_files_were_altered_is_refused(proposed: str) -> None:
    from models.registry import ModelAltered
    from models.scorecard_files import fingerprint

    models = learning.registry(get_settings())
    champion = models.champion()
    assert champion is not None
    files = (get_settings().home / "mlartifacts").rglob("model.json")
    file = next(path for path in files if fingerprint(path.parent) == champion.sha256)
    content = file.read_text()
    try:
        file.write_text(content.replace('"slope": ', '"slope": 1'))
        with pytest.raises(ModelAltered, match="Train again"):
            models.load(champion)
    finally:
        file.write_text(content)
    assert models.load(champion).version == champion.version

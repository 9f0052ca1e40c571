"""The quality report weighs what was judged to all decisions, and says what came of the leads."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from leadflow.leads.tables import Outcome
from leadflow.quality import actions, flags, reviews
from leadflow.quality.report import quality_report
from leadflow.quality.schemas import ActionIn, KindReportOut, QualityReport
from leadflow.quality.tables import QualityItem
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from tests.integration.test_quality import DAY, NOON, NOW, draw, judge, level_of, put_lead, waiting

pytestmark = pytest.mark.uncounted

AFTER = NOON + timedelta(days=100)


def report(session: Session, now: object = AFTER) -> QualityReport:
    return quality_report(session, DAY, DAY, get_settings(), now)  # type: ignore[arg-type]


def of_scores(session: Session) -> KindReportOut:
    [found] = [kind for kind in report(session).kinds if kind.decision_kind == "score"]
    return found


def test_before_anything_was_judged_the_report_says_so(session: Session) -> None:
    found = report(session)
    assert [kind.decision_kind for kind in found.kinds] == ["assignment", "score"]
    for kind in found.kinds:
        assert (kind.population, kind.drawn, kind.judged, kind.agreed) == (0, 0, 0, None)
        assert "none was judged" in kind.finding
    assert found.flags.leads == 0


def test_agreement_is_weighted_to_all_decisions(session: Session) -> None:
    """Ten unsure scores of a hundred, half of the sample: people disagree with all of those."""
    ids = [put_lead(session) for _ in range(100)]
    session.execute(
        update(LeadScore).where(LeadScore.lead_id.in_(ids[10:])).values(confidence="high")
    )
    draw(session, quality_daily_scores=20)
    for item in waiting(session):
        stored = session.get_one(QualityItem, item.id)
        machine = level_of(session, item.id)
        other = "hot" if machine != "hot" else "warm"
        judge(session, item.id, "ana", other if "low conf" in stored.stratum else machine)
    found = of_scores(session)
    assert (found.population, found.drawn, found.judged, found.waiting) == (100, 20, 20, 0)
    assert found.agreed is not None
    assert found.agreed.value == pytest.approx(0.9)
    assert found.agreed.low < 0.9 < found.agreed.high
    unsure, sure = sorted(found.strata, key=lambda part: part.population)
    assert (unsure.population, sure.population) == (10, 90)
    assert unsure.agreed is not None
    assert sure.agreed is not None
    assert (unsure.agreed.value, sure.agreed.value) == (0.0, 1.0)
    assert unsure.judged / 20 > 0.2  # many more than a tenth: plainly counted, the report would lie
    assert found.finding.startswith("People agree with 90% of scores")
    assert sum(found.severities.values()) == 20


def test_two_reviewers_are_compared_and_disputes_count_once_they_are_settled(
    session: Session,
) -> None:
    for _ in range(4):
        put_lead(session)
    draw(session, quality_second_share=1.0)
    items = waiting(session)
    for number, item in enumerate(items):
        judge(session, item.id, "ana", "hot" if number % 2 else "cold")
        judge(session, item.id, "ben", "warm" if number == 3 else ("hot" if number % 2 else "cold"))
    found = of_scores(session)
    assert found.kappa is not None
    assert (found.kappa.pairs, found.kappa.agreed) == (4, 0.75)
    # Chance: cold 1/2 · 1/2 + hot 1/2 · 1/4 = 3/8, so (3/4 − 3/8) / (1 − 3/8).
    assert found.kappa.kappa == pytest.approx(0.6)
    assert (found.judged, found.disputed) == (3, 1)
    reviews.settle(session, items[3].id, "cid", "disagree", NOW)
    found = of_scores(session)
    assert (found.judged, found.disputed) == (4, 0)


def test_what_came_of_the_leads_stands_beside_what_people_and_the_machine_said(
    session: Session,
) -> None:
    ids = [put_lead(session) for _ in range(6)]
    session.execute(update(LeadScore).values(level="cold"))
    session.expire_all()
    draw(session)
    lead_of = {item.id: item.lead_id for item in session.scalars(select(QualityItem))}
    for item in waiting(session):
        judge(session, item.id, "ana", "hot" if lead_of[item.id] in ids[:2] else "cold")
    ends = {
        ids[0]: ("converted", 20),
        ids[1]: ("converted", 95),  # too late: the horizon is 90 days
        ids[2]: ("lost", 5),
        ids[3]: ("converted", -1),  # before the decision: it tells nothing
    }
    for lead_id, (outcome, days) in ends.items():
        at = NOON + timedelta(days=days)
        session.add(Outcome(lead_id=lead_id, outcome=outcome, occurred_at=at, source="test"))
    session.flush()
    found = of_scores(session).outcomes
    assert (found.judged, found.open) == (5, 0)
    people = {row.category: (row.converted, row.leads) for row in found.by_reviewer}
    machine = {row.category: (row.converted, row.leads) for row in found.by_machine}
    assert people == {"hot": (1, 2), "cold": (0, 3)}
    assert machine == {"cold": (1, 5)}
    hot = found.by_reviewer[0]
    assert hot.category == "hot"
    assert hot.share.low < hot.share.value == 0.5 < hot.share.high
    early = report(session, NOON + timedelta(days=30))
    [scores] = [kind for kind in early.kinds if kind.decision_kind == "score"]
    assert (scores.outcomes.judged, scores.outcomes.open) == (2, 3)


def test_open_actions_and_flags_are_in_the_report(session: Session) -> None:
    ids = [put_lead(session) for _ in range(3)]
    flags.flag(session, ids[0], "bad data", "ana", NOW)
    flags.flag(session, ids[1], "bad data", "ana", NOW)
    flags.flag(session, ids[2], "wrong outcome", "ana", NOW)
    flags.unflag(session, ids[1], "ana", NOW)
    said = ActionIn(decision_kind="score", what="Retrain", owner="ana", due_at=NOW)
    first = actions.open_action(session, said, "ben", NOW)
    second = actions.open_action(session, said, "ben", NOW)
    actions.close_action(session, first.id, "ana", NOW)
    found = report(session)
    assert found.flags.model_dump() == {
        "leads": 2,
        "by_reason": {"bad data": 1, "wrong outcome": 1},
    }
    assert [action.id for action in of_scores(session).actions] == [second.id]
    assert QualityReport.model_validate_json(found.model_dump_json()) == found

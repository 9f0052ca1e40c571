"""People judge a sample of what the machine decided, blind, and flag what none may learn from."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import Engine, func, literal, select, update
from sqlalchemy.orm import Session

from leadflow.assignment.routing import sweep
from leadflow.assignment.tables import AssignmentDecision
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.audit.tables import AuditEntry
from leadflow.database.engine import unit_of_work
from leadflow.leads.service import LeadNotFound
from leadflow.leads.tables import Lead, LeadEvent, Outcome
from leadflow.paging.keyset import EVERYTHING
from leadflow.quality import actions, errors, flags, reviews, service
from leadflow.quality.candidates import bounds_of, candidates
from leadflow.quality.report import quality_report
from leadflow.quality.review_kinds import (
    KINDS,
    Compared,
    JudgementInvalid,
    ReviewedDecision,
    ReviewKind,
    UnknownReviewKind,
    kind_of,
)
from leadflow.quality.schemas import ActionIn, ItemOut
from leadflow.quality.tables import QualityAction, QualityItem, QualityReview, QualitySample
from leadflow.scoring.learning.learnable import learnable
from leadflow.scoring.serving.feature_frames import read_training_set
from leadflow.scoring.serving.score import score_lead
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings, get_settings
from models.rubric import Rubric

pytestmark = pytest.mark.uncounted

DAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
HORIZON = timedelta(days=90)
TEAM = """
reps:
  - {id: ann, name: Ann Alder, capacity: 4, skills: {crm integration: 4}}
  - {id: bob, name: Bob Birch, capacity: 9, skills: {sales training: 2}}
  - {id: gus, name: Gus Gale, capacity: 9, active: false}
"""


def put_lead(session: Session, at: datetime = NOON, size: int = 100, **more: Any) -> str:
    lead = Lead(
        source="test",
        created_at=at - timedelta(days=2),
        known_from=at - timedelta(days=2),
        company_size=size,
        first_name="Ada",
        last_name="Lovelace",
        email="ada@example.com",
        email_index=f"i{datetime.now(UTC).timestamp()}",
        **more,
    )
    session.add(lead)
    session.flush()
    score_lead(session, Rubric.load(), lead.id, at, get_settings())
    return lead.id


def settings_with(**more: Any) -> Settings:
    return get_settings().model_copy(update={"quality_second_share": 0.0, **more})


def draw(session: Session, day: date = DAY, now: datetime = NOW, **more: Any) -> Sequence[Any]:
    return service.draw_sample(session, day, settings_with(**more), now)


def waiting(session: Session, who: str = "ana", kind: str = "score") -> list[ItemOut]:
    found = reviews.waiting_for(session, who, NOW, EVERYTHING).items
    return [item for item in found if item.decision_kind == kind]


def level_of(session: Session, item_id: str) -> str:
    return str(session.get_one(QualityItem, item_id).answer["level"])


def judge(session: Session, item_id: str, who: str, level: str, now: datetime = NOW) -> Any:
    return reviews.judge(session, item_id, who, {"level": level}, "", now)


def hand_out(session: Session, folder: Path, leads: int = 6) -> None:
    (folder / "team.yaml").write_text(TEAM)
    store_team(session, load_team(folder / "team.yaml"))
    for size in range(leads):
        lead_id = put_lead(session, size=50 + size)
        score = session.scalars(select(LeadScore).where(LeadScore.lead_id == lead_id)).one()
        score.total_score, score.level = 80.0, "hot"
    session.flush()
    assert sweep.sweep(session, get_settings(), None, NOON).assigned == leads


# Drawing


def test_days_that_were_missed_are_drawn_later_a_week_at_most(session: Session) -> None:
    def days(now: datetime) -> list[tuple[date, bool]]:
        drawn = service.draw_missing(session, get_settings(), now)
        return [(made.day, made.new) for made in drawn if made.decision_kind == "score"]

    before = NOW.date() - timedelta(days=1)
    assert days(NOW) == [(before, True)]
    assert days(NOW) == [(before, False)]
    assert days(NOW + timedelta(days=3)) == [(before + timedelta(days=n), True) for n in (1, 2, 3)]
    month = NOW + timedelta(days=30)
    assert [day for day, _ in days(month)] == [
        month.date() - timedelta(days=n) for n in range(7, 0, -1)
    ]


def test_a_day_is_drawn_once_however_often_and_by_whomever(store: Engine) -> None:
    with unit_of_work() as session:
        for _ in range(30):
            put_lead(session)

    def one(_: int) -> list[bool]:
        with unit_of_work() as session:
            return [made.new for made in draw(session)]

    with ThreadPoolExecutor(4) as pool:
        new = [flag for made in pool.map(one, range(4)) for flag in made]
    assert sum(new) == 2  # one of scores, one of assignments
    with unit_of_work() as session:
        sample = session.scalars(
            select(QualitySample).where(QualitySample.decision_kind == "score")
        ).one()
        assert (sample.population, sample.size) == (30, 20)
        assert session.scalar(select(func.count()).select_from(QualityItem)) == 20
        assert session.scalars(select(AuditEntry.action)).all() == ["quality.sampled"] * 2


def test_a_day_that_is_not_over_is_not_drawn(session: Session) -> None:
    with pytest.raises(errors.DayNotOver, match="Draw it tomorrow"):
        draw(session, now=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    assert session.scalars(select(QualitySample)).all() == []


def test_only_decisions_of_the_day_are_drawn(session: Session) -> None:
    start, end = bounds_of(DAY)
    for at in (start - timedelta(microseconds=1), start, end - timedelta(microseconds=1), end):
        put_lead(session, at)
    made = {sample.decision_kind: sample for sample in draw(session)}
    assert (made["score"].population, made["score"].size) == (2, 2)
    found = set(session.scalars(select(QualityItem.decided_at)))
    assert found == {start, end - timedelta(microseconds=1)}


@pytest.mark.long
def test_the_seed_that_is_kept_draws_the_same_sample_again(session: Session) -> None:
    for size in range(60):
        put_lead(session, size=size)
    draw(session, quality_daily_scores=9)
    sample = session.scalars(
        select(QualitySample).where(QualitySample.decision_kind == "score")
    ).one()
    kept = {
        (item.subject_id, item.inclusion_probability)
        for item in session.scalars(select(QualityItem))
    }
    from leadflow.quality.sampling import draw as draw_again

    found = candidates(session, kind_of("score"), DAY, sample.seed, 9)
    again = draw_again(found, 9, 0.0, sample.seed)
    assert {(item.subject_id, item.inclusion_probability) for item in again} == kept
    other = draw_again(candidates(session, kind_of("score"), DAY, "other", 9), 9, 0.0, "other")
    assert {item.subject_id for item in other} != {item.subject_id for item in again}


@pytest.mark.long
def test_what_is_unsure_or_worth_much_is_likelier_drawn_and_the_weights_say_so(
    session: Session,
) -> None:
    ids = [put_lead(session, budget_minor=100, budget_currency="USD") for _ in range(100)]
    rich = ids[:10]
    session.execute(update(Lead).where(Lead.id.in_(rich)).values(budget_minor=100_000))
    sure = update(LeadScore).where(LeadScore.lead_id.in_(ids[5:]))
    session.execute(sure.values(confidence="high"))
    draw(session, quality_daily_scores=20)
    items = session.scalars(select(QualityItem)).all()
    by_stratum: dict[str, list[QualityItem]] = {}
    for item in items:
        by_stratum.setdefault(item.stratum, []).append(item)
    assert {
        name: round(1 / some[0].inclusion_probability * len(some))
        for name, some in by_stratum.items()
    } == {
        "low confidence, high value": 5,
        "high confidence, high value": 5,
        "high confidence, low value": 90,
    }
    chance = {name: some[0].inclusion_probability for name, some in by_stratum.items()}
    assert chance["low confidence, high value"] > chance["high confidence, low value"]
    assert chance["high confidence, high value"] > chance["high confidence, low value"]
    assert sum(1 / item.inclusion_probability for item in items) == pytest.approx(100)


def test_budgets_of_different_currencies_are_held_against_their_own(session: Session) -> None:
    for currency, usual in (("USD", 1_000), ("JPY", 150_000)):
        for times in (1, 1, 1, 1, 50):
            put_lead(session, budget_minor=usual * times, budget_currency=currency)
    draw(session, quality_daily_scores=10)
    found = session.execute(
        select(Lead.budget_currency, QualityItem.stratum).join(
            QualityItem, QualityItem.lead_id == Lead.id
        )
    ).all()
    high = [currency for currency, stratum in found if "high value" in stratum]
    assert sorted(high) == ["JPY", "USD"]


def test_a_close_call_between_salespeople_counts_as_unsure(
    session: Session, tmp_path: Path
) -> None:
    hand_out(session, tmp_path, 6)
    made = session.scalars(select(AssignmentDecision).order_by(AssignmentDecision.id)).all()
    cases = {
        "close": [0.50, 0.49, 0.1],
        "fair": [0.50, 0.42, -3.0],
        "clear": [0.1, 12_345.678, 0.5],
        "alone": [0.5],
        "nobody": [],
        "below nil": [-2.0, -1.0],
    }
    for decision, totals in zip(made, cases.values(), strict=True):
        decision.totals = totals
        if not totals:
            decision.rep_id = None
    session.flush()
    start, end = bounds_of(DAY)
    rows = session.execute(kind_of("assignment").population(start, end)).all()
    found = {row.subject_id: row.confidence for row in rows}
    said = dict(zip(cases, (found[decision.id] for decision in made), strict=True))
    assert said == {
        "close": "low",
        "fair": "medium",
        "clear": "high",
        "alone": "high",
        "nobody": "low",
        "below nil": "high",
    }


# Blindness


def test_nothing_of_the_machine_s_answer_is_in_what_a_reviewer_sees(session: Session) -> None:
    ids = [put_lead(session) for _ in range(2)]
    score = session.scalars(select(LeadScore).where(LeadScore.lead_id == ids[0])).one()
    score.level, score.total_score, score.probability = "hot", 98.7, 0.9876
    score.confidence, score.reason_texts = "high", ["A reason"] * len(score.reason_texts)
    session.flush()
    draw(session)
    items = waiting(session)
    assert len(items) == 2
    # The same facts are shown of both, though the machine made opposite things of them.
    assert items[0].shown == items[1].shown
    assert set(items[0].model_dump()) == {
        "id",
        "decision_kind",
        "decided_at",
        "shown",
        "due_at",
        "overdue",
    }
    said = " ".join(item.model_dump_json() for item in items)
    for word in ("98.7", "0.9876", "A reason", "probability", "stratum", "ai_score", *ids):
        assert word not in said
    for word in ("Ada", "Lovelace", "ada@example.com"):
        assert word not in said
    assert "Company of 100 people" in said


def test_facts_are_those_of_the_moment_of_the_decision(session: Session) -> None:
    lead_id = put_lead(session)
    lead = session.get_one(Lead, lead_id)
    lead.company_size, lead.known_from = 7, NOON + timedelta(hours=1)
    late = NOON + timedelta(minutes=1)
    session.add(
        LeadEvent(
            lead_id=lead_id, type="pricing_view", occurred_at=late, known_at=late, source="test"
        )
    )
    session.flush()
    draw(session)
    [item] = waiting(session)
    facts = {fact["feature"]: fact["value"] for fact in item.shown["facts"]}
    assert (facts["company_size"], facts["pricing_views"]) == (100.0, 0.0)
    assert item.decided_at == NOON


def test_a_lead_scored_twice_a_day_is_shown_as_it_was_each_time(session: Session) -> None:
    lead_id = put_lead(session)
    later = NOON + timedelta(hours=3)
    session.add(
        LeadEvent(
            lead_id=lead_id, type="pricing_view", occurred_at=later, known_at=later, source="test"
        )
    )
    session.flush()
    score_lead(session, Rubric.load(), lead_id, later, get_settings())
    draw(session)
    views = {
        item.decided_at: fact["value"]
        for item in waiting(session)
        for fact in item.shown["facts"]
        if fact["feature"] == "pricing_views"
    }
    assert views == {NOON: 0.0, later: 1.0}


def test_of_an_assignment_people_are_shown_and_not_the_choice(
    session: Session, tmp_path: Path
) -> None:
    hand_out(session, tmp_path)
    draw(session)
    items = waiting(session, kind="assignment")
    assert len(items) == 6
    chosen = {item.id: session.get_one(QualityItem, item.id).answer["rep_id"] for item in items}
    assert len(set(chosen.values())) == 2
    # Everybody could have had the first leads: the same people are shown, in the same order.
    pools = {str(item.shown["candidates"]) for item in items if len(item.shown["candidates"]) == 2}
    assert len(pools) == 1
    for item in items:
        people = [person["rep_id"] for person in item.shown["candidates"]]
        assert people == sorted(people)
        said = item.model_dump_json()
        for word in ("total", "reason", "chosen", "strategy", "Alder", "Birch"):
            assert word not in said
    [out] = {person["why"] for person in items[0].shown["excluded"]}
    assert out == "is not active"


# Judging


def test_the_machine_s_answer_is_revealed_once_it_is_judged(session: Session) -> None:
    lead_id = put_lead(session)
    draw(session)
    [item] = waiting(session)
    machine = level_of(session, item.id)
    made = judge(session, item.id, "ana", machine)
    assert (made.verdict, made.severity, made.status) == ("agree", "none", "reviewed")
    assert (made.answer["level"], made.lead_id) == (machine, lead_id)
    assert made.answer["reasons"]
    assert waiting(session) == []
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert entry is not None
    assert (entry.actor, entry.action, entry.subject) == ("ana", "quality.judged", item.id)


@pytest.mark.parametrize(
    ("machine", "person", "severity"),
    [
        ("hot", "hot", "none"),
        ("hot", "warm", "minor"),
        ("unqualified", "warm", "major"),
        ("unqualified", "hot", "critical"),
    ],
)
def test_how_far_levels_are_apart_is_how_severe_it_is(
    session: Session, machine: str, person: str, severity: str
) -> None:
    put_lead(session)
    session.execute(update(LeadScore).values(level=machine))
    session.expire_all()
    draw(session)
    made = judge(session, waiting(session)[0].id, "ana", person)
    assert made.severity == severity
    assert made.verdict == ("agree" if severity == "none" else "disagree")


def test_of_an_assignment_several_may_be_right_and_the_pool_may_be_wrong(
    session: Session, tmp_path: Path
) -> None:
    hand_out(session, tmp_path)
    draw(session)
    items = [i for i in waiting(session, kind="assignment") if len(i.shown["candidates"]) == 2]
    both = [person["rep_id"] for person in items[0].shown["candidates"]]

    def verdict(place: int, said: dict[str, Any]) -> tuple[str, str]:
        made = reviews.judge(session, items[place].id, "ana", said, "", NOW)
        return made.verdict, made.severity

    chosen = session.get_one(QualityItem, items[1].id).answer["rep_id"]
    [other] = set(both) - {chosen}
    assert verdict(0, {"right": both}) == ("agree", "none")
    assert verdict(1, {"right": [other]}) == ("disagree", "minor")
    assert verdict(2, {"right": []}) == ("disagree", "major")
    assert verdict(3, {"right": both, "pool": "wrong"}) == ("disagree", "major")


@pytest.mark.parametrize(
    "said", [{}, {"level": "lukewarm"}, {"level": "hot", "more": 1}, {"right": []}]
)
def test_what_is_no_answer_is_refused_and_reveals_nothing(
    session: Session, said: dict[str, Any]
) -> None:
    put_lead(session)
    draw(session)
    [item] = waiting(session)
    with pytest.raises(JudgementInvalid, match="Correct the judgement"):
        reviews.judge(session, item.id, "ana", said, "", NOW)
    assert session.scalars(select(QualityReview)).all() == []
    assert waiting(session) == [item]


def test_somebody_who_was_not_in_the_team_cannot_be_right(session: Session, tmp_path: Path) -> None:
    hand_out(session, tmp_path, 1)
    draw(session)
    [item] = waiting(session, kind="assignment")
    with pytest.raises(JudgementInvalid, match="not among the salespeople"):
        reviews.judge(session, item.id, "ana", {"right": ["rep_x"]}, "", NOW)


def test_nobody_judges_an_item_twice_or_one_that_others_have_judged(session: Session) -> None:
    put_lead(session)
    draw(session)
    [item] = waiting(session)
    judge(session, item.id, "ana", "hot")
    with pytest.raises(errors.AlreadyReviewed, match="next one"):
        judge(session, item.id, " ana ", "warm")
    with pytest.raises(errors.NotYourItem, match="Others have judged"):
        judge(session, item.id, "ben", "warm")
    with pytest.raises(errors.NotYourItem, match="who you are"):
        judge(session, item.id, "  ", "warm")
    with pytest.raises(errors.QualityItemNotFound):
        judge(session, "review_x", "ana", "warm")


def test_ten_reviewers_at_once_leave_one_judgement(store: Engine) -> None:
    with unit_of_work() as session:
        put_lead(session)
        draw(session)
        [item] = waiting(session)

    def one(number: int) -> bool:
        try:
            with unit_of_work() as session:
                judge(session, item.id, f"reviewer {number}", "hot")
        except errors.NotYourItem:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(10))) == 1
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(QualityReview)) == 1


def test_the_oldest_comes_first_and_what_is_late_is_marked(session: Session) -> None:
    for days in (2, 1, 0):
        put_lead(session, NOON - timedelta(days=days))
        draw(session, DAY - timedelta(days=days), NOW - timedelta(days=days))
    for at, late in ((NOW, 0), (NOW + timedelta(hours=25), 1), (NOW + timedelta(hours=49), 2)):
        found = reviews.waiting_for(session, "ana", at).items
        assert [item.decided_at for item in found] == [NOON - timedelta(days=d) for d in (2, 1, 0)]
        assert [item.overdue for item in found] == [True] * late + [False] * (3 - late)


# Two reviewers


def test_a_second_reviewer_is_somebody_else_who_sees_nothing_of_the_first(
    session: Session,
) -> None:
    put_lead(session)
    draw(session, quality_second_share=1.0)
    [item] = waiting(session)
    made = judge(session, item.id, "ana", level_of(session, item.id))
    assert made.status == "waiting"
    assert waiting(session, "ana") == []
    assert waiting(session, "ben") == [item]
    again = judge(session, item.id, "ben", level_of(session, item.id))
    assert again.status == "reviewed"
    with pytest.raises(errors.NotYourItem):
        judge(session, item.id, "cid", "hot")


def test_two_who_differ_are_settled_by_a_third(session: Session) -> None:
    put_lead(session)
    draw(session, quality_second_share=1.0)
    [item] = waiting(session)
    judge(session, item.id, "ana", "hot")
    made = judge(session, item.id, "ben", "unqualified", NOW + timedelta(minutes=1))
    assert made.status == "disputed"
    assert waiting(session, "cid") == []
    assert reviews.disputed(session, "ana", NOW).items == []
    [dispute] = reviews.disputed(session, "cid", NOW).items
    assert [(one.reviewer, one.judgement) for one in dispute.reviews] == [
        ("ana", {"level": "hot"}),
        ("ben", {"level": "unqualified"}),
    ]
    for reviewer in ("ana", "ben"):
        with pytest.raises(errors.NotYourItem, match="Somebody else"):
            reviews.settle(session, item.id, reviewer, "agree", NOW)
    settled = reviews.settle(session, item.id, "cid", "disagree", NOW)
    assert (settled.status, settled.settled_by) == ("settled", "cid")
    with pytest.raises(errors.NotDisputed, match="it is settled"):
        reviews.settle(session, item.id, "dot", "agree", NOW)


# What follows


def put_ended(session: Session) -> list[str]:
    ids = [put_lead(session) for _ in range(8)]
    for number, lead_id in enumerate(ids):
        outcome = ("converted", "lost")[number % 2]
        at = NOON + timedelta(days=60)
        session.add(Outcome(lead_id=lead_id, outcome=outcome, occurred_at=at, source="test"))
    session.flush()
    return ids


def test_no_training_sees_a_flagged_lead_until_the_flag_is_lifted(session: Session) -> None:
    ids = put_ended(session)
    then = NOON + timedelta(days=200)
    assert set(read_training_set(session, then, HORIZON).frame.index) == set(ids)
    flags.flag(session, ids[0], "wrong outcome", "ana", then - timedelta(days=1))
    found = read_training_set(session, then, HORIZON)
    assert set(found.frame.index) == set(ids[1:])
    assert len(found.converted) == len(found.moments) == 7
    assert learnable(session, then, HORIZON) == (7, 3)
    flags.unflag(session, ids[0], "ben", then + timedelta(days=1))
    assert len(read_training_set(session, then + timedelta(days=2), HORIZON).frame) == 8
    # What was learned while it was flagged can be read again.
    assert len(read_training_set(session, then, HORIZON).frame) == 7
    assert len(read_training_set(session, then - timedelta(days=2), HORIZON).frame) == 8


def test_a_lead_is_flagged_once_and_audited_without_the_reason(session: Session) -> None:
    lead_id = put_lead(session)
    flags.flag(session, lead_id, "bad data", "ana", NOW)
    with pytest.raises(errors.AlreadyFlagged):
        flags.flag(session, lead_id, "bad data", "ana", NOW)
    flags.unflag(session, lead_id, "ana", NOW)
    with pytest.raises(errors.NotFlagged):
        flags.unflag(session, lead_id, "ana", NOW)
    flags.flag(session, lead_id, "wrong outcome", "ana", NOW)
    with pytest.raises(LeadNotFound):
        flags.flag(session, "lead_x", "bad data", "ana", NOW)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()
    assert [entry.action for entry in entries] == [
        "quality.flagged",
        "quality.unflagged",
        "quality.flagged",
    ]
    assert "bad data" not in str([list(vars(entry).values()) for entry in entries])


def test_a_corrective_action_is_open_until_somebody_closes_it(session: Session) -> None:
    put_lead(session)
    draw(session)
    [item] = waiting(session)
    said = ActionIn(decision_kind="score", what="Retrain", owner="ana", due_at=NOW, item_id=item.id)
    made = actions.open_action(session, said, "ben", NOW)
    assert [action.id for action in actions.open_actions(session, "score")] == [made.id]
    assert actions.open_actions(session, "assignment") == []
    actions.close_action(session, made.id, "ana", NOW)
    assert actions.open_actions(session) == []
    with pytest.raises(errors.ActionClosed):
        actions.close_action(session, made.id, "ana", NOW)
    with pytest.raises(errors.ActionNotFound):
        actions.close_action(session, "action_x", "ana", NOW)
    with pytest.raises(UnknownReviewKind, match="assignment, score"):
        actions.open_action(session, said.model_copy(update={"decision_kind": "x"}), "ben", NOW)
    with pytest.raises(errors.QualityItemNotFound):
        actions.open_action(
            session, said.model_copy(update={"decision_kind": "assignment"}), "ben", NOW
        )


def test_an_erased_lead_takes_its_items_along_and_leaves_the_action(session: Session) -> None:
    lead_id = put_lead(session)
    draw(session)
    [item] = waiting(session)
    judge(session, item.id, "ana", "hot")
    said = ActionIn(decision_kind="score", what="Look", owner="a", due_at=NOW, item_id=item.id)
    actions.open_action(session, said, "ben", NOW)
    flags.flag(session, lead_id, "bad data", "ana", NOW)
    session.delete(session.get_one(Lead, lead_id))
    session.flush()
    session.expire_all()
    assert session.scalars(select(QualityReview)).all() == []
    assert session.scalars(select(QualityAction.item_id)).all() == [None]


def test_a_third_kind_of_decision_needs_nothing_but_its_own_file(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fit(BaseModel):
        fits: bool

    def population(start: datetime, end: datetime) -> Any:
        message = literal("message of ") + Lead.id
        return select(
            message.label("subject_id"),
            Lead.id.label("lead_id"),
            literal("low").label("confidence"),
            literal(0.5).label("chance"),
        ).where(Lead.created_at >= start - timedelta(days=2), Lead.created_at < end)

    messages = ReviewKind(
        name="message",
        plural="messages",
        size=lambda settings: 3,
        population=population,
        read=lambda session, ids, now: {
            one: ReviewedDecision(NOON, {"text": "Dear customer"}, {"sent": True}) for one in ids
        },
        judgement=Fit,
        check=lambda said, shown: None,
        compare=lambda said, answer: (
            Compared("fits", "agree", "none") if said.fits else Compared("no", "disagree", "minor")
        ),
    )
    monkeypatch.setitem(KINDS, "message", messages)
    for _ in range(5):
        put_lead(session)
    made = {sample.decision_kind: sample for sample in draw(session)}
    assert (made["message"].population, made["message"].size) == (5, 3)
    items = waiting(session, kind="message")
    for item, fits in zip(items, (True, True, False), strict=True):
        reviews.judge(session, item.id, "ana", {"fits": fits}, "", NOW)
    report = quality_report(session, DAY, DAY, get_settings(), NOW)
    [found] = [kind for kind in report.kinds if kind.decision_kind == "message"]
    assert found.finding.startswith("People agree with 67% of messages")

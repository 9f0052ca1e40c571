"""Figures of a period are what can be counted by hand; of other periods nothing is in them."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from leadflow.analytics.interventions import stepped_in
from leadflow.analytics.leads import leads_report
from leadflow.analytics.period import LONGEST, Period, PeriodInvalid, read_period
from leadflow.analytics.system import system_report
from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Assignment, Rep
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, Outcome
from leadflow.outbox.tables import OutboxRow
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.sources.tables import Delivery

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
MARCH = Period(SINCE, UNTIL)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HORIZON = timedelta(days=30)
LEVELS = ("hot", "warm", "cold", "unqualified")


@dataclass
class Told:
    """A made-up lead with all that becomes of it."""

    at: datetime
    source: str
    merged: bool = False
    scored: datetime | None = None
    probability: float = 0.0
    level: str = "cold"
    assigned: datetime | None = None
    accepted: datetime | None = None
    touched: datetime | None = None
    end: str | None = None
    ended: datetime | None = None
    id: str = field(default="")

    @property
    def judged(self) -> bool:
        """Whether its score is held against its end in March."""
        if self.scored is None or self.merged or (self.ended and self.ended <= self.scored):
            return False
        return SINCE <= self.scored + HORIZON < UNTIL

    @property
    def won(self) -> bool:
        """Whether it converted in the time that its score was about."""
        if self.scored is None or self.ended is None:
            return False
        return self.end == "converted" and self.ended <= self.scored + HORIZON


def made_up(number: int, chance: random.Random) -> Told:
    at = datetime(2026, 1, 15, tzinfo=UTC) + timedelta(minutes=chance.randrange(60 * 24 * 100))
    told = Told(at, chance.choice(["web", "fair", "crm"]), merged=number % 17 == 0)
    told.id = f"lead_{int(at.timestamp() * 1000):012x}{number:016x}"
    if number % 11:
        told.scored = at + timedelta(seconds=chance.randrange(1, 600))
        told.probability = round(chance.random(), 1)
        told.level = chance.choice(LEVELS)
    if told.scored and number % 3:
        told.assigned = told.scored + timedelta(minutes=chance.randrange(1, 90))
        told.accepted = told.assigned + timedelta(minutes=chance.randrange(1, 60))
        told.touched = told.accepted + timedelta(minutes=7) if number % 2 else None
    if number % 4 == 0:
        told.end = "converted" if chance.random() < 0.5 else "lost"
        told.ended = at + timedelta(days=chance.randrange(1, 45))
    return told


@pytest.fixture
def told(session: Session) -> list[Told]:
    """Three hundred leads of January to April."""
    chance = random.Random(7)
    session.add(Rep(id="rep_1", external_id="ann", name="Ann", capacity=1000))
    leads = [made_up(number, chance) for number in range(300)]
    first = leads[1].id
    session.add_all(
        Lead(
            id=one.id,
            source=one.source,
            created_at=one.at,
            known_from=one.at,
            merged_into=first if one.merged else None,
        )
        for one in sorted(leads, key=lambda one: one.merged)
    )
    session.flush()
    for one in leads:
        put_on_record(session, one)
    session.flush()
    return leads


def put_on_record(session: Session, one: Told) -> None:
    if one.scored is not None:
        session.add(score(one.id, one.scored, one.probability, one.level))
    if one.assigned is not None:
        session.add(
            Assignment(
                lead_id=one.id,
                rep_id="rep_1",
                strategy="hybrid",
                reason="test",
                source="sweep",
                assigned_by="test",
                assigned_at=one.assigned,
                accepted_at=one.accepted,
                first_touch_at=one.touched,
                ended_at=one.ended,
                end_reason=one.end,
            )
        )
    if one.end is not None:
        session.add(
            Outcome(
                lead_id=one.id,
                outcome=one.end,
                occurred_at=one.ended,
                known_at=one.ended,
                source="test",
            )
        )


def score(lead_id: str, at: datetime, probability: float, level: str) -> LeadScore:
    points = dict.fromkeys(("demographic", "behavioural", "engagement", "fit", "ai"), 50.0)
    return LeadScore(
        lead_id=lead_id,
        as_of=at,
        scored_at=at,
        scorecard_id=1,
        total_score=50,
        points=50,
        probability=probability,
        probability_low=0,
        probability_high=1,
        confidence="low",
        level=level,
        regime="model",
        model_version="1",
        contribution_points=[],
        reason_places=[],
        reason_texts=[],
        **points,
    )


def test_leads_are_counted_where_they_came_from_and_when(
    session: Session, told: list[Told]
) -> None:
    report = leads_report(session, MARCH, HORIZON, NOW)
    came = [one for one in told if SINCE <= one.at < UNTIL and not one.merged]
    assert 60 < report.came == len(came)
    counted = Counter((one.at.date(), one.source) for one in came)
    assert {(row.start.date(), row.source): row.leads for row in report.volume} == counted
    for row in report.sources:
        own = [one for one in came if one.source == row.source]
        assert row.leads == len(own)
        assert row.scored == sum(one.scored is not None for one in own)
        assert row.assigned == sum(one.assigned is not None for one in own)
        assert row.converted == sum(one.end == "converted" for one in own)
        assert row.lost == sum(one.end == "lost" for one in own)
    assert [row.leads for row in report.sources] == sorted(
        Counter(one.source for one in came).values(), reverse=True
    )
    year = leads_report(session, Period(UNTIL - LONGEST, UNTIL), HORIZON, NOW)
    months = Counter(
        (one.at.month, one.source) for one in told if one.at < UNTIL and not one.merged
    )
    assert year.bucket == "month"
    assert {(row.start.month, row.source): row.leads for row in year.volume} == months


def test_the_smallest_of_many_sources_are_told_together(session: Session) -> None:
    at = SINCE + timedelta(days=1)
    for number in range(25):
        session.add_all(Lead(source=f"s{number:02}", created_at=at) for _ in range(number + 1))
    session.flush()
    report = leads_report(session, MARCH, HORIZON, NOW)
    assert len(report.volume) == 21
    assert [row.leads for row in report.volume if row.source is None] == [1 + 2 + 3 + 4 + 5]
    assert report.came == sum(range(1, 26))


def test_scores_are_judged_by_what_came_of_the_leads(session: Session, told: list[Told]) -> None:
    report = leads_report(session, MARCH, HORIZON, NOW).scoring
    judged = [one for one in told if one.judged]
    # A later score of the same lead is not another one that is judged.
    later = score(judged[0].id, UNTIL - HORIZON - timedelta(seconds=1), 1.0, "hot")
    later.is_current = False
    session.add(later)
    won = [one.won for one in judged]
    said = [one.probability for one in judged]
    assert 50 < report.leads == len(judged)
    assert 3 < report.converted == sum(won)
    assert report.expected == pytest.approx(sum(said))
    assert report.brier == pytest.approx(
        mean((chance - one) ** 2 for chance, one in zip(said, won, strict=True))
    )
    pairs = [
        1.0 if above > below else 0.5 if above == below else 0.0
        for above, yes in zip(said, won, strict=True)
        for below, no in zip(said, won, strict=True)
        if yes and not no
    ]
    assert report.auc == pytest.approx(mean(pairs))
    by_level = Counter(one.level for one in judged)
    assert [row.level for row in report.levels] == [name for name in LEVELS if by_level[name]]
    assert {row.level: row.leads for row in report.levels} == by_level
    again = leads_report(session, MARCH, HORIZON, NOW).scoring
    assert again == report
    # As of the middle of the month, only those whose time has passed by then.
    early = leads_report(session, MARCH, HORIZON, SINCE + timedelta(days=10)).scoring
    assert 0 < early.leads < report.leads


def test_each_step_takes_as_long_as_it_took(session: Session, told: list[Told]) -> None:
    session.add_all(
        Delivery(
            source="web",
            delivery_id=str(seconds),
            body_hash="x",
            body=b"{}",
            status="processed",
            received_at=SINCE + timedelta(days=1),
            processed_at=SINCE + timedelta(days=1, seconds=seconds),
        )
        for seconds in range(1, 12)
    )
    session.flush()
    came = [one for one in told if SINCE <= one.at < UNTIL and not one.merged]
    spans = {
        "delivery": [float(seconds) for seconds in range(1, 12)],
        "score": [seconds(one.at, one.scored) for one in came if one.scored],
        "assign": [seconds(one.scored, one.assigned) for one in came if one.assigned],
        "accept": [seconds(one.assigned, one.accepted) for one in came if one.accepted],
        "touch": [seconds(one.assigned, one.touched) for one in came if one.touched],
        "end": [seconds(one.at, one.ended) for one in came if one.ended],
    }
    steps = leads_report(session, MARCH, HORIZON, NOW).steps
    assert [step.step for step in steps] == list(spans)
    for step in steps:
        assert step.count == len(spans[step.step])
        halves = np.quantile(spans[step.step], [0.5, 0.95])
        assert (step.p50_seconds, step.p95_seconds) == pytest.approx(tuple(halves), rel=1e-6)


def seconds(start: Any, end: Any) -> float:
    return float((end - start).total_seconds())


def test_what_waits_what_leaves_and_what_fails_is_told(session: Session) -> None:
    at = SINCE + timedelta(days=2)
    ends = {"done": 10, "nothing_done": 20, "failed": 30, "uncertain": 40}
    for status, after in ends.items():
        why = "nobody to tell" if status == "nothing_done" else None
        ended = at + timedelta(seconds=after)
        session.add(act(status, at, why=why, ended_at=ended))
    session.add(act("waiting", at))
    session.add(act("done", UNTIL, ended_at=UNTIL))
    for status in ("processed", "processed", "dead", "received"):
        session.add(
            Delivery(
                source="web",
                delivery_id=f"{status}{random.random()}",
                body_hash="x",
                body=b"{}",
                status=status,
                received_at=at,
            )
        )
    session.flush()
    report = system_report(session, MARCH, NOW)
    [lane] = report.lanes
    assert (lane.lane, lane.acts, lane.done, lane.failed, lane.uncertain, lane.waiting) == (
        ("notices", 5, 2, 1, 1, 1)
    )
    assert (lane.p50_seconds, lane.p95_seconds) == pytest.approx((25.0, 38.5))
    errors = {one.what: (one.total, one.failed, one.share) for one in report.errors}
    assert errors == {
        "acts": (4, 2, 0.5),
        "deliveries": (3, 1, pytest.approx(1 / 3)),
        "messages": (0, 0, None),
        "scores": (0, 0, None),
        "exports": (0, 0, None),
    }
    [deliveries] = [one for one in report.queues if one.queue == "deliveries"]
    assert (deliveries.waiting, deliveries.oldest_seconds) == (1, seconds(at, NOW))


def act(status: str, at: datetime, **more: Any) -> OutboxRow:
    key = f"{status}:{at.isoformat()}"
    return OutboxRow(
        lane="notices", act="paint", key=key, payload={}, status=status, created_at=at, **more
    )


def test_how_often_people_stepped_in_is_told_by_kind(session: Session, told: list[Told]) -> None:
    at = SINCE + timedelta(days=3)
    done = [one for one in told if one.scored and SINCE <= one.scored < UNTIL]
    scored = [one for one in done if not one.merged]
    [away, *_] = [one for one in done if one.merged]
    given = [one for one in told if one.assigned and SINCE <= one.assigned < UNTIL]
    for one in scored[:4]:
        session.add(override(one.id, at))
    session.add(override(away.id, at))
    session.add(override(scored[5].id, at, status="waiting", in_force_from=None))
    nobody = [one.id for one in told if not one.assigned]
    for lead_id, how in zip(nobody, ("declined", "declined", "returned"), strict=False):
        session.add(
            Assignment(
                lead_id=lead_id,
                rep_id="rep_1",
                strategy="hybrid",
                reason="test",
                source="person",
                assigned_by="person_1",
                assigned_at=at,
                ended_at=at,
                end_reason=how,
            )
        )
    for number, status in enumerate(("approved", "rejected", "approved")):
        session.add(approval(f"lead_{number}", status, at))
    settled = {"settled_by": "person_1", "ended_at": at}
    session.add_all([act("failed", at, **settled), act("done", at, ended_at=at)])
    session.flush()
    found = {one.kind: (one.times, one.of) for one in stepped_in(session, MARCH)}
    assert found == {
        "score_overridden": (4, len(scored)),
        "lead_given_by_hand": (3, len(given) + 3),
        "lead_declined": (2, len(given) + 3),
        "lead_returned": (1, len(given) + 3),
        "proposal_rejected": (1, 3),
        "review_disagreed": (0, 0),
        "act_settled": (1, 2),
    }
    shares = {one.kind: one.share for one in stepped_in(session, MARCH)}
    assert shares["proposal_rejected"] == pytest.approx(1 / 3)
    assert shares["review_disagreed"] is None
    later = Period(UNTIL, UNTIL + timedelta(days=1))
    assert {one.times for one in stepped_in(session, later)} == {0}


def override(lead_id: str, at: datetime, **more: Any) -> ScoreOverride:
    said = {
        "new_score": 80,
        "level": "hot",
        "model_score": 50,
        "model_points": 50,
        "model_probability": 0.5,
        "model_version": "1",
        "reason": "known",
        "override_by": "person_1",
        "status": "active",
        "created_at": at,
        "in_force_from": at,
        "expires_at": NOW,
    }
    return ScoreOverride(lead_id=lead_id, **said | more)


def approval(subject: str, status: str, at: datetime) -> Approval:
    return Approval(
        kind="score_override",
        subject_id=subject,
        act="paint",
        payload={},
        description="",
        status=status,
        requested_by="key:test",
        asked_by="key:test",
        requested_at=at,
        due_at=at,
        content_hash="x",
        policy="test",
        facts={},
        levels=[],
        level=0,
        roles_now=[],
        hours=1,
        escalate_to=[],
        at_end="reject",
        decided_by="person_1",
        decided_at=at,
    )


def test_a_period_is_thirty_days_unless_said_and_a_year_at_most() -> None:
    assert read_period(None, None, NOW) == Period(NOW - timedelta(days=30), NOW)
    assert read_period(None, UNTIL, NOW) == Period(UNTIL - timedelta(days=30), UNTIL)
    assert read_period(UNTIL - LONGEST, UNTIL, NOW).until == UNTIL
    for since, until in ((UNTIL, SINCE), (SINCE, SINCE), (NOW, None)):
        with pytest.raises(PeriodInvalid, match="before"):
            read_period(since, until, NOW)
    with pytest.raises(PeriodInvalid, match="366 at most"):
        read_period(UNTIL - LONGEST - timedelta(seconds=1), UNTIL, NOW)
    with pytest.raises(PeriodInvalid, match="1970 or later"):
        read_period(None, datetime.min.replace(tzinfo=UTC), NOW)


GROUPS = ("leads", "assignment", "campaigns", "system", "quality")


def test_each_group_has_an_address_and_all_are_told_together(
    client: TestClient, store: Engine
) -> None:
    assert client.post("/leads", json={"email": "a@example.com", "source": "web"}).is_success
    alone = {name: client.get(f"/analytics/{name}") for name in GROUPS}
    assert {name: answer.status_code for name, answer in alone.items()} == dict.fromkeys(
        GROUPS, 200
    )
    together = client.get("/analytics").json()
    assert together["leads"]["came"] == alone["leads"].json()["came"] == 1
    for name in GROUPS:
        assert together[name].keys() == alone[name].json().keys()
    components = {one["component"]: one["status"] for one in together["system"]["components"]}
    assert components.keys() == {"database", "model", "background", "prefect", "mlflow", "sending"}
    assert (components["database"], components["prefect"]) == ("ok", "down")


@pytest.mark.parametrize("path", ["", *(f"/{name}" for name in GROUPS)])
def test_a_period_that_is_none_is_refused_everywhere(client: TestClient, path: str) -> None:
    for since, until in (("2026-02-01", "2026-01-01"), ("2024-01-01", "2026-01-01")):
        period = {"from": f"{since}T00:00:00Z", "to": f"{until}T00:00:00Z"}
        refused = client.get(f"/analytics{path}", params=period)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/period-invalid")
    assert client.get(f"/analytics{path}", params={"from": "1767225600"}).status_code == 422


def test_whoever_may_not_read_analytics_is_refused(client: TestClient) -> None:
    from leadflow.accounts.keys import create_key

    with unit_of_work() as session:
        client.headers["X-API-Key"] = create_key(session, "blind", ["lead.read"])
    for path in ("", *(f"/{name}" for name in GROUPS)):
        assert client.get(f"/analytics{path}").status_code == 403

"""Production and simulations go the way that scenarios do: campaigns that hypothesis makes, on
leads that live in PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.orm import Session

from leadflow.campaigns.enrolling.service import enrol
from leadflow.campaigns.interpreter.clock import moment, utc
from leadflow.campaigns.planning.sweep import plan
from leadflow.campaigns.scenarios.life import Happening, Life
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.domain_events.tables import DomainEvent
from leadflow.leads.tables import Lead
from leadflow.scoring.tables import LeadScore
from tests.examples import examples
from tests.unit.campaigns.crowd import PLACES, Member, Told, members, programs, told
from tests.unit.campaigns.simulated_crowd import simulated_crowd
from tests.unit.campaigns.test_interpreter import EXITS, HOURS
from tests.unit.campaigns.written import program

NAME, START = "series", datetime(2026, 1, 1, tzinfo=UTC)
LATER, HOUR = np.datetime64("2026-03-21T21:58", "us"), np.timedelta64(1, "h")
KNOWN = Happening(LATER - 2 * HOUR, "lead.did.reply", {}, {"attributes.ends": "2026-04-20"})
numbers = count()


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection, connection.begin() as all_of_it:
        with Session(connection, expire_on_commit=False) as session:
            yield session
        all_of_it.rollback()


def test_production_and_simulation_go_the_way_that_scenarios_do(store: Engine) -> None:
    assert _tried(store, examples(200), st.lists(members(), min_size=1, max_size=4)) > 0


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_ten_thousand_lives_go_one_way_in_production_simulation_and_scenarios(
    store: Engine,
) -> None:
    # Twenty lives a definition, in which much happens at once: one planning does for several.
    crowds = st.lists(members(every=360), min_size=20, max_size=20)
    assert _tried(store, 500, crowds) >= 10_000


def test_what_is_crossed_out_together_with_a_no_sends_nobody_another_way_first(
    store: Engine,
) -> None:
    until = {"field": "attributes.ends", "before": "P1D"}
    steps: list[dict[str, Any]] = [
        {"step": "s0", "wait": {"until": until, "otherwise": "s1"}, "then": "end"},
        {"step": "s1", "send": "hello", "then": "end"},
    ]
    no = Happening(LATER, "lead.did.unsubscribe", {}, {"attributes.ends": ""})
    life = Life({"level": "hot", "total_score": 1}, [KNOWN, no])
    _all_go_one_way(store, steps, [Member(LATER - HOUR, 1, life)], {})


def _tried(store: Engine, definitions: int, crowds: st.SearchStrategy[list[Member]]) -> int:
    """Try so many definitions with a crowd each; how many lives went through one."""
    lives = count()

    @settings(
        max_examples=definitions,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # Finding a smaller example takes many minutes.
        phases=[Phase.explicit, Phase.generate],
    )
    @given(programs(), crowds, st.sampled_from(HOURS))
    def try_one(
        steps: list[dict[str, Any]], crowd: Sequence[Member], hours: dict[str, Any]
    ) -> None:
        _all_go_one_way(store, steps, crowd, hours)
        for _ in crowd:
            next(lives)

    try_one()
    return next(lives)


def _all_go_one_way(
    store: Engine, steps: list[dict[str, Any]], crowd: Sequence[Member], hours: dict[str, Any]
) -> None:
    made = program(steps, **hours, **EXITS)
    expected = _in_seconds(told(made, crowd))
    assert _in_seconds(simulated_crowd(made, crowd)) == expected
    with rolled_back(store) as session:
        service.apply(session, {NAME: made}, "test", START)
        service.launch(session, NAME, "test", START)
        leads = [_lead(session, f"lead_{next(numbers)}", member) for member in crowd]
        _live(session, leads, crowd)
        rows = session.scalars(select(Enrolment)).all()
        trails = {row.lead_id: _told(row.trail, row) for row in rows}
        assert [trails[lead] for lead in leads] == expected
        sent = [len([one for one in each if _sends(steps, one)]) for each in expected]
        messages = [one.lead_id for one in session.scalars(select(CampaignMessage))]
        assert [messages.count(lead) for lead in leads] == sent


def _in_seconds(each: Sequence[Told]) -> list[Told]:
    return [[(step, way, at.astype("datetime64[s]")) for step, way, at in one] for one in each]


def _lead(session: Session, lead_id: str, member: Member) -> str:
    session.add(Lead(id=lead_id, source="test", created_at=START, attributes={}))
    session.add(_score(lead_id, member.life.lead))
    session.flush()
    return lead_id


def _score(lead_id: str, known: Any) -> LeadScore:
    parts = ("demographic", "behavioural", "engagement", "fit", "ai", "points")
    return LeadScore(
        lead_id=lead_id,
        as_of=START,
        scorecard_id=1,
        total_score=known["total_score"],
        **dict.fromkeys(parts, 1.0),
        **dict.fromkeys(("probability", "probability_low", "probability_high"), 0.5),
        confidence="high",
        level=known["level"],
        regime="model",
        model_version="1",
        contribution_points=[],
        reason_places=[],
        reason_texts=[],
    )


def _live(session: Session, leads: Sequence[str], crowd: Sequence[Member]) -> None:
    """Let everybody come in and live, and look after them whenever something is due or happens."""
    coming = {one.enters for one in crowd}
    happenings = {h.at for one in crowd for h in one.life.happenings}
    stored = service.read_campaign(session, NAME)
    now = min(coming)
    while True:
        _become(session, leads, crowd, now)
        for lead, member in zip(leads, crowd, strict=True):
            if member.enters == now:
                enrol(session, stored.program, 1, [lead], "test", moment(now))
                own = update(Enrolment).where(Enrolment.lead_id == lead)
                places = [f"  {zone}" for zone in PLACES[member.place]]
                session.execute(own.values(places=places))
        # What happens at the moment of coming in happens to who is in it.
        _happen(session, leads, crowd, now)
        plan(session, NAME, 1, moment(now))
        _send(session)
        open_ = select(Enrolment.due_at).where(Enrolment.ended_at.is_(None))
        due = [utc(at) for at in session.scalars(open_) if at is not None]
        later = [at for at in (*due, *coming, *happenings) if at > now]
        entered = session.query(Enrolment).count()
        if not later or (entered == len(crowd) and not due):
            return
        now = min(later)


def _send(session: Session) -> None:
    """Have every message taken at the moment for which it is planned."""
    at = CampaignMessage.due_at
    these = update(CampaignMessage).where(CampaignMessage.status == "planned")
    session.execute(these.values(status="accepted", handed_at=at, sent_at=at))


def _become(
    session: Session, leads: Sequence[str], crowd: Sequence[Member], now: np.datetime64
) -> None:
    for lead, member in zip(leads, crowd, strict=True):
        for one in member.life.happenings:
            # What is known of a lead that is not in it yet counts as it comes in.
            if one.at == now or (now == member.enters and one.at < now):
                _becomes(session, lead, one)


def _happen(
    session: Session, leads: Sequence[str], crowd: Sequence[Member], now: np.datetime64
) -> None:
    for lead, member in zip(leads, crowd, strict=True):
        here = [one for one in member.life.happenings if one.at == now]
        rows = [{"type": one.type, "lead_id": lead, "at": moment(now)} for one in here]
        if rows and member.enters <= now:
            session.execute(insert(DomainEvent), rows)
    # That something of a lead changed is told by the clock of the wall.
    by_the_wall = update(DomainEvent).where(DomainEvent.at > moment(now))
    session.execute(by_the_wall.values(at=moment(now)))


def _becomes(session: Session, lead_id: str, one: Happening) -> None:
    score = {name: one.becomes[name] for name in ("level", "total_score") if name in one.becomes}
    if score:
        session.execute(update(LeadScore).where(LeadScore.lead_id == lead_id).values(**score))
    if "attributes.ends" in one.becomes:
        values = {"ends": one.becomes["attributes.ends"]}
        session.execute(update(Lead).where(Lead.id == lead_id).values(attributes=values))


def _told(trail: str, row: Enrolment) -> list[tuple[str, str, np.datetime64]]:
    found = []
    for line in trail.splitlines():
        at, step, way = line.split(" ")[:3]
        if step != "*":
            found.append((step, way, np.datetime64(at.removesuffix("Z"), "s")))
    assert row.ended_at is not None
    assert row.ended_as is not None
    return [*found, ("*", row.ended_as, utc(row.ended_at).astype("datetime64[s]"))]


def _sends(steps: Sequence[dict[str, Any]], one: tuple[str, str, np.datetime64]) -> bool:
    return any(step["step"] == one[0] and "send" in step for step in steps)

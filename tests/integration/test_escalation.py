"""No lead lies about: a reminder, then up the chain; leavers' leads go to others; alarms."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadflow.accounts.permissions import Reach
from leadflow.assignment.routing import sweep
from leadflow.assignment.tables import Assignment, AssignmentStep, Rep
from leadflow.assignment.team.reach import reaches_lead
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.assignment.work import alarms as unroutable
from leadflow.assignment.work import escalation, offers, redistribution
from leadflow.assignment.work import service as working
from leadflow.assignment.work.handover import RepFull
from leadflow.assignment.work.service import Said
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Outcome
from leadflow.outbox.tables import OutboxRow
from leadflow.scoring.tables import LeadScore
from leadflow.settings import get_settings
from tests.integration.test_assignment import put_lead

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TEAM = """
fallback_owner: head
teams:
  - {name: north, lead: lena, manager: max}
reps:
  - {id: ann, name: Ann, capacity: 5, team: north, skills: {crm: 5}}
  - {id: bob, name: Bob, capacity: 5, team: north, skills: {crm: 3}}
  - {id: lena, name: Lena, capacity: 5, team: north}
  - {id: max, name: Max, capacity: 1}
  - {id: head, name: Head}
"""


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def put_team(session: Session, folder: Path, text: str = TEAM) -> None:
    (folder / "team.yaml").write_text(text)
    store_team(session, load_team(folder / "team.yaml"))


def assigned(session: Session, folder: Path) -> str:
    """A hot lead that Ann has since NOW, due five minutes later."""
    put_team(session, folder)
    lead = put_lead(session, 90, service_requirements=["crm"])
    sweep.sweep(session, get_settings(), "skill_based", NOW)
    assert owner(session, lead) == "ann"
    return lead


def owner(session: Session, lead: str) -> str | None:
    statement = select(Rep.external_id).join(Assignment, Assignment.rep_id == Rep.id)
    return session.scalars(
        statement.where(Assignment.lead_id == lead, Assignment.ended_at.is_(None))
    ).first()


def steps(session: Session, lead: str) -> list[str]:
    statement = select(AssignmentStep.kind).where(AssignmentStep.lead_id == lead)
    return list(session.scalars(statement.order_by(AssignmentStep.id)))


def test_a_reminder_comes_before_the_lead_passes_on(session: Session, tmp_path: Path) -> None:
    lead = assigned(session, tmp_path)
    assert escalation.escalate(session, get_settings(), at(2.9)).leads == 0
    assert escalation.escalate(session, get_settings(), at(3.1)).reminded == 1
    assert escalation.escalate(session, get_settings(), at(4)).leads == 0
    assert owner(session, lead) == "ann"
    assert escalation.escalate(session, get_settings(), at(5.1)).escalated == 1
    assert owner(session, lead) == "bob"
    assert steps(session, lead) == ["reminded", "escalated"]
    told = session.scalars(select(OutboxRow.payload).where(OutboxRow.act == "notify_rep")).all()
    whom = sorted((row["what"], row["to"]) for row in told if row["what"] != "assigned")
    assert whom == [("escalated", "rep"), ("escalated", "team_lead"), ("reminded", "rep")]
    assert [row["lead_ids"] for row in told] == [[lead]] * len(told)


def test_a_lead_nobody_touches_is_offered_up_to_the_fallback_owner_and_becomes_nobody_elses(
    session: Session, tmp_path: Path
) -> None:
    lead = assigned(session, tmp_path)
    ids = dict(session.execute(select(Rep.id, Rep.external_id)).tuples().all())
    owners = [owner(session, lead)]
    for minute in range(1, 90):
        escalation.escalate(session, get_settings(), at(minute))
        if owner(session, lead) != owners[-1]:
            owners.append(owner(session, lead))
    assert owners == ["ann", "bob"]
    of_offers = select(AssignmentStep).where(AssignmentStep.kind == "offered")
    offered = session.scalars(of_offers.order_by(AssignmentStep.id)).all()
    assert [ids[step.detail["to"]] for step in offered] == ["lena", "max", "head", "head"]
    # Whoever is told last is told again, but not minute after minute.
    assert [step.at for step in offered] == [at(10), at(15), at(20), at(80)]
    told = session.scalars(select(OutboxRow.payload).where(OutboxRow.act == "notify_rep")).all()
    whom = sorted(ids[row["rep_id"]] for row in told if row["what"] == "offered")
    assert whom == ["head", "head", "lena", "max"]


def test_who_cannot_take_it_is_passed_over_with_the_reason(
    session: Session, tmp_path: Path
) -> None:
    lead = assigned(session, tmp_path)
    change = TEAM.replace("name: Bob, capacity: 5", "name: Bob, capacity: 0")
    change = change.replace(
        "{id: lena,", '{id: lena, days_off: [{from: "2026-03-01", to: "2026-03-03"}],'
    )
    put_team(session, tmp_path, change)
    assert escalation.escalate(session, get_settings(), at(6)).offered == 1
    assert owner(session, lead) == "ann"
    why = {
        step.detail["place"]: step.reason
        for step in session.scalars(
            select(AssignmentStep).where(AssignmentStep.kind == "passed_over")
        )
    }
    assert why == {"next best": "there is nobody", "team lead": "has the day off"}


def rep_id(session: Session, name: str) -> str:
    return session.scalars(select(Rep.id).where(Rep.external_id == name)).one()


def test_whoever_a_lead_is_offered_to_can_take_it_and_nobody_else(
    session: Session, tmp_path: Path
) -> None:
    lead = assigned(session, tmp_path)
    lena, top = rep_id(session, "lena"), rep_id(session, "max")
    for minute in (6, 12):
        with pytest.raises(offers.NotOffered):
            offers.take(session, get_settings(), lead, Said("lena", at(minute)), lena)
        assert not reaches_lead(session, lena, Reach.OWN, lead)
        escalation.escalate(session, get_settings(), at(minute))
    assert [made.lead_id for made in offers.offers(session, lena, 9)] == [lead]
    # Also somebody who otherwise reaches only leads of their own sees it now.
    assert reaches_lead(session, lena, Reach.OWN, lead)
    assert not reaches_lead(session, top, Reach.OWN, lead)
    for other in (top, rep_id(session, "ann"), None):
        with pytest.raises(offers.NotOffered):
            offers.take(session, get_settings(), lead, Said("other", at(13)), other)
    made = offers.take(session, get_settings(), lead, Said("lena", at(13)), lena)
    assert (owner(session, lead), made.due_at) == ("lena", at(18))
    assert steps(session, lead)[-1] == "taken"
    assert offers.offers(session, lena, 9) == []


def test_nobody_gets_more_than_their_capacity_the_fallback_owner_neither(
    session: Session, tmp_path: Path
) -> None:
    put_team(
        session,
        tmp_path,
        "reps:\n  - {id: head, name: H, capacity: 1}\n  - {id: ann, name: Ann, capacity: 1}",
    )
    leads = [put_lead(session, 90), put_lead(session, 80)]
    sweep.sweep(session, get_settings(), "round_robin", NOW)
    escalation.escalate(session, get_settings(), at(60 * 24))
    assert {owner(session, lead) for lead in leads} == {"ann", "head"}
    [of_ann] = [lead for lead in leads if owner(session, lead) == "ann"]
    with pytest.raises(RepFull):
        offers.take(session, get_settings(), of_ann, Said("h", at(1500)), rep_id(session, "head"))
    assert owner(session, of_ann) == "ann"


def bulk(session: Session, folder: Path, leads: int) -> list[str]:
    """So many hot leads that one sweep gives to Ann, in the order she works them."""
    put_team(session, folder, TEAM.replace("capacity: 5", "capacity: 99"))
    made = [put_lead(session, 99 - n / 9, service_requirements=["crm"]) for n in range(leads)]
    sweep.sweep(session, get_settings(), "skill_based", NOW)
    assert {owner(session, lead) for lead in made} == {"ann"}
    return made


def test_leads_of_one_sweep_get_the_time_of_their_place_in_the_queue(
    session: Session, tmp_path: Path
) -> None:
    leads = bulk(session, tmp_path, 84)
    due = {made.lead_id: made.due_at for made in session.scalars(select(Assignment))}
    assert [due[lead] for lead in leads] == [at(5 * place + 5) for place in range(84)]


def test_whoever_lets_a_whole_sweep_lie_loses_one_lead_after_the_other_and_no_more(
    session: Session, tmp_path: Path
) -> None:
    leads = bulk(session, tmp_path, 84)
    for minute in range(1, 31):
        escalation.escalate(session, get_settings(), at(minute))
    # Bob lets the first lie too, and gets no more as long as he is late with it.
    assert owner(session, leads[0]) == "bob"
    assert {owner(session, lead) for lead in leads[2:]} == {"ann"}
    assert owner(session, leads[1]) in ("ann", "bob")
    offered = session.scalars(
        select(AssignmentStep.lead_id).where(AssignmentStep.kind == "offered")
    )
    assert set(offered) <= set(leads[:6])


def test_whoever_works_through_a_sweep_is_left_in_peace_also_when_others_come_between(
    session: Session, tmp_path: Path
) -> None:
    waiting, hot = bulk(session, tmp_path, 12), []
    for minute in range(0, 90):
        if minute in (7, 8, 33):
            hot.append(put_lead(session, 99, service_requirements=["crm"]))
            sweep.sweep(session, get_settings(), "skill_based", at(minute))
        if minute % 5 == 0 and (hot or waiting):
            lead = hot.pop(0) if hot else waiting.pop(0)
            working.touch(session, lead, Said("ann", at(minute)), "call")
        done = escalation.escalate(session, get_settings(), at(minute + 0.5))
        assert (done.escalated, done.offered, done.left) == (0, 0, 0), minute
    assert (hot, waiting) == ([], [])
    touched = session.execute(select(Assignment.first_touch_at, Assignment.due_at)).all()
    assert all(when <= due for when, due in touched)


def test_a_hot_lead_is_passed_on_from_whoever_works_at_a_bulk_instead(
    session: Session, tmp_path: Path
) -> None:
    leads = bulk(session, tmp_path, 12)
    for minute in range(0, 17):
        if minute == 11:
            late = put_lead(session, 99, service_requirements=["crm"])
            sweep.sweep(session, get_settings(), "skill_based", at(minute))
        if minute % 5 == 0:
            working.touch(session, leads[minute // 5], Said("ann", at(minute)), "call")
        escalation.escalate(session, get_settings(), at(minute + 0.5))
        if minute == 15:
            assert owner(session, late) == "ann"
    assert owner(session, late) == "bob"


def test_a_touched_lead_is_left_alone(session: Session, tmp_path: Path) -> None:
    lead = assigned(session, tmp_path)
    working.touch(session, lead, Said("ann", at(1)), "call")
    assert escalation.escalate(session, get_settings(), at(60)).leads == 0
    assert owner(session, lead) == "ann"


def test_two_runs_at_once_take_each_step_once(store: Engine, tmp_path: Path) -> None:
    # So quick that no lead waits for another.
    settings = get_settings().model_copy(update={"assignment_pace": 1e6})
    with unit_of_work() as session:
        put_team(session, tmp_path, TEAM.replace("capacity: 5", "capacity: 50"))
        leads = [put_lead(session, 60 + n % 30, service_requirements=["crm"]) for n in range(20)]
        sweep.sweep(session, settings, "skill_based", NOW)

    def run(_: int) -> int:
        with unit_of_work() as session:
            return escalation.escalate(session, settings, at(6)).escalated

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))
    assert sum(done) == 20
    with unit_of_work() as session:
        assert {owner(session, lead) for lead in leads} == {"bob"}
        assert len(session.scalars(select(AssignmentStep)).all()) == 20


@pytest.mark.parametrize(
    ("change", "touched", "taken"),
    [
        (("capacity: 5, team: north, skills: {crm: 5}", "capacity: 5, active: false"), True, 1),
        (("{id: ann,", '{id: ann, days_off: [{from: "2026-03-02"}],'), False, 1),
        (("{id: ann,", '{id: ann, days_off: [{from: "2026-03-02"}],'), True, 0),
        (("{id: ann,", '{id: ann, days_off: [{from: "2026-03-01", to: "2026-03-09"}],'), True, 1),
        (("{id: ann,", "{id: ann,"), False, 0),
    ],
)
def test_leads_of_who_has_left_or_is_away_go_to_others(
    session: Session, tmp_path: Path, change: tuple[str, str], touched: bool, taken: int
) -> None:
    lead = assigned(session, tmp_path)
    if touched:
        working.touch(session, lead, Said("ann", at(1)), "call")
    put_team(session, tmp_path, TEAM.replace(*change))
    assert redistribution.redistribute(session, get_settings(), at(2)) == taken
    sweep.sweep(session, get_settings(), "skill_based", at(3))
    assert owner(session, lead) == ("bob" if taken else "ann")
    put_team(session, tmp_path, TEAM)
    redistribution.redistribute(session, get_settings(), at(4))
    sweep.sweep(session, get_settings(), "skill_based", at(5))
    assert owner(session, lead) == ("bob" if taken else "ann")


def test_somebody_back_after_a_long_time_is_not_flooded(session: Session, tmp_path: Path) -> None:
    away = 'days_off: [{from: "2026-02-16", to: "2026-03-01"}], '
    put_team(session, tmp_path, TEAM.replace("{id: bob,", "{id: bob, " + away))
    for number in range(6):
        put_lead(session, 60 + number, service_requirements=["crm"])
    sweep.sweep(session, get_settings(), "workload_balanced", NOW)
    got = session.scalars(
        select(Assignment.id).join(Rep, Rep.id == Assignment.rep_id).where(Rep.external_id == "bob")
    ).all()
    assert len(got) == 1


def test_nobodys_leads_raise_an_alarm_once_a_day(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path, "reps:\n  - {id: one, name: One, capacity: 0}")
    lead = put_lead(session, 90)
    sweep.sweep(session, get_settings(), None, NOW)
    assert [row.lead_id for row in unroutable.unroutable(session).items] == [lead]
    settings = get_settings()
    raised = [unroutable.raise_alarms(session, settings, at(m)).unroutable for m in (1, 2, 1500)]
    assert raised == [1, 0, 1]
    told = session.scalars(select(OutboxRow.payload).where(OutboxRow.act == "notify_rep")).all()
    assert [(row["what"], row["lead_ids"]) for row in told] == [("unroutable", [lead])] * 2


def test_who_needs_nobody_any_more_is_off_the_list_of_those_whom_nobody_can_take(
    session: Session, tmp_path: Path
) -> None:
    put_team(session, tmp_path, "reps:\n  - {id: one, name: One, capacity: 0}")
    cooled, lost, stays = (put_lead(session, score) for score in (90, 85, 80))
    sweep.sweep(session, get_settings(), None, NOW)
    assert len(unroutable.unroutable(session).items) == 3
    score = session.scalars(select(LeadScore).where(LeadScore.lead_id == cooled)).one()
    score.level, score.total_score = "cold", 30
    session.add(Outcome(lead_id=lost, outcome="lost", occurred_at=NOW, source="test"))
    session.flush()
    assert sweep.sweep_is_due(session, get_settings(), NOW)
    sweep.sweep(session, get_settings(), None, NOW)
    assert [row.lead_id for row in unroutable.unroutable(session).items] == [stays]


def test_a_lead_that_no_sweep_has_tried_is_found(session: Session, tmp_path: Path) -> None:
    put_team(session, tmp_path, "reps:\n  - {id: one, name: One, capacity: 1}")
    first, second = put_lead(session, 90), put_lead(session, 80)
    for score in session.scalars(select(LeadScore)):
        score.scored_at = NOW
    session.flush()
    assert unroutable.stale(session, get_settings(), at(59)) == []
    assert unroutable.stale(session, get_settings(), at(61)) == [first, second]
    sweep.sweep(session, get_settings(), None, at(61))
    assert unroutable.stale(session, get_settings(), at(200)) == []

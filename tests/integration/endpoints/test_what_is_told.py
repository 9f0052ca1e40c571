"""What happens to leads is written down for whoever wants it, in the unit of work of the fact."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, func, select, text

from leadflow.accounts.delegation import Requester
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.domain_events.tables import DomainEvent, WantedType
from leadflow.domain_events.types import TYPES
from leadflow.endpoints import service
from leadflow.endpoints.definitions import EndpointChange
from leadflow.endpoints.messages import call
from leadflow.endpoints.tables import Message
from leadflow.follow_ups.tags import tag
from leadflow.intake.leads import LeadTaken
from leadflow.leads.outcomes.telling import OutcomeIn, record_outcomes
from leadflow.leads.tables import Lead
from leadflow.outbox import acts
from leadflow.outbox.consumer import drain
from leadflow.outbox.service import enqueue
from leadflow.outbox.tables import OutboxRow
from leadflow.scoring.overrides.schemas import OverrideIn
from leadflow.scoring.overrides.service import override
from leadflow.scoring.tables import ScoreOverride
from leadflow.settings import get_settings
from tests.deciders import settle, somebody
from tests.integration.endpoints.telling import add, endpoint, messages, near, send
from tests.integration.test_intake import TEAM, sent, take
from tests.receivers import Receiver, receiving

FAR = "https://crm.example.com/hook"


@pytest.fixture
def team(store: Engine, tmp_path: Path) -> Engine:
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    return store


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def facts(type_: str) -> list[dict[str, Any]]:
    found = [one.facts for one in messages() if one.type == type_]
    for one in found:
        TYPES[type_].facts.model_validate(one)
        assert set(one) == set(TYPES[type_].facts.model_fields)
    return found


def lead_of(taken: LeadTaken) -> str:
    return taken.standing.lead.id


def test_of_a_lead_that_comes_in_all_is_told_in_the_order_in_which_it_happened(
    team: Engine,
) -> None:
    add(FAR)
    [taken] = take([sent(1)])
    told = messages()
    assert [one.type for one in told] == [
        "lead.created",
        "lead.scored",
        "lead.level_changed",
        "lead.assigned",
    ]
    assert {one.lead_id for one in told} == {lead_of(taken)}
    assert taken.standing.score is not None
    assert taken.standing.owner is not None
    [scored], [level], [assigned] = (
        facts("lead.scored"),
        facts("lead.level_changed"),
        facts("lead.assigned"),
    )
    assert scored["score"] == pytest.approx(taken.standing.score.total_score)
    assert (level["level"], level["level_before"]) == (taken.standing.score.level, None)
    assert assigned["rep_id"] == taken.standing.owner.rep_id


def test_many_leads_at_once_cost_no_statement_more_than_when_nobody_is_told(team: Engine) -> None:
    take([sent(number) for number in range(3)])
    silent = statements(lambda: take([sent(number) for number in range(100, 160)]))
    assert messages_there() == 0
    add(FAR, ["lead.created", "lead.assigned"])
    told = statements(lambda: take([sent(number) for number in range(200, 260)]))
    assert told == silent
    counted = {kind: len(facts(kind)) for kind in ("lead.created", "lead.assigned", "lead.scored")}
    assert counted == {"lead.created": 60, "lead.assigned": 60, "lead.scored": 0}


def test_nothing_is_written_for_nobody_and_nothing_of_what_was_rolled_back(team: Engine) -> None:
    take([sent(1)])
    add(FAR, ["lead.lost"], "losses")
    add(FAR, ["lead.created"])
    with unit_of_work() as session:
        session.add(Lead(source="test"))
        session.flush()
        assert session.scalar(select(func.count()).select_from(Message)) == 1
        session.rollback()
    assert messages_there() == 0


def test_what_happens_is_written_only_while_an_endpoint_wants_to_be_told(team: Engine) -> None:
    with unit_of_work() as session:
        session.execute(delete(WantedType))
    add(FAR, ["lead.created"])
    take([sent(1)])
    assert happened() == ["lead.created"]
    with unit_of_work() as session:
        service.disable(session, "crm", "test", datetime.now(UTC))
    take([sent(2)])
    with unit_of_work() as session:
        service.enable(session, "crm", "test", datetime.now(UTC))
        changed = EndpointChange(types=["lead.tagged"])
        service.change(session, "crm", changed, "test", datetime.now(UTC), near(), True)
    [taken] = take([sent(3)])
    assert happened() == ["lead.created"]
    with unit_of_work() as session:
        tag(session, [lead_of(taken)], ["banks"], "test", datetime.now(UTC))
    assert happened() == ["lead.created", "lead.tagged"]
    assert facts("lead.tagged") == [{"tag": "banks"}]
    with unit_of_work() as session:
        service.remove(session, "crm", "test", datetime.now(UTC))
    take([sent(4)])
    assert happened() == ["lead.created", "lead.tagged"]


def test_of_a_change_the_fields_are_named_and_what_says_nothing_new_is_silent(
    team: Engine,
) -> None:
    take([sent(1, company_size=40)])
    add(FAR, ["lead.updated"])
    take([sent(1, company_size=40)])
    assert messages() == []
    take([sent(1, company_size=900, phone="+4930123456")])
    assert facts("lead.updated") == [{"changed": ["company_size", "phone"]}]


def test_an_override_decides_the_level_and_its_end_gives_the_level_back(team: Engine) -> None:
    [taken] = take([sent(1)])
    assert taken.standing.score is not None
    own = taken.standing.score.level
    other = "unqualified" if own != "unqualified" else "hot"
    add(FAR, ["lead.level_changed"])
    with unit_of_work() as session:
        session.add(overriding(lead_of(taken), other))
    assert facts("lead.level_changed") == [
        {"level": other, "level_before": own, "because": "override"}
    ]
    # While it is in force another score changes nothing that counts.
    take([sent(1, budget=1, timeline="2 years", company_size=1)])
    assert len(messages()) == 1
    with unit_of_work() as session:
        made = session.scalars(select(ScoreOverride)).one()
        made.status, made.ended_at = "withdrawn", datetime.now(UTC)
    [_, back] = facts("lead.level_changed")
    assert (back["level_before"], back["because"]) == (other, "override")


def test_an_end_is_told_each_time_it_is_another_one_and_so_is_that_it_was_none(
    team: Engine,
) -> None:
    [taken] = take([sent(1)])
    add(FAR, ["lead.converted", "lead.lost", "lead.reopened"])
    say(lead_of(taken), outcome="converted", value=100)
    say(lead_of(taken), outcome="converted", value=250)
    say(lead_of(taken), outcome="reopened")
    say(lead_of(taken), outcome="lost")
    assert [one.type for one in messages()] == [
        "lead.converted",
        "lead.converted",
        "lead.reopened",
        "lead.lost",
    ]
    assert [one["value_minor"] for one in facts("lead.converted")] == [10_000, 25_000]


def test_a_deleted_lead_is_told_and_its_end_is_not_opened_by_it(team: Engine) -> None:
    [taken] = take([sent(1)])
    say(lead_of(taken), outcome="lost")
    add(FAR)
    with unit_of_work() as session:
        session.execute(delete(Lead).where(Lead.id == lead_of(taken)))
    assert [one.type for one in messages()] == ["lead.deleted"]


def test_a_decision_is_told_with_the_lead_that_it_is_about(store: Engine) -> None:
    [taken] = take([sent(1)])
    add(FAR, ["approval.decided", "lead.level_changed"])
    now = datetime.now(UTC)
    with unit_of_work() as session:
        by = somebody(session, "rita", "sales_manager")
        asks = Requester(by.id, frozenset(by.roles), by.id)
        said = OverrideIn(new_score=1.0, reason="met them")
        made = override(session, lead_of(taken), said, asks, now, get_settings())
        assert made.status == "waiting"
        assert settle(session, made.approval_id, now).approval.status == "approved"
    # What was decided is carried out later: the level has not changed yet.
    [told] = messages()
    [decided] = facts("approval.decided")
    assert (told.lead_id, told.type) == (lead_of(taken), "approval.decided")
    assert (decided["approval_id"], decided["decision"]) == (made.approval_id, "approved")


def test_whose_lead_it_is_is_told_only_to_whom_it_is_meant_and_stored_nowhere(
    team: Engine, receiver: Receiver
) -> None:
    add(f"{receiver.url}/open", ["lead.created"], "open", personal=True)
    add(f"{receiver.url}/plain", ["lead.created"], "plain")
    take([sent(1, first_name="Grace", external_id="crm-1")])
    with unit_of_work() as session:
        stored = session.execute(text("SELECT string_agg(m::text, ' ') FROM webhook_messages m"))
        assert "grace" not in str(stored.scalar()).lower()
    send(team)
    said = {one.path: one.says["data"]["lead"] for one in receiver.got}
    assert said["/open"]["first_name"] == "Grace"
    assert said["/open"]["email"] == "lead1@example.com"
    assert set(said["/plain"]) == {"id", "source", "external_id", "merged_into"}
    assert said["/plain"]["external_id"] == "crm-1"


def test_a_call_goes_to_one_endpoint_once_whatever_types_it_wants(
    team: Engine, receiver: Receiver
) -> None:
    add(receiver.url, ["lead.lost"])
    [taken] = take([sent(1)])
    for _ in range(2):
        with unit_of_work() as session:
            call(session, "crm", lead_of(taken), {"rule": "banks"}, "rule:banks:1")
    send(team)
    [got] = receiver.got
    assert got.says["type"] == "endpoint.called"
    assert got.says["data"]["rule"] == "banks"
    assert got.says["data"]["lead"]["id"] == lead_of(taken)


def test_a_room_below_calls_by_the_name_of_the_act(store: Engine) -> None:
    add(FAR, ["lead.lost"])
    assert "call_webhook" in acts.ACTS
    with unit_of_work() as session:
        wanted = {"endpoint": "crm", "facts": {"rule": "banks"}}
        enqueue(session, "call_webhook", "rule:1", wanted)
        enqueue(session, "call_webhook", "rule:2", wanted | {"endpoint": "crmm"})
    drain(store, near(), lambda: datetime.now(UTC) + timedelta(seconds=1))
    [told] = messages()
    assert (told.type, told.facts, told.endpoint_id) == (
        "endpoint.called",
        {"rule": "banks"},
        endpoint().id,
    )
    with unit_of_work() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.key == "rule:2")).one()
    assert row.status == "nothing_done"
    assert row.why is not None
    assert "no endpoint 'crmm'" in row.why


def say(lead_id: str, **outcome: Any) -> None:
    """Tell how a lead ended."""
    said = OutcomeIn.model_validate(outcome)
    with unit_of_work() as session:
        record_outcomes(session, [(lead_id, said)], datetime.now(UTC), "EUR", ["test"])


def overriding(lead_id: str, level: str) -> ScoreOverride:
    now = datetime.now(UTC)
    return ScoreOverride(
        lead_id=lead_id,
        new_score=10.0,
        level=level,
        model_score=50.0,
        model_points=50.0,
        model_probability=0.5,
        model_version="1",
        reason="met them",
        override_by="person_1",
        status="active",
        created_at=now,
        in_force_from=now,
        expires_at=now + timedelta(days=1),
    )


def happened() -> list[str]:
    """Types of the domain events that are written, in the order in which they happened."""
    with unit_of_work() as session:
        return list(session.scalars(select(DomainEvent.type).order_by(DomainEvent.id)))


def messages_there() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0


def statements(work: Any) -> int:
    """How many statements SQLAlchemy sends while this is done."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(get_engine(), "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(get_engine(), "before_cursor_execute", note)
    return len(seen)

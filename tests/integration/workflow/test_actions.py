"""What workflow rules do: assign, tell, escalate, set, ask, start."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, update

from leadflow.approvals.tables import Approval
from leadflow.assignment.tables import Assignment
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.endpoints.definitions import EndpointIn
from leadflow.endpoints.service import add
from leadflow.endpoints.tables import Message
from leadflow.follow_ups.tags import tags_of
from leadflow.follow_ups.tasks import tasks_of
from leadflow.integrations.prefect import PrefectClient
from leadflow.leads.service import get_lead
from leadflow.outbox.consumer import drain
from leadflow.outbox.tables import OutboxRow
from leadflow.rules.service import read_rules, store_rules
from leadflow.settings import get_settings
from leadflow.workflow import service
from tests.deciders import settle
from tests.integration.workflow.acting import act, equals, fired, now, rule, store, take

ANY = {"source": {"operator": "exists"}}


TEAM = """
teams:
  - {name: north, lead: lena, manager: max}
reps:
  - {id: ann, name: Ann, capacity: 9, team: north, email: ann@example.com}
  - {id: bob, name: Bob, capacity: 9, team: north}
  - {id: lena, name: Lena, capacity: 0, team: north}
  - {id: max, name: Max, capacity: 0}
"""


@pytest.fixture(autouse=True)
def team(store: Engine, tmp_path: Path) -> None:
    """A team of two with a lead and a manager; nobody is given leads but by workflow rules."""
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
        nobody = read_rules(session, "assignment", {"rules": []})
        store_rules(session, "assignment", nobody, "test", None, activate=True)


def owner(lead_id: str) -> str | None:
    with unit_of_work() as session:
        asked = select(Assignment.rep_id).where(
            Assignment.lead_id == lead_id, Assignment.ended_at.is_(None)
        )
        return session.scalar(asked)


def written(act_name: str) -> list[dict[str, Any]]:
    with unit_of_work() as session:
        asked = select(OutboxRow.payload).where(OutboxRow.act == act_name)
        return list(session.scalars(asked.order_by(OutboxRow.id)))


def becomes(lead_id: str) -> list[tuple[str, str, str | None]]:
    with unit_of_work() as session:
        return [
            (one.action, one.status, one.why)
            for why in service.why(session, lead_id).items
            for one in why.carried
        ]


def test_a_lead_is_assigned_by_a_strategy_where_nobody_has_it() -> None:
    store(rule("a", ["lead.created"], ANY, {"assign": {"strategy": "round_robin"}}))
    lead_id = take(email="a@example.com")
    assert owner(lead_id) is None
    act()
    assert owner(lead_id) is not None
    assert becomes(lead_id) == [("assign", "done", None)]


def test_a_lead_that_somebody_has_stays_with_them_unless_the_rule_says_so() -> None:
    store(rule("first", ["lead.created"], ANY, {"assign": {"rep": "ann"}}))
    lead_id = take(email="a@example.com")
    act()
    with unit_of_work() as session:
        first = owner(lead_id)
        get_lead(session, lead_id).industry = "retail"
    store(
        rule("kept", ["lead.updated"], ANY, {"assign": {"rep": "bob"}}),
        rule(
            "moved", ["lead.touched"], ANY, {"assign": {"rep": "bob", "reassign": True}}, priority=1
        ),
    )
    with unit_of_work() as session:
        get_lead(session, lead_id).industry = "food"
    act()
    assert owner(lead_id) == first
    assert ("assign", "nothing_done", "Somebody has the lead.") in becomes(lead_id)
    with unit_of_work() as session:
        made = session.scalars(select(Assignment).where(Assignment.lead_id == lead_id)).one()
        made.first_touch_at = now()
    act()
    assert fired("moved") == [lead_id]
    assert owner(lead_id) not in (None, first)


def test_people_are_told_and_whoever_stands_above_them() -> None:
    actions = {
        "assign": {"rep": "ann"},
        "notify": {"to": ["owner", "manager"], "reps": ["bob"]},
        "escalate": {},
    }
    store(rule("a", ["lead.created"], ANY, actions))
    lead_id = take(email="a@example.com")
    act()
    told = [(one["what"], one["to"]) for one in written("notify_rep")]
    assert sorted(told) == [
        ("rule", "manager"),
        ("rule", "rep"),
        ("rule", "rep"),
        ("watched", "manager"),
        ("watched", "team_lead"),
    ]
    assert all(one["lead_ids"] == [lead_id] for one in written("notify_rep"))


def test_where_nobody_has_the_lead_nobody_is_told_and_that_is_said() -> None:
    store(rule("a", ["lead.created"], ANY, {"notify": {"to": ["owner"]}, "escalate": {}}))
    lead_id = take(email="a@example.com")
    act()
    assert [(action, status) for action, status, _ in becomes(lead_id)] == [
        ("notify", "nothing_done"),
        ("escalate", "nothing_done"),
    ]


def test_a_deployment_is_started_once_with_its_cause() -> None:
    said = {"deployment": "train_model", "parameters": {"x": 1}, "with_lead": True}
    store(rule("a", ["lead.created"], ANY, {"start": said}))
    lead_id = take(email="a@example.com")
    with unit_of_work() as session:
        service.react(session, now())
    for _ in range(2):
        act()
    [started] = written("start_flow_run")
    assert started["parameters"] == {"x": 1, "lead_id": lead_id}
    assert (started["deployment"], started["tags"]) == ("train_model", ["rule:a"])


def test_what_became_of_a_start_is_what_became_of_its_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(rule("a", ["lead.created"], ANY, {"start": {"deployment": "train_model"}}))
    lead_id = take(email="a@example.com")

    def away(*_: object) -> str:
        raise OSError("Prefect is away.")

    with monkeypatch.context() as patch:
        patch.setattr(PrefectClient, "start_run", away)
        act()
        assert became_of(lead_id)[0] == ("start", "asked_for")
    monkeypatch.setattr(PrefectClient, "start_run", lambda *_: "run-1")
    with unit_of_work() as session:
        session.execute(update(OutboxRow).values(available_at=now()))
    drain(get_engine(), get_settings(), now)
    asked, result = became_of(lead_id)
    assert (asked, result["flow_run_id"]) == (("start", "done"), "run-1")
    with unit_of_work() as session:
        ended = {"status": "failed", "error": "There is no such deployment.", "result": None}
        starts = update(OutboxRow).where(OutboxRow.act == "start_flow_run")
        session.execute(starts.values(ended))
    assert became_of(lead_id)[0] == ("start", "failed")


def became_of(lead_id: str) -> tuple[tuple[str, str], dict[str, Any]]:
    """The one action of the one firing of a lead."""
    with unit_of_work() as session:
        [why] = service.why(session, lead_id).items
    [one] = why.carried
    return (one.action, one.status), dict(one.result)


def test_what_needs_an_approval_is_done_once_somebody_agrees() -> None:
    then = {"set": {"industry": "agreed"}, "assign": {"rep": "ann"}}
    store(rule("a", ["lead.created"], ANY, {"request_approval": {"then": then}}))
    lead_id = take(email="a@example.com")
    act()
    with unit_of_work() as session:
        [question] = session.scalars(select(Approval))
        assert (question.kind, question.subject_id) == ("rule_actions", lead_id)
        assert get_lead(session, lead_id).industry is None
        settle(session, question.id, now(), reason="good")
    act()
    with unit_of_work() as session:
        assert get_lead(session, lead_id).industry == "agreed"
    assert owner(lead_id) is not None


def test_what_is_rejected_is_not_done() -> None:
    then = {"set": {"industry": "agreed"}}
    store(rule("a", ["lead.created"], ANY, {"request_approval": {"then": then}}))
    lead_id = take(email="a@example.com")
    act()
    with unit_of_work() as session:
        [question] = session.scalars(select(Approval))
        settle(session, question.id, now(), decision="reject", reason="no")
    act()
    with unit_of_work() as session:
        assert get_lead(session, lead_id).industry is None


@pytest.mark.few(5)
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"on": ["lead.creatd"]}, "lead.created"),
        ({"on": ["lead.did.form_snt"]}, "form_sent"),
        ({"on": []}, "at least 1"),
        ({"on": ["lead.silent"]}, "silent_for"),
        ({"silent_for": "3d"}, "go together"),
        ({"actions": {}}, "say at least one of"),
        ({"actions": {"asign": {}}}, "Did you mean assign"),
        ({"actions": {"enrol": {"campaign": "welcome"}}}, "There is no such key"),
        ({"actions": {"assign": {"rep": "zoe"}}}, "There is no 'zoe'"),
        ({"actions": {"assign": {"rep": "ann", "strategy": "round_robin"}}}, "not both"),
        ({"actions": {"notify": {"to": []}}}, "to"),
        ({"actions": {"notify": {"reps": ["zoe"]}}}, "There is no 'zoe'"),
        ({"actions": {"set": {}}}, "at least one field"),
        ({"actions": {"set": {"email": "a@example.com"}}}, "a person's own"),
        ({"actions": {"set": {"budget": "lots"}}}, "budget"),
        ({"actions": {"request_approval": {"then": {"paint": {}}}}}, "then.paint"),
        ({"actions": {"request_approval": {"then": {"assign": {"rep": "zoe"}}}}}, "'zoe'"),
        ({"limits": {"within": "3d"}}, "per_lead"),
        ({"limits": {"per_day": 0}}, "at least 1"),
        ({"hours": {"zone": "Mars", "week": {"mon": ["08:00-17:00"]}}}, "time zone"),
        ({"hours": {"zone": "UTC", "week": {"mon": ["8-17"]}}}, "09:00-17:00"),
        ({"stp": True}, "Did you mean stop"),
        ({"conditions": equals(**{"event.levl": "hot"})}, "event"),
    ],
)
def test_what_cannot_be_done_is_refused(more: dict[str, Any], said: str) -> None:
    written_rule = rule("a", ["lead.created"], ANY, {"escalate": {}}) | more
    with pytest.raises(RuleSetInvalid, match=said):
        store(written_rule)


def test_rules_that_would_never_end_are_refused_by_name() -> None:
    with pytest.raises(RuleSetInvalid, match=r"without end: (a → b → a|b → a → b)"):
        store(
            rule("a", ["lead.updated"], equals(industry="x"), {"set": {"industry": "y"}}),
            rule("b", ["lead.updated"], equals(industry="y"), {"set": {"industry": "x"}}),
        )


def test_rules_of_leads_know_nothing_of_what_has_just_happened() -> None:
    only = {"rule_id": "a", "name": "a", "conditions": equals(**{"event.type": "lead.created"})}
    with (
        pytest.raises(RuleSetInvalid, match="known to workflow rules only"),
        unit_of_work() as session,
    ):
        read_rules(session, "assignment", {"rules": [only | {"actions": {}}]})


def test_rules_are_tried_on_the_past_and_why_is_answered(client: TestClient) -> None:
    lead_id = take(email="a@example.com", industry="retail")
    rules = {
        "rules": [rule("shops", ["lead.created"], equals(industry="retail"), {"escalate": {}})]
    }
    tried = client.post("/rules/workflow/dry-run", json=rules)
    assert tried.status_code == 200, tried.text
    assert tried.json()["per_rule"] == {"shops": {"fired": 1}}
    assert tried.json()["fired"][0]["lead_id"] == lead_id
    assert client.get(f"/leads/{lead_id}/rules").json()["items"] == []
    put = client.put("/rules/workflow", json=rules)
    assert put.status_code == 201, put.text
    other = take(email="b@example.com", industry="retail")
    act()
    [firing] = client.get(f"/leads/{other}/rules").json()["items"]
    assert (firing["rule_id"], firing["version"], firing["status"]) == ("shops", 1, "fired")
    assert firing["actions"][0]["status"] == "nothing_done"
    assert client.get("/leads/lead_none/rules").status_code == 404


def test_tags_and_tasks_are_left_with_the_lead_and_set_other_rules_off() -> None:
    store(
        rule(
            "in",
            ["lead.created"],
            ANY,
            {"tag": ["VIP", "new"], "add_task": {"what": "Call", "within": "4h"}},
        ),
        rule("out", ["lead.tagged"], equals(**{"event.tag": "vip"}), {"untag": ["new"]}),
    )
    lead_id = take(email="a@example.com")
    act(rounds=2)
    with unit_of_work() as session:
        assert tags_of(session, [lead_id]) == {lead_id: ["vip"]}
        [task] = tasks_of(session, lead_id)
        assert (task.what, task.created_by) == ("Call", "rule:in")
        assert task.due_at is not None
    assert fired("out") == [lead_id]


def test_an_endpoint_is_called_once_with_the_rule() -> None:
    with unit_of_work() as session:
        given = EndpointIn(name="crm", url="https://example.com/hook", types=["lead.converted"])
        add(session, given, "test", now(), get_settings(), may_personal=False)
    store(rule("a", ["lead.created"], ANY, {"call_webhook": {"endpoint": "crm"}}))
    lead_id = take(email="a@example.com")
    with unit_of_work() as session:
        service.react(session, now())
    act()
    with unit_of_work() as session:
        [message] = session.scalars(select(Message).where(Message.lead_id == lead_id))
        assert message.facts == {"rule": "a"}
    with pytest.raises(RuleSetInvalid, match="leadflow endpoints"):
        store(rule("a", ["lead.created"], ANY, {"call_webhook": {"endpoint": "other"}}))

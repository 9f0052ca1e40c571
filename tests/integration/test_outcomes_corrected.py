"""An outcome can be corrected and a lead opened again, at every door; labels, status, value and
reports follow, and the log keeps what was said before."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from leadflow.assignment.routing.sweep import sweep, sweep_is_due
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.track_record import mature
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.intake.files import ImportSummary, import_file
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.outcomes.log import said_of
from leadflow.leads.tables import ChangedLead, Outcome
from leadflow.scoring.serving.feature_frames import read_training_set
from leadflow.settings import get_settings

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
MAPPING: dict[str, Any] = {
    "source": "crm",
    "key": "id",
    "fields": {"email": "mail"},
    "created_at": "since",
    "outcome": {
        "column": "stage",
        "converted": ["Won"],
        "lost": ["Lost"],
        "open": ["Talking"],
        "at": "closed",
        "value": "worth",
        "currency": "EUR",
    },
}


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="seconds")


def row(stage: str, closed: float | None = 150, worth: str = "", key: str = "1") -> dict[str, Any]:
    day = None if closed is None else ago(closed)
    return {
        "id": key,
        "mail": "a@x.example.com",
        "since": ago(300),
        "stage": stage,
        "closed": day,
        "worth": worth,
    }


class Door:
    """A company's file, brought in again and again, and the API beside it."""

    def __init__(self, client: TestClient, folder: Path) -> None:
        self.client, self.folder, self.times = client, folder, 0

    def file(self, *rows: dict[str, Any], **mapping: Any) -> ImportSummary:
        self.times += 1
        path = self.folder / f"{self.times}.jsonl"
        path.write_text("\n".join(json.dumps(one) for one in rows))
        said = parse_mapping(MAPPING | mapping)
        return import_file(path, said, get_settings(), get_engine(), datetime.now(UTC))

    def tell(self, lead: str, outcome: str, days: float | None = None, **more: Any) -> Any:
        day = {} if days is None else {"occurred_at": ago(days)}
        answer = self.client.post(f"/leads/{lead}/outcomes", json={"outcome": outcome} | day | more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def did(self, lead: str, kind: str, days: float) -> Any:
        event = {"type": kind, "occurred_at": ago(days)}
        return self.client.post(f"/leads/{lead}/events", json=event).json()

    def lead(self) -> str:
        with unit_of_work() as session:
            return str(session.execute(text("SELECT id FROM leads")).scalar_one())

    def status(self, lead: str) -> Any:
        return self.client.get(f"/leads/{lead}/status").json()["outcome"]


@pytest.fixture
def door(client: TestClient, tmp_path: Path) -> Door:
    return Door(client, tmp_path)


def known() -> dict[str, tuple[str, int | None]]:
    with unit_of_work() as session:
        rows = session.execute(select(Outcome.lead_id, Outcome.outcome, Outcome.value_minor))
        return {lead: (outcome, value) for lead, outcome, value in rows}


def labels(after: float = 0) -> list[int]:
    """Of every lead that can be learned from: whether it converted, looked at from 300 days ago."""
    with unit_of_work() as session:
        found = read_training_set(session, NOW + timedelta(days=after), timedelta(days=200))
        return [int(one) for one in found.converted]


def log(lead: str) -> list[str]:
    with unit_of_work() as session:
        return [one.said for one in said_of(session, lead)]


def test_won_on_import_then_lost_on_the_same_day_is_lost_everywhere(door: Door) -> None:
    assert door.file(row("Won", worth="500")).stored.outcomes == 1
    lead = door.lead()
    assert (known()[lead], labels(), door.status(lead)) == (("converted", 50_000), [1], "converted")
    assert door.file(row("Lost", worth="500")).stored.outcomes == 1
    assert (known()[lead], labels(), door.status(lead)) == (("lost", None), [0], "lost")
    assert log(lead) == ["converted", "lost"]
    door.file(row("Won"))
    assert (known()[lead], labels()) == (("converted", 50_000), [1])


def test_a_file_that_says_again_what_it_said_undoes_no_correction(door: Door) -> None:
    door.file(row("Won", worth="500"))
    lead = door.lead()
    assert door.tell(lead, "lost", 150)["created"]
    more = row("Won", worth="500") | {"more": "another file"}
    assert door.file(more).stored.outcomes == 0
    assert (known()[lead], log(lead)) == (("lost", None), ["converted", "lost"])
    door.file(row("Won", 140, worth="700"))
    assert known()[lead] == ("converted", 70_000)


def test_a_stage_that_is_open_again_takes_the_end_back_once(door: Door) -> None:
    door.file(row("Lost"))
    lead = door.lead()
    with unit_of_work() as session:
        session.execute(text("DELETE FROM changed_leads"))
    assert door.file(row("Talking", None)).stored.outcomes == 1
    assert (known(), door.status(lead), log(lead)) == ({}, None, ["lost", "reopened"])
    with unit_of_work() as session:
        assert session.scalars(select(ChangedLead.lead_id)).all() == [lead]
    again = row("Talking", None) | {"more": "the next day"}
    assert door.file(again).stored.outcomes == 0
    assert door.file(row("Won", 1)).stored.outcomes == 1
    assert known()[lead][0] == "converted"


def test_a_stage_that_was_open_all_along_says_nothing_of_what_somebody_else_knows(
    door: Door,
) -> None:
    door.file(row("Talking", None))
    lead = door.lead()
    door.tell(lead, "lost")
    door.file(row("Talking", None) | {"more": "the next day"})
    assert door.status(lead) == "lost"


@pytest.mark.long
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_deals_of_one_person_the_won_one_counts(door: Door, order: tuple[int, int]) -> None:
    deals = [row("Won", 150, "500", "1"), row("Lost", 100, key="2")]
    door.file(*(deals[place] for place in order))
    assert list(known().values()) == [("converted", 50_000)]
    # The other one being open again takes nothing back.
    door.file(row("Talking", None, key="2"))
    assert list(known().values()) == [("converted", 50_000)]


def test_a_file_without_days_of_ends_can_close_a_lead_that_was_opened_again(door: Door) -> None:
    undated = {k: v for k, v in MAPPING["outcome"].items() if k != "at"} | {"after": "14d"}
    door.file(row("Lost"), outcome=undated)
    lead = door.lead()
    door.tell(lead, "reopened")
    assert door.status(lead) is None
    door.file(row("Won", worth="9"), outcome=undated)
    assert known()[lead] == ("converted", 900)


def test_a_lost_customer_who_writes_again_is_open_and_one_who_only_reads_is_not(door: Door) -> None:
    door.file(row("Lost", 20))
    lead = door.lead()
    assert door.did(lead, "form_sent", 30)["next_step"] == "Nothing: the lead has been lost."
    assert door.did(lead, "email_open", 1)["next_step"] == "Nothing: the lead has been lost."
    assert not door.did(lead, "form_sent", 1)["next_step"].startswith("Nothing")
    assert (door.status(lead), log(lead)) == (None, ["lost", "returned"])


def test_a_customer_who_writes_again_stays_a_customer(door: Door) -> None:
    door.file(row("Won", 150, worth="500"))
    lead = door.lead()
    door.did(lead, "form_sent", 20)
    assert (known()[lead], labels()) == (("converted", 50_000), [1])


LIFE = (("lost", 200), ("form_sent", 150), ("converted", 120))


@pytest.mark.long
def test_facts_of_different_days_end_alike_in_whatever_order_they_come(door: Door) -> None:
    orders = list(permutations(LIFE))
    names = [f"p{number}@x.example.com" for number in range(len(orders))]
    door.file(*(row("Talking", None, key=name) | {"mail": name} for name in names))
    with unit_of_work() as session:
        leads = session.scalars(text("SELECT id FROM leads ORDER BY external_id")).all()
    for lead, order in zip(leads, orders, strict=True):
        for what, days in order:
            if what == "form_sent":
                door.did(lead, what, days)
            else:
                door.tell(lead, what, days, **({"value": 5} if what == "converted" else {}))
    assert known() == dict.fromkeys(leads, ("converted", 500))
    assert labels() == [1] * len(orders)
    with unit_of_work() as session:
        times = session.execute(text("SELECT lost_at, reopened_at FROM reopened_losses")).all()
        rounded = {(round((NOW - a) / DAY), round((NOW - b) / DAY)) for a, b in times}
        assert (len(times), rounded) == (len(orders), {(200, 150)})
        # While it was lost nobody scored it, and so nothing is learned of it as an open lead.
        session.execute(text("UPDATE leads SET created_at = :at"), {"at": times[0][0]})
    assert labels() == []


def test_a_conversion_that_is_taken_back_is_none_and_a_reopening_that_was_known_is_said_so(
    door: Door,
) -> None:
    door.file(row("Won", worth="500"))
    lead = door.lead()
    taken = door.tell(lead, "reopened")
    assert (taken["created"], taken["stands"], taken["value"]) == (True, True, None)
    assert not taken["next_step"].startswith("Nothing")
    assert (known(), labels()) == ({}, [0])
    assert not door.tell(lead, "reopened")["created"]
    assert log(lead) == ["converted", "reopened"]


def test_what_is_said_of_an_earlier_time_is_kept_and_said_not_to_stand(door: Door) -> None:
    door.file(row("Talking", None))
    lead = door.lead()
    door.tell(lead, "lost", 100)
    door.tell(lead, "reopened", 50)
    told = door.tell(lead, "converted", 80, value=7, currency="EUR")
    assert (told["stands"], told["outcome"], told["value"]) == (False, "converted", 7.0)
    assert door.status(lead) is None


def test_a_lead_without_an_end_can_be_said_to_be_open_and_nothing_changes(door: Door) -> None:
    door.file(row("Talking", None))
    lead = door.lead()
    assert not door.tell(lead, "reopened")["created"]
    assert log(lead) == []
    refused = door.client.post(f"/leads/{lead}/outcomes", json={"outcome": "reopened", "value": 5})
    assert refused.status_code == 422


def test_a_rule_opens_a_lost_lead_once_and_the_sweep_finds_it(door: Door) -> None:
    door.file(row("Lost", 200))
    lead = door.lead()
    rule = {
        "rule_id": "half_a_year",
        "name": "Lost for half a year",
        "conditions": {"lost_days": {"operator": "greater_than", "value": 180}},
        "actions": {"reopen": True},
    }
    stored = door.client.put("/rules/reopening", json={"rules": [rule]})
    assert stored.status_code == 201, stored.text
    with unit_of_work() as session:
        assert sweep_is_due(session, get_settings(), datetime.now(UTC))
        sweep(session, get_settings(), None, datetime.now(UTC))
    assert (door.status(lead), log(lead)) == (None, ["lost", "returned"])
    door.tell(lead, "lost")
    with unit_of_work() as session:
        session.execute(text("UPDATE outcomes SET occurred_at = now() - interval '200 days'"))
        assert not sweep_is_due(session, get_settings(), datetime.now(UTC))
        sweep(session, get_settings(), None, datetime.now(UTC))
    assert door.status(lead) == "lost"
    refused = door.client.put(
        "/rules/reopening", json={"rules": [rule | {"actions": {"reopen": False}}]}
    )
    assert refused.status_code == 422


def test_what_an_assignment_ended_by_follows_and_who_lost_a_lead_has_not_won_it(
    door: Door, tmp_path: Path
) -> None:
    door.file(row("Talking", None))
    lead = door.lead()
    team = tmp_path / "team.yaml"
    team.write_text("reps:\n  - {id: one, name: One, capacity: 1}")
    with unit_of_work() as session:
        store_team(session, load_team(team))
        rep_id = session.scalars(select(Rep.id)).one()
        session.add(
            Assignment(
                lead_id=lead,
                rep_id=rep_id,
                source="request",
                reason="x",
                assigned_by="test",
                strategy="fair",
                segment="",
                probability=0.5,
                assigned_at=NOW - timedelta(days=250),
            )
        )

    def record() -> list[tuple[str | None, int]]:
        with unit_of_work() as session:
            judged = session.execute(mature(NOW, timedelta(days=200))).all()
            reasons = session.scalars(select(Assignment.end_reason)).all()
            return [(reasons[0], one.converted) for one in judged] or [(reasons[0], -1)]

    door.tell(lead, "converted", 150)
    assert record() == [("converted", 1)]
    door.tell(lead, "lost", 150)
    assert record() == [("lost", 0)]
    door.tell(lead, "converted", 150)
    assert record() == [("converted", 1)]
    door.tell(lead, "reopened")
    assert record() == [("reopened", -1)]

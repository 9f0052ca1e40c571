"""A change is held against what came before, beside what counts today; nothing is stored."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from leadflow.configuration.kinds import KINDS
from leadflow.drafts.trials.catalogue import TRIALS, WHY_NOT, try_out
from leadflow.drafts.trials.trial import Trial
from leadflow.leads.tables import Lead, Outcome
from leadflow.rules.segments import service as segments
from leadflow.sources import service as sources
from leadflow.sources.accepting import Arrival, accept
from leadflow.sources.definitions import parse_sources
from tests.integration.configuration.made_up import NOW


def rows(trial: Trial, heading: str) -> dict[str, tuple[int, int]]:
    [table] = [one for one in trial.tables if one.heading == heading]
    return {one.name: (one.now, one.then) for one in table.rows}


def tried(session: Session, kind: str, content: Any, now: datetime = NOW) -> Trial:
    trial = try_out(session, kind, content, now)
    assert trial is not None
    return trial


def of(industry: str) -> dict[str, Any]:
    return {"conditions": {"industry": {"operator": "equals", "value": industry}}}


@pytest.fixture
def leads(session: Session) -> dict[str, str]:
    made = {
        name: Lead(source="test", industry=name, created_at=NOW, known_from=NOW)
        for name in ("retail", "finance", "energy")
    }
    session.add_all(made.values())
    session.flush()
    return {lead.id: name for name, lead in made.items()}


def test_segments_say_who_would_come_in_and_go_out(session: Session, leads: dict[str, str]) -> None:
    within = {"conditions": {"segments": {"operator": "contains", "value": "shops"}}}
    segments.apply(session, {"segments": {"shops": of("retail"), "large": within}}, "test", NOW)
    trial = tried(session, "segments", {"segments": {"shops": of("finance"), "new": of("energy")}})
    assert trial.finding == "3 leads would come in, and 2 go out."
    assert rows(trial, "Leads in it") == {"shops": (1, 1), "large": (1, 1), "new": (0, 1)}
    ways = {(leads[one.id], one.then, one.why) for one in trial.differing}
    assert ("finance", "in it", "the segment shops") in ways
    assert ("retail", "not in it", "the segment large") in ways
    same = tried(session, "segments", {"segments": {"shops": of("retail")}})
    assert same.finding == "Each segment would have the leads that it has."
    assert segments.segments_now(session)["shops"].version == 1


def source(**fields: str) -> dict[str, Any]:
    return {"sources": {"fair": {"scheme": "token", "mapping": {"key": "id", "fields": fields}}}}


def test_sources_say_how_their_newest_deliveries_would_be_read(session: Session) -> None:
    before = source(email="mail")
    sources.apply(session, parse_sources(before), "test", NOW)
    nothing = tried(session, "sources", source(email="m"))
    assert "Nothing has been delivered yet" in nothing.finding
    bodies = [{"id": "1", "mail": "a@shop.example", "firm": "Shop"}, {"id": "2", "firm": "Bank"}]
    came = [Arrival("fair", None, json.dumps(body).encode()) for body in bodies]
    now = datetime.now(UTC)
    accept(session, came, now)
    after = tried(session, "sources", source(email="mail", company_name="firm"), now)
    assert after.finding.startswith("2 of 2 deliveries would be read in another way")
    fields = rows(after, "Field, in how many records")
    assert fields["company_name"][1] > fields.get("company_name", (0, 0))[0]
    assert any("company_name" in one.why for one in after.differing)
    assert "shop.example" not in str(after)
    worse = tried(session, "sources", source(email="firm"), now)
    assert rows(worse, "What is read")["deliveries set aside"][1] > 0
    assert "set aside" in {one.then.partition(":")[0] for one in worse.differing}


def test_rules_that_open_lost_leads_say_which(session: Session, leads: dict[str, str]) -> None:
    for lead in leads:
        lost = NOW - timedelta(days=1)
        session.add(
            Outcome(lead_id=lead, outcome="lost", occurred_at=lost, known_at=lost, source="test")
        )
    session.flush()
    rule = {"rule_id": "shops", "name": "Shops", "actions": {"reopen": True}} | of("retail")
    trial = tried(session, "rules/reopening", {"rules": [rule]})
    assert trial.finding == "1 of 3 lost leads would be open again; by today's rules 0."
    assert [leads[one.id] for one in trial.differing] == ["retail"]


def test_every_kind_is_tried_or_says_why_not() -> None:
    assert TRIALS.keys() | WHY_NOT.keys() == KINDS.keys()
    assert TRIALS.keys() & WHY_NOT.keys() == set()

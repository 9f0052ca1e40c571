"""What becomes of leads in campaigns is told as it happens, and acted on; an installation has the
welcome series and the rule that enrols in it from the start."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from leadflow.campaigns.definitions.reading import read_campaigns
from leadflow.campaigns.files import campaign_files, read_files
from leadflow.campaigns.shipped import welcome
from leadflow.campaigns.shipped.rules import WELCOME
from leadflow.campaigns.store import service
from leadflow.database.engine import unit_of_work
from leadflow.domain_events.service import want_only
from leadflow.domain_events.tables import DomainEvent
from leadflow.leads.events.own_types import declare, load_event_types
from leadflow.rules.field_catalogue import known_names
from leadflow.workflow.catalogue import ACTIONS, model_of
from leadflow.workflow.service import rules_in_use
from leadflow.workflow.wanting import want
from tests.integration.campaigns.running import NAME, enrolments, hand_over, launch, sweep
from tests.integration.workflow import acting

EXAMPLES = Path("examples")
KNOWN = {"source": {"operator": "exists"}}


def told(*types: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of these types in their order, without the ids of enrolments."""
    with unit_of_work() as session:
        rows = session.scalars(
            select(DomainEvent).where(DomainEvent.type.in_(types)).order_by(DomainEvent.id)
        )
        return [
            (row.type, {name: of for name, of in row.facts.items() if name != "enrollment_id"})
            for row in rows
        ]


def go_through() -> None:
    """Let the time pass that the campaign takes."""
    sweep()
    hand_over()
    sweep(timedelta(days=3))


def test_who_comes_in_and_how_it_ends_is_told_in_the_same_transaction(store: Engine) -> None:
    launch()
    with unit_of_work() as session:
        want_only(session, "test", ["lead.enrolled", "lead.campaign_ended"])
    acting.store(acting.rule("in", ["lead.created"], KNOWN, {"enroll": {"campaign": NAME}}))
    acting.take(email="ada@example.com")
    acting.act()
    assert told("lead.enrolled") == [("lead.enrolled", {"campaign": NAME})]
    go_through()
    assert [row.ended_as for row in enrolments()] == ["finished"]
    ended = {"campaign": NAME, "ended_as": "finished"}
    assert told("lead.campaign_ended") == [("lead.campaign_ended", ended)]


def test_the_end_of_one_series_is_the_beginning_of_another(store: Engine) -> None:
    launch()
    launch(name="next")
    of_it = {"event.campaign": {"operator": "equals", "value": NAME}}
    acting.store(
        acting.rule("in", ["lead.created"], KNOWN, {"enroll": {"campaign": NAME}}),
        acting.rule("on", ["lead.campaign_ended"], of_it, {"enroll": {"campaign": "next"}}),
    )
    acting.take(email="ada@example.com")
    acting.act()
    go_through()
    acting.act()
    assert sorted(row.campaign for row in enrolments()) == ["next", NAME]


def test_the_welcome_series_is_a_draft_that_the_rule_enrols_in_once_it_is_launched(
    store: Engine,
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        assert welcome.put_in(session, now)
        assert not welcome.put_in(session, now)
        assert service.read_campaign(session, WELCOME).state == "draft"
        assert "warm_or_hot" in {rule.rule_id for rule in rules_in_use(session).rules.in_order}
        want(session, rules_in_use(session).rules)
    acting.take(email="ada@example.com", company_size=500, budget=200000, currency="EUR")
    acting.act()
    assert enrolments() == []
    with unit_of_work() as session:
        service.launch(session, WELCOME, "test", now)
    acting.take(
        email="cto@bigcorp.com",
        job_title="CTO",
        company_size=2000,
        budget=500000,
        currency="EUR",
        timeline="immediately",
    )
    acting.act()
    assert [(row.campaign, row.enrolled_by) for row in enrolments()] == [
        (WELCOME, "rule:warm_or_hot")
    ]


def test_the_examples_can_be_stored_once_their_events_and_attributes_are_there(
    store: Engine,
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        declare(session, load_event_types(EXAMPLES / "event_types.yaml"), "test", now)
    acting.take(
        email="ada@example.com",
        attributes={
            "demo_at": "2026-12-24T10:00:00Z",
            "plan": "pro",
            "renews_at": "2026-12-31",
            "seats_used": 9,
            "trial_ends_at": "2026-12-20",
        },
    )
    with unit_of_work() as session:
        known = known_names(session)

        def read(content: Any) -> Any:
            return read_campaigns(content, model_of(ACTIONS.values()), known)

        files = read_files(campaign_files([EXAMPLES / "campaigns"]), read)
        for programs in files.values():
            service.apply(session, programs, "test", now)
        assert len(service.campaigns_now(session)) == 8


@pytest.mark.parametrize("beside", [EXAMPLES / "campaigns" / "welcome_series.yaml"])
def test_the_example_is_what_is_shipped(beside: Path) -> None:
    assert beside.read_bytes() == welcome.FILE.read_bytes()

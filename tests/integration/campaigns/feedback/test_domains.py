"""Opens and clicks count by the domain of whoever was written to, machines beside people."""

import re
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from leadflow.campaigns.feedback.domains import ByDomain, by_domain
from leadflow.campaigns.tables import CampaignMessage
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from tests.integration.campaigns.feedback.noting import accept, happened, sent, tell
from tests.integration.campaigns.running import NAME, STEPS, enrol, launch, sweep
from tests.integration.workflow import acting
from tests.terminal import told_to_programs


def found() -> list[ByDomain]:
    with unit_of_work() as session:
        return by_domain(session, NAME)


def written_to(*addresses: str) -> list[str]:
    """Each has been sent a message; their ids."""
    launch(STEPS[:1])
    leads = [acting.take(email=address) for address in addresses]
    for lead in leads:
        enrol(lead)
    sweep()
    accept()
    with unit_of_work() as session:
        rows = session.execute(select(CampaignMessage.lead_id, CampaignMessage.id))
        of = dict(rows.tuples().all())
    return [of[lead] for lead in leads]


def test_a_domain_is_told_by_its_name_from_five_leads_on(store: Engine) -> None:
    messages = sent(5)
    for number, message in enumerate(messages, start=1):
        tell(happened("clicked", message, link=1, machine="scanner"))
        tell(happened("opened", message, machine="scanner"))
        [shown] = found()
        assert shown.leads == number
        assert shown.domain == ("example.com" if number == 5 else None)
    tell(happened("opened", messages[0]), happened("opened", messages[0]))
    [shown] = found()
    assert shown == ByDomain("example.com", 5, 1, 5, 0, 5)
    assert round(shown.by_machine, 3) == 0.909


def test_the_mails_of_one_person_never_tell_a_domain(store: Engine) -> None:
    launch(STEPS[:1], reentry={"allow": "per_key"})
    lead = acting.take(email="ada@ada.example")
    for number in range(6):
        enrol(lead, key=str(number))
    sweep()
    accept()
    with unit_of_work() as session:
        ids = session.scalars(select(CampaignMessage.id)).all()
    tell(*(happened("opened", one) for one in ids[:3]))
    tell(*(happened("opened", one) for one in ids))
    assert found() == [ByDomain(None, 1, 6, 0, 0, 0)]


def test_small_domains_stand_together_and_in_the_store_none_is_readable(store: Engine) -> None:
    large = [f"lead{number}@Large.example" for number in range(5)]
    messages = written_to(*large, "ada@small.example", "bob@tiny.example")
    tell(*(happened("opened", one, machine="prefetch") for one in messages))
    assert found() == [ByDomain("large.example", 5, 0, 5, 0, 0), ByDomain(None, 2, 0, 2, 0, 0)]
    with unit_of_work() as session:
        rows = session.scalars(text("SELECT domain_figures::text FROM domain_figures")).all()
        named = session.scalar(text("SELECT count(domain) FROM domain_figures"))
    assert (len(rows), named) == (6, 1)
    assert not [row for row in rows if "example" in row]


def test_what_was_told_before_and_what_went_to_an_earlier_address_count_for_no_domain(
    store: Engine,
) -> None:
    first, second = written_to("ada@small.example", "bob@small.example")
    tell(happened("opened", first))
    tell(happened("opened", first), happened("delivered", second))
    assert found() == [ByDomain(None, 1, 1, 0, 0, 0)]
    with unit_of_work() as session:
        lead = session.get_one(Lead, session.get_one(CampaignMessage, second).lead_id)
        lead.email, lead.email_index = "bob@other.example", "another"
    tell(happened("opened", second), later=timedelta(hours=1))
    assert found() == [ByDomain(None, 1, 1, 0, 0, 0)]


def test_pages_the_command_and_the_api_say_the_same(client: TestClient, store: Engine) -> None:
    messages = sent(5)
    tell(*(happened("clicked", one, link=1, machine="scanner") for one in messages))
    tell(happened("clicked", messages[0], link=1))
    answer = client.get(f"/campaigns/{NAME}").json()
    assert answer["domains"] == [
        {
            "domain": "example.com",
            "leads": 5,
            "opened": 0,
            "opened_by_machine": 0,
            "clicked": 1,
            "clicked_by_machine": 5,
            "by_machine": 0.8333,
        }
    ]
    shown = CliRunner().invoke(app, ["campaigns", "show", NAME]).output
    assert re.search(r"example.com\s+5\s+0 \+ 0\s+1 \+ 5\s+83%", shown), shown
    assert told_to_programs("campaigns", "show", NAME).items() >= answer.items()
    page = client.get(f"/console/campaigns/{NAME}").text
    assert re.search(r"<td>example.com</td>.*83%", page, re.DOTALL)

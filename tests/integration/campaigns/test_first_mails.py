"""A preview shows what five leads would get, by their own values, and keeps nothing of it."""

from datetime import UTC, datetime

from sqlalchemy import Engine
from typer.testing import CliRunner

from leadflow.campaigns.first_mails import FirstMail, first_mails
from leadflow.campaigns.launch_question import launch_question
from leadflow.campaigns.previewing import Preview, might_come_in, preview
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.store.service import read_campaign
from leadflow.channels.email.rendering import Rendered
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tests.integration.campaigns.running import NAME, STEPS, launch
from tests.integration.campaigns.test_campaigns_run import say
from tests.integration.workflow import acting
from tests.unit.campaigns.written import laid_out, program

LARGE = {"company_size": {"operator": "greater_than", "value": 500}}
MADE = program(
    [
        {"step": "how", "switch": [{"when": LARGE, "then": "large"}, {"then": "small"}]},
        {"step": "large", "send": "large", "then": "end"},
        {"step": "small", "send": "small"},
    ],
    purpose="service",
    enter={"when": {"company_size": {"operator": "exists"}}},
    contents={
        name: {
            "subject": f'{name} {{{{ lead.first_name | fallback("friend") }}}}',
            "body": laid_out("Hello"),
        }
        for name in ("large", "small")
    },
)


def shown() -> tuple[Preview, list[FirstMail]]:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        found = preview(session, MADE, now)
        return found, first_mails(session, MADE, found.first, get_settings(), now)


def test_five_leads_are_shown_what_each_would_get_and_always_the_same_five(store: Engine) -> None:
    names = {
        acting.take(email=f"{number}@example.com", first_name=f"N{number}", company_size=size): (
            f"{'large' if size > 500 else 'small'} N{number}"
        )
        for number, size in enumerate([10, 900] * 4)
    }
    found, mails = shown()
    assert (found.audience, len(mails)) == (8, 5)
    for one in mails:
        assert isinstance(one.mail, Rendered)
        assert one.mail.subject == names[one.lead_id]
    assert [one.lead_id for one in shown()[1]] == [one.lead_id for one in mails]


def test_where_nobody_would_come_in_there_is_nothing_to_show(store: Engine) -> None:
    found, mails = shown()
    assert (found.audience, mails) == (0, [])


def test_a_preview_says_how_many_get_no_mail_and_why(store: Engine) -> None:
    made = program(STEPS[:1], enter={"when": {"company_size": {"operator": "exists"}}})
    leads = [acting.take(email=f"n{n}@example.com", company_size=9) for n in range(4)]
    say(leads[0], True, "form")
    say(leads[1], False, "unsubscribe_link")
    with unit_of_work() as session:
        found = preview(session, made, datetime.now(UTC))
    assert (found.audience, found.entries) == (4, {"enrolled": 4})
    assert found.withheld == {"no_consent": 2, "opted_out": 1}


def test_where_leads_come_in_by_what_happens_those_are_shown_that_fit(store: Engine) -> None:
    told = {"event.level": {"operator": "equals", "value": "hot"}}
    when = {"company_size": {"operator": "greater_than", "value": 500}, **told}
    enter = {"on": ["lead.level_changed"], "when": when}
    made = program(STEPS[:1], purpose="service", enter=enter)
    leads = [acting.take(email=f"n{n}@example.com", company_size=n * 400) for n in range(4)]
    now = datetime.now(UTC)
    with unit_of_work() as session:
        some = might_come_in(session, made, now)
        mails = first_mails(session, made, some, get_settings(), now)
        by_name = might_come_in(session, program(STEPS[:1]), now)
        at_all = program(STEPS[:1], enter={"on": ["lead.level_changed"], "when": told})
        assert sorted(might_come_in(session, at_all, now)) == sorted(leads)
    assert sorted(some) == sorted(leads[2:])
    assert sorted(one.lead_id for one in mails) == sorted(some)
    assert sorted(by_name) == sorted(leads)


def test_where_leads_come_in_by_name_that_is_said_and_asked(store: Engine) -> None:
    launch(STEPS)
    launch([*STEPS, {"step": "third", "wait": "P1D"}])
    output = CliRunner().invoke(app, ["campaigns", "preview", NAME]).output
    assert "Leads come in by name alone: from a list" in " ".join(output.split())
    assert "Audience" not in output


def test_whoever_approves_reads_what_is_sent_and_what_is_done(store: Engine) -> None:
    launch([*STEPS, {"step": "tags", "do": {"tag": ["nurtured"]}}])
    with unit_of_work() as session:
        stored = read_campaign(session, NAME)
        program = programs(session, [(NAME, stored.version)])[NAME, stored.version]
        shown = preview(session, program, datetime.now(UTC))
    said = launch_question(program, stored.version, shown, "https://leads.example.com")
    assert said.startswith(f"# Launch A series ({NAME}), version 1?")
    assert "Leads come in by name alone" in said
    assert f"(https://leads.example.com/console/campaigns/{NAME})" in said
    assert "1. **hello**: Sends “Hello”" in said
    assert "2. **pause**: Waits 2 days" in said
    assert "4. **tags**: Does: tag" in said
    assert "### Hello" in said
    words = said.partition("## What it sends")[2]
    assert len([line for line in words.splitlines() if line.startswith("    ")]) >= 2


def test_the_command_shows_a_mail_or_says_why_there_is_none(store: Engine) -> None:
    launch(STEPS[:1], purpose="marketing", enter={"on": ["lead.level_changed"]})
    asked = ["campaigns", "preview", NAME]
    assert "No mail is shown: no lead fits" in CliRunner().invoke(app, asked).output
    lead = acting.take(email="ada@example.com")
    assert "none of the leads looked at that fit may" in CliRunner().invoke(app, asked).output
    say(lead, True, "form")
    assert f"1. {lead} would get hello first" in CliRunner().invoke(app, asked).output

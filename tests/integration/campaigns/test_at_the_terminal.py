"""What the commands of campaigns say of messages: figures, a few at a time, of one campaign."""

import re
from datetime import UTC, datetime

from sqlalchemy import Engine
from typer.testing import CliRunner

from leadflow.campaigns.definitions.reading import read_campaigns
from leadflow.campaigns.store import service
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.workflow.catalogue import ACTIONS, model_of
from tests.integration.campaigns.running import NAME, STEPS, enrol, hand_over, launch, sweep
from tests.integration.workflow import acting
from tests.terminal import sign_in, told_to_programs
from tests.unit.campaigns.written import campaign


def said(*command: str, columns: int = 300) -> str:
    told = CliRunner().invoke(app, command, env={"COLUMNS": str(columns)})
    assert told.exit_code == 0, told.output
    return told.output


def test_messages_are_shown_of_one_campaign_and_more_of_them_on_request(store: Engine) -> None:
    sign_in("mark", "marketing_manager")
    launch(STEPS[:1])
    launch(STEPS[:1], "other")
    for number in range(3):
        enrol(acting.take(email=f"n{number}@example.com"))
    enrol(acting.take(email="ada@example.com"), "other")
    sweep()
    assert len(re.findall("msg_", said("campaigns", "messages"))) == 4
    first = said("campaigns", "messages", "--campaign", NAME, "--status", "planned", "--limit", "2")
    more = re.search(r"There are more. See them: leadflow (campaigns messages .*)", first)
    assert more is not None
    assert len(re.findall("msg_", first)) == 2
    assert f"--campaign {NAME} --status planned --limit 2 --after" in more[1]
    rest = said(*more[1].split())
    assert len(re.findall("msg_", rest)) == 1
    assert "There are more" not in rest
    missing = CliRunner().invoke(app, ["campaigns", "messages", "--campaign", "serie"])
    assert missing.exit_code != 0


def test_a_campaign_shows_what_became_of_its_messages(store: Engine) -> None:
    sign_in("mark", "marketing_manager")
    launch(STEPS, purpose="marketing")
    launch(STEPS, "other")
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    enrol(lead, "other")
    sweep()
    shown = said("campaigns", "show", NAME)
    assert re.search(r"Messages of +Planned +Claimed +Sent +Withheld +Failed", shown)
    assert re.search(r"hello +0 +0 +0 +1 +0 +0 +0", shown)
    assert "1 withheld: Nothing says that the person may be sent marketing" in shown
    hand_over()
    assert re.search(r"hello +0 +0 +1 +0 +0 +0 +0", said("campaigns", "show", "other"))


def test_twenty_campaigns_are_a_list_that_80_columns_hold(store: Engine) -> None:
    names = [f"re_engagement_{number}" for number in range(20)]
    made = campaign(STEPS[:1], purpose="service", name="Ask those who fell silent")
    with unit_of_work() as session:
        written = {"campaigns": dict.fromkeys(names, made)}
        given = read_campaigns(written, model_of(ACTIONS.values()))
        service.apply(session, given, "test", datetime.now(UTC))
    lines = said("campaigns", "list", columns=80).splitlines()
    assert max(map(len, lines)) <= 80
    for name in names:
        [line] = [line for line in lines if line.strip().startswith(f"{name} ")]
        assert re.search(r"Ask those who .*draft +0 +0 +0", line), line
    items = told_to_programs("campaigns", "list")["items"]
    listed = {one["campaign_id"]: one for one in items}
    assert listed.keys() == set(names)
    one = listed[names[7]]
    assert (one["state"], one["version"], one["live_version"]) == ("draft", 1, None)

"""A campaign shows what came back of its messages, machines apart from people, and why it rests."""

import re

from fastapi.testclient import TestClient
from sqlalchemy import Engine
from typer.testing import CliRunner

from leadflow.cli.main import app
from tests.integration.campaigns.feedback.noting import happened, sent, tell
from tests.integration.campaigns.running import NAME


def test_figures_are_those_of_the_command_and_of_the_api(client: TestClient, store: Engine) -> None:
    messages = sent(4)
    tell(*(happened("complained", one) for one in messages[:3]))
    tell(
        happened("bounced", messages[3], bounce_class="mailbox_full"),
        happened("opened", messages[0]),
        happened("opened", messages[1], machine="prefetch"),
        happened("clicked", messages[0], link=1),
    )
    said = client.get(f"/campaigns/{NAME}").json()
    assert (said["state"], said["paused_itself"]) == ("paused", "complaints")
    [figures] = said["messages"]
    assert (figures["step"], figures["sent"], figures["complained"]) == ("hello", 4, 3)
    assert (figures["opened"], figures["opened_by_machine"], figures["clicked"]) == (1, 1, 1)
    assert {name: count for name, count in figures["bounced"].items() if count} == {
        "mailbox_full": 1
    }
    shown = CliRunner().invoke(app, ["campaigns", "show", NAME]).output
    assert "too many complaints" in shown
    assert re.search(r"hello\s+4\s+0\s+1\s+3\s+1 \+ 1\s+1 \+ 0\s+0", shown), shown

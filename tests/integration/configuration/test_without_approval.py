"""Every command that stores what a policy may ask about does it without approval for whoever has
the machine, with a reason that is kept; and each refusal says what works instead."""

import os
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine, select
from typer.main import get_command
from typer.testing import CliRunner, Result

from leadflow.approvals.policies import parse_policies
from leadflow.approvals.policy_store import store_policies
from leadflow.approvals.service import waiting
from leadflow.audit.tables import AuditEntry
from leadflow.cli.access.identity import MayNotHere
from leadflow.cli.access.submitting import WhyMissing
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.drafts.refusals import AskedByNobody, MustWait, NobodyToDecide
from leadflow.settings import get_settings
from tests.deciders import somebody
from tests.integration.configuration.test_drafts import ASKS
from tests.integration.configuration.test_editor_pages import RULES, SEGMENT
from tests.terminal import sign_in

WITHOUT = ("--without-approval", "The fair begins today.")
TERRITORY = "territories:\n  - {name: Germany, countries: [DE]}\n"
FILES = {
    "segments.yaml": SEGMENT,
    "rules.yaml": RULES,
    "policies.yaml": "policies: []\n",
    "types.yaml": "event_types:\n  booth: {label: Booth, counts_as: meeting}\n",
    "sources.yaml": (
        "sources:\n  fair:\n    scheme: token\n    mapping: {key: id, fields: {email: mail}}\n"
    ),
    "team.yaml": TERRITORY
    + "reps:\n  - {id: ann, name: Ann Able, capacity: 5, territories: [Germany]}\n",
    "setup/territories.yaml": TERRITORY,
    "fair.yaml": """campaigns:
  fair:
    name: After the fair
    type: educational
    zone: Europe/Berlin
    steps:
      - {step: thanks, send: thanks}
    contents:
      thanks:
        subject: Good to have met you
        body: |
          <mj-section><mj-column><mj-text>
            Hello <a href="{{ unsubscribe_url }}">No more mails</a>
          </mj-text></mj-column></mj-section>
""",
}
# What each stores, in the words of the audit log.
COMMANDS = {
    "segments apply segments.yaml": "segments/shops",
    "segments remove shops": "segments/shops",
    "rules import rules.yaml": "rules/assignment",
    "rules activate 1": "rules/assignment",
    "policies store policies.yaml": "policies",
    "events import types.yaml": "event_types/booth",
    "sources apply sources.yaml": "sources/fair",
    "sources remove fair": "sources/fair",
    "campaigns apply fair.yaml": "campaigns/fair",
    "config apply setup": "territories/Germany",
    "reps import team.yaml": "territories/Germany",
    "reps restore 1": "territories/Germany",
}
# Before the policy counts.
FIRST = {
    "segments remove shops": ["segments apply segments.yaml"],
    "sources remove fair": ["sources apply sources.yaml"],
    "rules activate 1": ["rules import rules.yaml", "rules import other.yaml"],
    "config apply setup": ["reps import empty_team.yaml"],
    "reps restore 1": ["reps import empty_team.yaml", "reps import team.yaml"],
}
OTHER_RULES = RULES.replace("assign_lead: true", "assign_lead: false")


@pytest.fixture
def here(store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files are; nobody has signed in."""
    (get_settings().home / "signed-in" / str(os.getuid())).unlink(missing_ok=True)
    (tmp_path / "setup").mkdir()
    more = {
        "other.yaml": OTHER_RULES,
        "empty_team.yaml": "reps:\n  - {id: bob, name: Bob Best, capacity: 5}\n",
    }
    for name, text in (FILES | more).items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asks(role: str = "sales_manager") -> None:
    with unit_of_work() as session:
        policy = ASKS | {"levels": [{"roles": [role]}]}
        store_policies(session, parse_policies({"policies": [policy]}), "test", None)


def call(words: str, *more: str) -> Result:
    return CliRunner().invoke(app, [*words.split(), *more])


def test_every_command_that_submits_offers_it() -> None:
    commands = {}
    for group, of in get_command(app).commands.items():  # type: ignore[attr-defined]
        for name, command in getattr(of, "commands", {}).items():
            if any("--without-approval" in one.opts for one in command.params):
                commands[f"{group} {name}"] = command
    assert {*commands} == {" ".join(one.split()[:2]) for one in COMMANDS}
    assert isinstance(app, typer.Typer)


@pytest.mark.parametrize("command", COMMANDS)
def test_whoever_has_the_machine_stores_it_without_approval_and_it_is_on_record(
    here: Path, command: str
) -> None:
    for before in FIRST.get(command, []):
        done = call(before)
        assert done.exit_code == 0, (done.output, done.exception)
    asks()
    refused = call(command)
    assert isinstance(refused.exception, AskedByNobody | MustWait), refused.output
    assert "--without-approval WHY" in str(refused.exception)
    assert isinstance(call(command, "--without-approval", " ").exception, WhyMissing)
    done = call(command, *WITHOUT)
    assert done.exit_code == 0, (done.output, done.exception)
    with unit_of_work() as session:
        action = "configuration.changed_without_approval"
        kept = session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
        assert [one.subject for one in kept] == [COMMANDS[command]]
        assert kept[0].actor == f"terminal:{os.getuid()}"
        assert waiting(session) == []


def test_signing_in_as_a_refusal_says_lets_the_same_command_wait(here: Path) -> None:
    asks()
    with unit_of_work() as session:
        somebody(session, "mary", "sales_manager")
    refused = call("segments apply segments.yaml")
    assert "leadflow sign-in USERNAME" in str(refused.exception)
    sign_in("olga", "admin")
    assert "Nothing counts yet" in call("segments apply segments.yaml").output


def test_whoever_may_not_change_policies_does_not_go_round_them(here: Path) -> None:
    asks()
    sign_in("mark", "marketing_manager")
    refused = call("segments apply segments.yaml", *WITHOUT)
    assert isinstance(refused.exception, MayNotHere)
    with unit_of_work() as session:
        assert waiting(session) == []


def test_where_nobody_could_decide_the_terminal_says_what_works(here: Path) -> None:
    asks("data_scientist")
    sign_in("olga", "admin")
    refused = call("segments apply segments.yaml")
    assert isinstance(refused.exception, NobodyToDecide)
    assert "--without-approval WHY" in str(refused.exception)
    assert call("segments apply segments.yaml", *WITHOUT).exit_code == 0

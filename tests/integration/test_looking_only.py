"""Commands that look write nothing: not even what is rolled back."""

import json
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from features.moments import these_leads
from leadflow.accounts.people import add_person
from leadflow.approvals import service as approvals
from leadflow.approvals.service import Proposal
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.scoring.serving.feature_frames import read_features
from leadflow.scoring.serving.leads_copy import work_on_a_copy
from tests.integration.likely_successes import FILES
from tests.integration.test_commands import NOBODY_LISTENS
from tests.integration.test_quality import hand_out
from tests.looking import written
from tests.typed import Terminal, terminal

pytestmark = pytest.mark.uncounted
NARROW = 80
LOOKS = (
    "status",
    "approvals list",
    "approvals show {asked}",
    "assignments list",
    "assignments overdue",
    "assignments unroutable",
    "events list",
    "events import events.yaml --dry",
    "import leads.csv",
    "keys list",
    "outbox list --state waiting",
    "overrides",
    "overrides report",
    "people list",
    "performance report",
    "policies show",
    "policies try policies.yaml",
    "quality report",
    "quarantine list",
    "reps list",
    "reps show ann",
    "reps territories",
    "reps versions",
    "rules check rules.yaml",
    "rules list",
    "rules try rules.yaml --last 20",
    "models list",
)
# What the test holds something of beside that nothing was written, and what reads files.
SOME = (
    "status",
    "approvals list",
    "assignments list",
    "import leads.csv",
    "rules check rules.yaml",
)


@pytest.fixture
def asked(store: Engine, tmp_path: Path) -> str:
    """Four leads that are handed out, and a question that waits."""
    with unit_of_work() as session:
        hand_out(session, tmp_path, 4)
        add_person(session, "ana", "Ana", ["data_scientist"], "test")
        payload = {"version": "9", "sha256": "x"}
        question = Proposal(
            "model_promotion", "made-up/9", "promote_model", payload, "# Proposed", "train_model"
        )
        asked = approvals.propose(session, question, datetime.now(UTC)).id
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "policies.yaml").write_text("policies: []\n")
    return asked


@pytest.fixture
def typed(asked: str, tmp_path: Path) -> Iterator[Terminal]:
    with terminal(tmp_path, **NOBODY_LISTENS, COLUMNS=str(NARROW)) as there:
        yield there


@pytest.mark.parametrize(
    "looks", [SOME, pytest.param(LOOKS, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_commands_that_look_write_nothing_and_are_whole_in_eighty_columns(
    typed: Terminal, asked: str, store: Engine, looks: tuple[str, ...]
) -> None:
    with unit_of_work() as session:
        ids = session.scalars(select(Lead.id)).all()
    before, said = written(store), dict[str, str]()
    for words in looks:
        told = typed.type(*shlex.split(words.format(asked=asked)))
        assert told.code == 0, (words, told.all)
        assert "\u2026" not in told.out.replace("\u2026 ", ""), (words, told.out)
        said[words] = told.out
        wide = [line for line in told.out.splitlines() if len(line) > NARROW]
        assert all("  " not in line.strip() for line in wide), (words, wide)
    assert written(store) == before
    for words in ("status", "assignments list"):
        assert all(one in said[words] for one in ids), words
    assert asked in said["approvals list"]


@pytest.mark.parametrize(
    "looks", [SOME[:3], pytest.param(LOOKS, marks=pytest.mark.long)], ids=["some", "all"]
)
def test_commands_that_print_tables_print_them_for_programs_and_nothing_else(
    typed: Terminal, asked: str, looks: tuple[str, ...]
) -> None:
    rows = dict[str, str]()
    for words in looks:
        told = typed.type(*shlex.split(words.format(asked=asked)), "--json")
        assert told.code == 0, (words, told.all)
        tables = json.loads(told.out)["tables"]
        rows[words] = json.dumps([table["rows"] for table in tables])
        wide = typed.type(*shlex.split(words.format(asked=asked)), "--wide")
        assert wide.code == 0, (words, wide.all)
    assert asked in rows["approvals list"]


def test_what_goes_wrong_is_a_problem_for_programs_and_no_document(typed: Terminal) -> None:
    for words, kind, said in (
        ("approvals show appr_none", "approval-not-found", "appr_none"),
        ("assignments accept lead_none", "sign-in-required", "leadflow sign-in"),
        ("rules check none.yaml", "rule-invalid", "none.yaml"),
        ("approvals show", "command-not-understood", "Missing argument"),
        ("keys revoke nobody", "not-done", "No key of nobody"),
    ):
        for_people = typed.type(*words.split())
        told = typed.type(*words.split(), "--json")
        assert (told.code, told.out) == (for_people.code, ""), words
        problem = json.loads(told.err.splitlines()[-1])
        assert problem["type"] == f"/problems/{kind}", (words, problem)
        assert said in problem["detail"], (words, problem)
        assert problem["title"], words


def test_what_was_done_is_told_to_programs_by_the_names_of_the_api(typed: Terminal) -> None:
    def done(words: str, **said: object) -> dict[str, Any]:
        told = typed.type(*words.split(), "--json")
        assert told.code == 0, (words, told.all)
        found: dict[str, Any] = json.loads(told.out)
        assert found.items() >= said.items(), words
        return found

    made = done("keys create web", name="web")
    assert str(made["key"]) not in json.dumps(done("keys list"))
    done("keys revoke web", name="web", revoked=1)
    [rep, *_] = done("reps list")["items"]
    assert {"id", "external_id", "open_leads", "working_now"} <= rep.keys()
    [lead, *_] = done("assignments list")["items"]
    assert {"lead_id", "rep_id", "due_at", "first_touch_at"} <= lead.keys()
    own = lead["lead_id"]
    done(f"consent record {own} --withdrawn --evidence told_us", lead_id=own)
    assert done("policies show").keys() >= {"version", "content"}


def test_what_is_tried_on_a_copy_is_seen_there_and_nowhere_else(asked: str, store: Engine) -> None:
    now = datetime.now(UTC)

    def meetings(session: Session, ids: list[str]) -> list[float]:
        return list(read_features(session, these_leads(now, ids), ())["meetings"])

    with unit_of_work() as session:
        ids = list(session.scalars(select(Lead.id)))
    before = written(store)
    with unit_of_work() as session:
        work_on_a_copy(session, ids[:2])
        held = meetings(session, ids)
        session.add(
            LeadEvent(lead_id=ids[0], type="meeting", occurred_at=now, known_at=now, source="x")
        )
        session.flush()
        assert sum(meetings(session, ids)) == sum(held) + 1
        assert len(session.scalars(select(Lead.id)).all()) == 2
    with unit_of_work() as session:
        assert len(session.scalars(select(Lead.id)).all()) == len(ids)
        assert sum(meetings(session, ids)) == sum(held)
    assert written(store) == before

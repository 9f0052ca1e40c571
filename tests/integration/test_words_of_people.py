"""What people write is nowhere in the store in words: in no table, no log line, no row of the audit
log; and whoever may read it does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, Text, cast, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from leadflow.accounts.signing_in import form_token
from leadflow.approvals import service as approvals
from leadflow.approvals.policy_store import current_policies, policy_versions, store_policies
from leadflow.approvals.tables import Approval, ApprovalVote
from leadflow.assignment.tables import Assignment, AssignmentStep
from leadflow.assignment.team.versions import load_team, store_team
from leadflow.audit.verification import verify
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.gateway.http.security import COOKIE
from leadflow.intake.files import import_file
from leadflow.leads.files.mapping import parse_mapping
from leadflow.leads.files.quarantine import waiting_rows
from leadflow.leads.tables import LeadEvent
from leadflow.outbox import settling
from leadflow.outbox.service import enqueue
from leadflow.outbox.tables import OutboxRow
from leadflow.privacy.encryption import Cipher
from leadflow.privacy.rotation import encrypted_tables, rewrite_some, values_by_version
from leadflow.qualification import service as qualification
from leadflow.qualification.asking import Question
from leadflow.qualification.tables import AiQualification
from leadflow.quality import actions, reviews, service
from leadflow.quality.schemas import ActionIn
from leadflow.quality.tables import QualityAction, QualityFlag, QualityReview
from leadflow.rules.tables import RuleSetRow
from leadflow.scoring.serving.score import current_score, score_lead
from leadflow.scoring.tables import ScoreOverride
from leadflow.secret import load_ring, replace_ring
from leadflow.settings import get_settings
from leadflow.tables import metadata
from models.rubric import Rubric
from tests.deciders import signed_in_already, somebody
from tests.integration.test_gateway import BODY
from tests.integration.test_gateway_assignment import TEAM
from tests.integration.test_gateway_rules import SENT
from tests.integration.test_import_quarantine import HEADER, MAPPING
from tests.integration.test_qualification import answered

pytestmark = pytest.mark.uncounted

CANARY = "zebulonquark"


def words(where: str) -> str:
    """What somebody writes there; nothing that hexadecimal digits could spell by chance."""
    return f"{CANARY} said so of {where}"


@pytest.fixture
def written(
    client: TestClient, people: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> str:
    """A lead about which people have written wherever they can; its id."""
    (tmp_path / "team.yaml").write_text(TEAM)
    with unit_of_work() as session:
        store_team(session, load_team(tmp_path / "team.yaml"))
    lead_id = str(client.post("/leads", json=BODY).json()["lead"]["id"])
    path = f"/leads/{lead_id}"
    with unit_of_work() as session:  # where the request did not wait for its first scorer
        if current_score(session, lead_id) is None:
            score_lead(session, Rubric.load(), lead_id, datetime.now(UTC), get_settings())
    by_api(client, path)
    by_console(client, path)
    by_services(lead_id, tmp_path)
    return lead_id


def by_api(client: TestClient, path: str) -> None:
    now = datetime.now(UTC)
    asked = [
        client.post(
            f"{path}/assignment/reassign",
            json={"rep_id": "world", "by": "sales_manager_1", "reason": words("a handover")},
        ),
        client.post(
            f"{path}/score-override",
            json={
                "new_score": 1,
                "reason": words("an override"),
                "override_by": "sales_manager_1",
            },
        ),
        client.post(f"{path}/events", json={"type": "meeting", "payload": {"n": words("a call")}}),
        client.put("/rules/assignment", json=SENT, params={"note": words("rules")}),
    ]
    assert [answer.status_code // 100 for answer in asked] == [2, 2, 2, 2], asked[1].text
    with unit_of_work() as session:
        override = session.scalars(select(ScoreOverride)).one()
        assert override.approval_id is not None
        boss = somebody(session, "boss", "admin")
        outcome = approvals.decide(
            session, override.approval_id, "approve", boss, words("a decision"), now, "api"
        )
        assert outcome.counted, outcome.words


def by_console(client: TestClient, path: str) -> None:
    """As a person on the page: score, then hand on."""
    with unit_of_work() as session:
        token = signed_in_already(session, somebody(session, "mary", "admin"))
    page = TestClient(client.app, cookies={COOKIE: token}, follow_redirects=False)
    form = {"form_token": form_token(token)}
    for action, more in (
        ("override", {"new_score": "2", "reason": words("a score on the page")}),
        ("reassign", {"rep": "trainer", "why": words("a handover on the page")}),
    ):
        answer = page.post(f"/console{path}/{action}", data=form | more)
        assert answer.status_code in (200, 303), answer.text


def by_services(lead_id: str, folder: Path) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        store_policies(session, current_policies(session)[1], "ana", words("policies"))
        enqueue(session, "paint", "p", {"lead_id": lead_id})
        act = session.scalars(select(OutboxRow).where(OutboxRow.act == "paint")).one()
        settling.settle(session, act.id, "done", "ana", words("an act"), now)
        question = Question(lead_id, {}, "h" * 64, now)
        answer = answered(prompt=words("a prompt"))
        qualification.store_answer(session, Rubric.load(), question, answer, now, get_settings())
    with unit_of_work() as session:
        due = now + timedelta(days=1)
        said = ActionIn(decision_kind="score", what=words("what to do"), owner="ana", due_at=due)
        actions.open_action(session, said, "ana", now)
        session.add(
            QualityFlag(lead_id=lead_id, why=words("a flag"), flagged_by="ana", flagged_at=now)
        )
        service.draw_sample(session, now.date(), get_settings(), now + timedelta(days=1))
    with unit_of_work() as session:
        waiting = reviews.waiting_for(session, "ana", now + timedelta(days=1)).items
        item = next(item for item in waiting if item.decision_kind == "score")
        reviews.judge(
            session, item.id, "ana", {"level": "hot"}, words("a review"), now + timedelta(days=1)
        )
    (folder / "leads.csv").write_text(f"{HEADER}\n2,{CANARY}-at-example.com,1,5,2025-01-01,,\n")
    import_file(folder / "leads.csv", parse_mapping(MAPPING), get_settings(), get_engine(), now)


def everything(store: Engine) -> dict[str, str]:
    """Every row of every table as text, and in it bytes in hexadecimal, by table."""
    with store.connect() as connection:
        return {
            table.name: "\n".join(
                connection.scalars(
                    select(cast(literal_column(table.name), Text)).select_from(table)
                )
            )
            for table in metadata.sorted_tables
        }


def read_back(lead_id: str) -> set[str]:
    """What people wrote, as it is read."""
    with unit_of_work() as session:

        def some(column: Any) -> list[Any]:
            return list(session.scalars(select(column).where(column.is_not(None))))

        found = [
            *some(Assignment.said),
            *some(AssignmentStep.reason),
            *some(ScoreOverride.reason),
            *some(Approval.asked_why),
            *some(Approval.reason),
            *some(ApprovalVote.reason),
            *some(RuleSetRow.note),
            *(version.note for version in policy_versions(session).items),
            *some(QualityAction.what),
            *some(QualityFlag.why),
            *some(QualityReview.comment),
            *some(AiQualification.prompt),
            *(said["n"] for said in some(LeadEvent.payload) if said),
            *(row.content["mail"] or "" for row in waiting_rows(session)),
        ]
    return {said for said in found if CANARY in said}


WRITTEN = {
    *map(
        words,
        (
            "a handover",
            "an override",
            "a score on the page",
            "a handover on the page",
            "a decision",
            "a call",
            "rules",
            "policies",
            "what to do",
            "a flag",
            "a review",
            "a prompt",
        ),
    ),
    f"{CANARY}-at-example.com",
}


def test_what_people_write_is_in_no_table_in_words(
    store: Engine, written: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert read_back(written) == WRITTEN
    for table, rows in everything(store).items():
        assert CANARY not in rows.lower(), table
        assert CANARY.encode().hex() not in rows.lower(), table
    told = capfd.readouterr()
    assert CANARY not in (told.out + told.err).lower()


def test_every_encrypted_column_of_what_people_write_is_encrypted_anew(
    store: Engine, written: str
) -> None:
    settings = get_settings()
    before = load_ring(settings)
    ring = before.with_new_key().newest_first()
    replace_ring(settings, ring)
    tables = encrypted_tables(metadata)
    with store.connect() as connection:
        assert values_by_version(connection, tables)[before.current] > len(WRITTEN)
    for one in tables:
        with store.begin() as connection:
            rewrite_some(connection, one, Cipher(ring), most=10_000)
    with store.connect() as connection:
        assert set(values_by_version(connection, tables)) == {ring.current}
    replace_ring(settings, ring.newest_only())
    assert read_back(written) == WRITTEN
    with unit_of_work() as session:
        assert verify(session).broken is None


REFUSED = [
    "UPDATE approval_votes SET reason = reason || 'x'",
    "UPDATE approval_votes SET decision = 'reject', reason = '\\x63'",
    "DELETE FROM approval_votes",
    "TRUNCATE approval_votes",
    "UPDATE rule_sets SET note = note || 'x'",
    "UPDATE rule_sets SET note = NULL",
    "UPDATE rule_sets SET content = '{}', note = '\\x63'",
]


def test_what_stays_as_it_was_written_may_be_encrypted_anew_and_nothing_else(
    store: Engine, written: str
) -> None:
    for change in REFUSED:
        with (
            get_engine().connect() as connection,
            pytest.raises(DBAPIError, match=r"append-only|permission denied"),
        ):
            connection.execute(text(change))


def test_the_reasons_of_the_audit_log_go_on_being_checked(store: Engine, written: str) -> None:
    with store.begin() as connection:
        connection.execute(
            text(
                "UPDATE audit_reasons SET words = (SELECT words FROM audit_reasons ORDER BY id "
                "LIMIT 1) WHERE id = (SELECT max(id) FROM audit_reasons)"
            )
        )
    with unit_of_work() as session:
        broken = verify(session).broken
    assert broken is not None
    assert "reason" in broken.what

"""What somebody decides by is on one screen: the question by name, a verdict, figures, a chart."""

import re
from datetime import UTC, datetime

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from leadflow.accounts.delegation import Requester
from leadflow.accounts.people import add_person
from leadflow.approvals import service as approvals
from leadflow.approvals.evidence import Evidence, Fact
from leadflow.approvals.service import Proposal
from leadflow.assignment.tables import Rep
from leadflow.assignment.work.reassignment import ask_or_reassign
from leadflow.assignment.work.service import Said
from leadflow.charts.figures import Chart
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings

SVG = '<svg role="img" aria-label="It ranks better"></svg>'
FOUND = Evidence(
    about="version 9 of the model",
    asks="Let version 9 of the model serve?",
    verdict="Proposed: approve. The challenger is better.",
    facts=(Fact("Its best tenth converts", "4.1", "times the average; now 3.2"),),
    charts=(
        Chart("It ranks better", SVG, ["Share", "Lift"], [["10%", "4.1"]]),
        Chart("Not drawn", None, ["Share", "Missed"], [["10%", "0.1"]]),
    ),
)


def asked(kind: str, subject_id: str, description: str, **more: object) -> str:
    with unit_of_work() as session:
        question = Proposal(
            kind=kind,
            subject_id=subject_id,
            act="forget_reasons",
            payload={"version": "9", "sha256": "x", "must_acknowledge": ["stage"]},
            description=description,
            requested_by="train_model",
            **more,  # type: ignore[arg-type]
        )
        return approvals.propose(session, question, datetime.now(UTC)).id


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_promotion_is_asked_by_name_with_its_verdict_figures_and_chart_before_the_report(
    client: TestClient,
) -> None:
    own = asked("model_promotion", "lead-conversion/9", "# Proposed\n\nAll of it.", evidence=FOUND)
    page = client.get(f"/console/approvals/{own}").text
    assert "<h1>Let version 9 of the model serve?</h1>" in page
    assert SVG in page
    order = ["The challenger is better.", "times the average; now 3.2", SVG, "The whole report"]
    places = [page.index(part) for part in order]
    assert places == sorted(places)
    assert "lead-conversion/9" not in text_of(page)
    # The second chart was not drawn: its table is open.
    assert page.count("<details open>") == 1
    assert "accept stage" not in page, "a program may not decide"
    with unit_of_work() as session:
        said = approvals.get(session, own).asks
    assert said == "Let version 9 of the model serve? Proposed: approve. The challenger is better."


def test_who_and_what_a_handover_is_about_is_told_by_name(
    store: Engine, client: TestClient
) -> None:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        rep = Rep(external_id="ann", name="Ann Archer", capacity=5)
        lead = Lead(source="test", first_name="Lea", last_name="Lead", company_name="Acme")
        session.add_all([rep, lead])
        session.flush()
        mark = add_person(session, "mark", "Mark", ["marketing_manager"], "test")
        asker = Requester(mark.id, frozenset(mark.roles), mark.id)
        said = Said(mark.id, now)
        made = ask_or_reassign(session, get_settings(), lead.id, asker, said, "ann", "Met her.")
        ids = made.id, lead.id, rep.id
    page = client.get(f"/console/approvals/{ids[0]}").text
    assert "<h1>Give Lea Lead, Acme to Ann Archer?</h1>" in page
    shown = text_of(page)
    assert "It is with nobody now" in shown
    assert "It would go to Ann Archer who has 0 leads in work" in shown
    assert shown.index("Met her.") < shown.index("In full")
    assert not any(own in shown for own in ids[1:])


def test_a_question_of_before_is_shown_by_its_words(client: TestClient) -> None:
    own = asked("model_promotion", "lead-conversion/8", "# Version 8?\n\nIt *ranks* better.")
    page = client.get(f"/console/approvals/{own}").text
    assert "<h1>Version 8?</h1>" in page
    assert "<em>ranks</em>" in page

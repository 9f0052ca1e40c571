"""The forms of quality reviews, which need a day's decisions, are answered with a redirect too."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.accounts.people import add_person
from leadflow.database.engine import unit_of_work
from leadflow.quality.service import draw_sample
from leadflow.quality.tables import QualityItem, QualityReview
from leadflow.settings import get_settings
from tests.integration.test_forms import OF_QUALITY, PASSWORD, TOLD, Browser
from tests.integration.test_quality import DAY, hand_out

JUDGE, SETTLE = OF_QUALITY


@pytest.fixture
def item_id(
    client: TestClient, store: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A score that two people are to judge; there are two managers and an admin."""
    monkeypatch.setattr(get_settings(), "quality_second_share", 1.0)
    with unit_of_work() as session:
        hand_out(session, tmp_path, 1)
        draw_sample(session, DAY, get_settings(), datetime.now(UTC))
        score = select(QualityItem.id).where(QualityItem.decision_kind == "score")
        drawn = session.scalars(score).one()
        for name, role in (("mary", "sales_manager"), ("ben", "sales_manager"), ("root", "admin")):
            add_person(session, name, name, [role], "test", password=PASSWORD)
    yield drawn
    client.cookies.clear()


def sent(browser: Browser, address: str, said: str, **form: str) -> None:
    """Send a form; where it leads tells what came of it once, and may be loaded again."""
    answer = browser.post(address, **form)
    assert answer.status_code == 303, (address, answer.text[-2000:])
    there = answer.headers["location"]
    assert said in browser.told(browser.get(there))[1]
    again = browser.get(there)
    assert (again.status_code, TOLD.search(again.text)) == (200, None)


def judgements() -> int:
    with unit_of_work() as session:
        return len(session.scalars(select(QualityReview)).all())


def test_a_judgement_and_a_settlement_lead_to_a_page_that_tells_it_once(
    client: TestClient, item_id: str
) -> None:
    judge, settle = (form.format(item_id=item_id) for form in (JUDGE, SETTLE))
    for number, (name, level) in enumerate((("mary", "hot"), ("ben", "cold")), 1):
        browser = Browser(client, name)
        sent(browser, judge, "Your judgement is kept.", level=level)
        assert judgements() == number
        assert browser.post(judge, level=level).status_code == 409
        assert judgements() == number
    root = Browser(client, "root")
    assert root.get(settle).status_code == 200
    sent(root, settle, "It is settled.", verdict="agree")
    with unit_of_work() as session:
        assert session.get_one(QualityItem, item_id).status == "settled"
    # A form that has stood open since is told so, and changes nothing.
    sent(root, settle, "Nothing is disputed", verdict="disagree")
    with unit_of_work() as session:
        assert session.get_one(QualityItem, item_id).settled_verdict == "agree"


def test_a_refused_judgement_comes_again_with_what_was_typed(
    client: TestClient, item_id: str
) -> None:
    mary = Browser(client, "mary")
    answer = mary.post(JUDGE.format(item_id=item_id), level="hott", comment="Too <small>")
    assert answer.status_code == 422
    assert "Too &lt;small&gt;" in answer.text
    assert judgements() == 0

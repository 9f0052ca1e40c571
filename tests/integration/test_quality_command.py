"""``leadflow quality``: a day is drawn, judged, settled, reported and flagged from the console."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work
from leadflow.quality.tables import QualityItem
from leadflow.settings import get_settings
from tests.integration.test_quality import hand_out, put_lead
from tests.terminal import sign_in


def say(*words: str) -> str:
    told = CliRunner().invoke(app, ["quality", *words], catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return re.sub(r"\s+", " ", told.output)


def test_a_sample_is_judged_from_the_console(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "quality_second_share", 1.0)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with unit_of_work() as session:
        lead_id = put_lead(session, yesterday)
    assert "score: 1 of 1" in say("sample")
    assert "were drawn before" in say("sample")
    with unit_of_work() as session:
        item = session.scalars(select(QualityItem)).one()
    level = item.answer["level"]
    for username in ("ben", "cid", "ana"):
        sign_in(username, "sales_manager")
    assert item.id in say("waiting")
    shown = say("show", item.id)
    assert "Company of 100 people" in shown
    assert lead_id not in shown
    other = "hot" if level != "hot" else "cold"
    told = say("judge", item.id, "--level", level)
    assert f"The machine decided: {level}. You agree." in told
    sign_in("ben")
    say("judge", item.id, "--level", other)
    sign_in("cid")
    assert "is disputed" in say("waiting")
    say("settle", item.id, "--machine", "right")
    assert "Nothing waits for you" in say("waiting")
    report = say("report")
    assert "People agree with 100% of scores" in report
    assert "kappa" in report
    say("flag", lead_id, "--why", "bad data")
    assert "learns from what is flagged: 1 lead" in say("report")
    say("unflag", lead_id)
    assert "learns from what is flagged: 0 leads" in say("report")


def test_an_assignment_is_judged_from_the_console(store: Engine, tmp_path: Path) -> None:
    with unit_of_work() as session:
        hand_out(session, tmp_path, 1)
    assert "assignment: 1 of 1 of 2026-03-01" in say("sample", "--day", "2026-03-01")
    with unit_of_work() as session:
        item = session.scalars(
            select(QualityItem).where(QualityItem.decision_kind == "assignment")
        ).one()
    sign_in("ana", "sales_manager")
    shown = say("show", item.id)
    assert "no: is not active" in shown
    assert item.lead_id not in shown
    people = [person["rep_id"] for person in item.shown["candidates"]]
    told = say("judge", item.id, "--right", people[0], "--right", people[1])
    assert f"The machine decided: {item.answer['rep_id']}. You agree." in told

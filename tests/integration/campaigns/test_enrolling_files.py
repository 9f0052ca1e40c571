"""Leads come into a campaign as a list names them, and each that does not is told why."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from leadflow.campaigns.enrolling_files import (
    ListUnreadable,
    enrol_listed,
    made_by_import,
    read_listed,
)
from leadflow.campaigns.store import service
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import NAME, enrol, enrolments, launch
from tests.integration.workflow import acting


def test_a_list_is_enrolled_each_under_its_key_and_the_others_are_told_why(
    store: Engine, tmp_path: Path
) -> None:
    launch(reentry={"allow": "per_key"})
    one, other = acting.take(email="a@example.com"), acting.take(email="b@example.com")
    enrol(other, key="order 2")
    file = tmp_path / "list.csv"
    rows = f"lead_id,key\n{one},order 1\n{one},order 2\n{other},order 2\nlead_none,\n"
    file.write_text(rows, encoding="utf-8-sig")
    with unit_of_work() as session:
        found = enrol_listed(session, NAME, read_listed(file), "test", datetime.now(UTC))
    assert found == {
        (one, "order 1"): "enrolled",
        (one, "order 2"): "enrolled",
        (other, "order 2"): "in_it",
        ("lead_none", ""): "unknown",
    }
    assert len(enrolments()) == 3


@pytest.mark.parametrize("content", [b"id\nlead_1\n", b"", b"lead_id\n\xff\xfe\n"])
def test_a_list_that_names_no_leads_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    with pytest.raises(ListUnreadable, match=r"list\.csv"):
        read_listed(file)


def test_an_import_that_there_is_not_and_a_campaign_that_is_not_live_are_refused(
    store: Engine,
) -> None:
    launch()
    with unit_of_work() as session:
        with pytest.raises(ListUnreadable, match="leadflow imports list"):
            made_by_import(session, "inbox_1")
        service.pause(session, NAME, "test", datetime.now(UTC))
        with pytest.raises(service.CampaignNotSo, match="is paused"):
            enrol_listed(session, NAME, [], "test", datetime.now(UTC))

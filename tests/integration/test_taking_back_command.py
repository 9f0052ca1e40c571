"""What a person sees who takes a column out of leads, or a whole import back."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from leadflow.leads.tables import Lead
from tests.integration.test_import_command import call

MAPPING = "source: late\nkey: id\nfields: {company_name: firm}\n"
TARIFF = "attributes: {tariff: {column: plan, kind: categorical}}\n"


@pytest.fixture
def folder(store: Engine, tmp_path: Path) -> Iterator[Path]:
    """A folder to work in, with a file that has been brought in."""
    (tmp_path / "late.csv").write_text("id,firm,plan\n1,Acme,pro\n2,Bolt,basic\n")
    (tmp_path / "late.yaml").write_text(MAPPING + TARIFF)
    before = Path.cwd()
    os.chdir(tmp_path)
    assert "2 new leads" in call("import", "late.csv", "--mapping", "late.yaml").output
    yield tmp_path
    os.chdir(before)


def attributes(store: Engine) -> list[object]:
    with Session(store) as session:
        return list(session.scalars(select(Lead.attributes).order_by(Lead.external_id)))


def test_an_attribute_is_dropped_and_restored_by_command(store: Engine, folder: Path) -> None:
    assert re.search(r"tariff +Tariff +categorical +2 +yes", call("attributes", "list").output)
    assert "taken out of 2 leads" in call("attributes", "drop", "tariff").output
    assert attributes(store) == [{}, {}]
    assert re.search(r"tariff .* 0 +2 +dropped 20", call("attributes", "list").output)
    assert "is back in 2 leads" in call("attributes", "restore", "tariff").output
    assert attributes(store) == [{"tariff": "pro"}, {"tariff": "basic"}]


def test_an_import_says_what_its_mapping_says_no_longer_and_is_undone_by_command(
    store: Engine, folder: Path
) -> None:
    (folder / "late.yaml").write_text(MAPPING + "ignore: {plan: Known only after.}\n")
    again = call("import", "late.csv", "--mapping", "late.yaml").output
    assert "says attributes.tariff no longer: taken out of 2 leads" in again
    assert "leadflow attributes restore tariff" in again
    listed = call("imports", "list").output
    second, first = re.findall(r"(inbox_\w+) +late.csv +late", listed)
    assert "Nothing was changed" in call("imports", "undo", second, "--dry-run").output
    assert attributes(store) == [{}, {}]
    call("imports", "undo", second)
    assert attributes(store) == [{"tariff": "pro"}, {"tariff": "basic"}]
    assert "2 leads it made taken back" in call("imports", "undo", first).output
    assert attributes(store) == []
    assert call("imports", "list").output.count("undone") == 2

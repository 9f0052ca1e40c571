"""Leads come into a campaign as a list names them, and each that does not is told why."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook
from sqlalchemy import Engine

from leadflow.campaigns.enrolling.entries import KeyNotTaken
from leadflow.campaigns.enrolling.files import (
    Listing,
    enrol_listed,
    made_by_import,
    read_listed,
)
from leadflow.campaigns.enrolling.listed_rows import ListUnreadable
from leadflow.campaigns.store import service
from leadflow.database.engine import unit_of_work
from tests.integration.campaigns.running import NAME, enrol, enrolments, launch
from tests.integration.workflow import acting


def listing(file: Path) -> Listing:
    with unit_of_work() as session:
        return read_listed(session, file)


def test_a_list_is_enrolled_each_under_its_key_and_the_others_are_told_why(
    store: Engine, tmp_path: Path
) -> None:
    launch(reentry={"allow": "per_key"})
    one, other = acting.take(email="a@example.com"), acting.take(email="b@example.com")
    enrol(other, key="order 2")
    file = tmp_path / "list.csv"
    rows = f"lead_id,key\n{one},order 1\n{one},order 2\n{other},order 2\n"
    file.write_text(rows, encoding="utf-8-sig")
    with unit_of_work() as session:
        leads = read_listed(session, file).leads
        found = enrol_listed(session, NAME, leads, "test", datetime.now(UTC))
    assert found == {
        (one, "order 1"): "enrolled",
        (one, "order 2"): "enrolled",
        (other, "order 2"): "in_it",
    }
    assert len(enrolments()) == 3


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("E-Mail-Adresse;Straße;Schlüssel\nADA@example.com;Müllerstraße 5;a\n", "cp1252"),
        ("Correo electrónico\tkey\nada@example.com\ta\n", "utf-16"),
        ("Електронна пошта,E-posta,key\nx,Ada@Example.com,a\n", "utf-8-sig"),
        ("whom,Clé\nada@example.com,a\n", "utf-8"),
    ],
)
def test_a_list_is_read_as_people_have_it(
    store: Engine, tmp_path: Path, content: str, encoding: str
) -> None:
    lead = acting.take(email="ada@example.com")
    file = tmp_path / "list.csv"
    file.write_bytes(content.encode(encoding))
    assert listing(file) == Listing(((lead, "a"),), ())


def test_a_spreadsheet_and_a_list_without_a_header_are_read_too(
    store: Engine, tmp_path: Path
) -> None:
    leads = [acting.take(email=f"{name}@example.com") for name in ("ada", "bo")]
    sheet, bare = tmp_path / "list.xlsx", tmp_path / "bare.txt"
    book = Workbook()
    for row in (["Whom to invite"], [], ["Name", "E-Mail"]):
        book.active.append(row)
    for name in ("ada", "bo", "cy"):
        book.active.append([name.title(), f"{name}@example.com"])
    book.save(sheet)
    bare.write_text("ada@example.com\nbo@example.com\ncy@example.com\n")
    expected = tuple((lead, "") for lead in leads)
    assert listing(bare) == Listing(expected, ((3, "no lead has this address"),))
    assert listing(sheet) == Listing(expected, ((6, "no lead has this address"),))


def test_what_is_not_clear_is_told_by_line_and_nobody_comes_in(
    store: Engine, client: TestClient, tmp_path: Path
) -> None:
    gone, ada, bo = (acting.take(email=f"{name}@example.com") for name in ("gone", "ada", "bo"))
    same = {"other": gone, "reason": "the same"}
    assert client.post(f"/leads/{ada}/merge", json=same).status_code == 200
    file = tmp_path / "list.csv"
    rows = [
        "lead_id,email,name",
        f"{ada},,Ada",
        "lead_none,,Nobody",
        ",ada at example.com,Ada",
        f"{ada},bo@example.com,Ada or Bo",
        ",,Without either",
        f"{gone},,Gone",
        "too,many,values,here",
    ]
    file.write_text("\n".join(rows) + "\n")
    found = listing(file)
    assert found.leads == ((ada, ""),)
    whys = dict(found.unclear)
    assert whys[3] == "there is no lead of this id"
    assert whys[4] == "what stands for the address is none"
    assert whys[5] == f"its address is that of another lead, {bo}"
    assert whys[6] == "it names no lead: no id and no address"
    assert whys[7] == f"the lead was merged into {ada}: enrol that one"
    assert "4 values where the header names 3" in whys[8]
    with pytest.raises(ListUnreadable, match="6 lines of the file are not clear") as refused:
        found.refuse_unclear()
    assert "line 3: there is no lead of this id" in str(refused.value)
    assert "--anyway" in str(refused.value)
    assert "@" not in str(refused.value)


def test_a_line_is_told_by_where_it_begins_in_the_file(store: Engine, tmp_path: Path) -> None:
    acting.take(email="ada@example.com")
    file = tmp_path / "list.csv"
    file.write_text('\n\nEmail,Note\nada@example.com,"one\ntwo"\n\nbo@example.com,x\n')
    assert [line for line, _ in listing(file).unclear] == [7]
    sheet, book = tmp_path / "list.xlsx", Workbook()
    for row, values in {
        4: ("Email", "Note"),
        5: ("ada@example.com", ""),
        8: ("bo@e.de", ""),
    }.items():
        for column, value in enumerate(values, start=2):
            book.active.cell(row, column, value or None)
    book.save(sheet)
    assert [line for line, _ in listing(sheet).unclear] == [8]


def test_a_row_whose_addresses_are_those_of_several_leads_is_refused(
    store: Engine, tmp_path: Path
) -> None:
    ada, bo = (acting.take(email=f"{name}@example.com") for name in ("ada", "bo"))
    file = tmp_path / "list.csv"
    rows = [
        "ada@example.com;bo@example.com",
        ";bo@example.com",
        "ada@example.com;office@example.com",
    ]
    file.write_text("\n".join(["E-Mail;E-Mail geschäftlich", *rows]) + "\n")
    found = listing(file)
    assert found.leads == ((bo, ""), (ada, ""))
    assert found.unclear == (
        (2, f"its addresses are those of several leads, {ada}, {bo}: leave one"),
    )


def test_a_table_beside_its_title_is_found_in_a_spreadsheet_and_in_csv(
    store: Engine, tmp_path: Path
) -> None:
    lead = acting.take(email="ada@example.com")
    sheet, text, book = tmp_path / "list.xlsx", tmp_path / "list.csv", Workbook()
    for place, value in {
        "A1": "Whom",
        "B4": "E-Mail",
        "B5": "ada@example.com",
        "B6": "x@e.de",
    }.items():
        book.active[place] = value
    book.save(sheet)
    text.write_text("Whom;\n;\n;\n;E-Mail\n;ada@example.com\n;x@e.de\n")
    assert (
        listing(sheet)
        == listing(text)
        == Listing(((lead, ""),), ((6, "no lead has this address"),))
    )


def test_a_key_is_refused_where_the_campaign_goes_by_none(store: Engine, tmp_path: Path) -> None:
    launch()
    lead = acting.take(email="ada@example.com")
    with unit_of_work() as session, pytest.raises(KeyNotTaken, match="per_key"):
        enrol_listed(session, NAME, [(lead, "order 1")], "test", datetime.now(UTC))
    with pytest.raises(KeyNotTaken):
        enrol(lead, key="order 1")
    enrol(lead)
    with unit_of_work() as session:
        found = enrol_listed(session, NAME, [(lead, "")], "test", datetime.now(UTC))
    assert found == {(lead, ""): "in_it"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id\n7\n", "no column lead_id"),
        (b"", "empty"),
        (b"lead_id,lead\nlead_1,lead_2\n", "several columns of ids"),
    ],
)
def test_a_list_that_names_no_leads_is_refused(
    store: Engine, tmp_path: Path, content: bytes, says: str
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    with pytest.raises(ListUnreadable, match=says):
        listing(file)


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

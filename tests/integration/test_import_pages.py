"""A file is brought in by the pages of the console: sent, read, looked at, imported, taken back, as
``leadflow import`` does at the terminal."""

import re
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.accounts import signing_in
from leadflow.accounts.people import add_person
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from leadflow.uploads.looking import kept_of
from leadflow.uploads.tables import Upload, UploadPart
from tests.integration.imports_over_http import importer, row, small, table, undoer
from tests.integration.test_forms import PASSWORD, Browser

LIST = "/console/imports"


@pytest.fixture
def mark(client: TestClient) -> Any:
    with unit_of_work() as session:
        for name, role in (("mark", "marketing_manager"), ("ann", "sales_rep")):
            add_person(session, name, name, [role], "test", password=PASSWORD)
    yield Browser(client, "mark")
    client.cookies.clear()


def send(browser: Browser, content: bytes, name: str = "leads.csv", **said: str) -> Any:
    token = {"form_token": signing_in.form_token(browser.token)}
    return browser.client.post(
        LIST, data=token | said, files={"file": (name, content)}, follow_redirects=False
    )


def sent(browser: Browser, content: bytes, **said: str) -> str:
    """The address of the page of a file that was sent."""
    answer = send(browser, content, **said)
    assert answer.status_code == 303, answer.text[-2000:]
    return str(answer.headers["location"].partition("#")[0])


def form(page: str, act: str) -> dict[str, str]:
    """What a form of a page would send, as it stands."""
    found = re.search(rf'<form[^>]*action="[^"]*/{act}".*?</form>', page, re.DOTALL)
    assert found is not None, page
    said = {}
    for field in re.findall(r"<input[^>]*>", found[0]):
        name, value = re.search(r'name="([^"]+)"', field), re.search(r'value="([^"]*)"', field)
        if name is not None and 'type="checkbox"' not in field:
            said[name[1]] = unescape(value[1]) if value else ""
    for name, choices in re.findall(
        r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', found[0], re.S
    ):
        chosen = re.search(r'value="([^"]*)" selected', choices)
        said[name] = unescape(chosen[1]) if chosen else ""
    return said


def leads() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


def test_a_file_is_sent_looked_at_imported_and_taken_back(mark: Browser, store: Engine) -> None:
    there = sent(mark, small(), source="fair")
    page = mark.get(there).text
    assert "All 12 rows can be imported" in page
    assert "lead0@firm0.example" in page
    assert leads() == 0
    started = mark.post(f"{there}/start", **form(page, "start"))
    assert started.headers["location"] == f"{there}#told"
    waits = mark.get(there).text
    assert "It is imported next" in waits
    assert 'http-equiv="refresh"' in waits
    assert importer(store).work_next() == 1
    done = mark.get(there).text
    assert "12 rows imported" in done
    assert "lead0@firm0.example" not in done
    assert leads() == 12
    asked = mark.get(f"{there}/undo").text
    assert "12 leads that it had made are deleted" in asked
    assert leads() == 12
    assert mark.post(f"{there}/undo").status_code == 303
    assert "It is being taken back" in mark.get(there).text
    assert undoer(store).work_next() == 1
    assert "It was taken back" in mark.get(there).text
    assert leads() == 0
    assert "taken back" in mark.get(LIST).text


def test_a_file_that_was_imported_before_says_when_and_leads_there(
    mark: Browser, store: Engine
) -> None:
    for _ in range(2):
        there = sent(mark, small(), source="fair")
        mark.post(f"{there}/start", **form(mark.get(there).text, "start"))
        assert importer(store).work_next() == 1
    page = mark.get(there)
    assert (page.status_code, "All of it was known already" in page.text) == (200, True)
    assert leads() == 12


def test_what_a_column_means_is_chosen_and_the_rows_are_shown_anew(
    mark: Browser, store: Engine
) -> None:
    there = sent(mark, small())
    said = form(mark.get(there).text, "columns")
    assert (said["column-2"], said["column-5"]) == ("fields.company_size", "outcome.column")
    said |= {"column-2": "attributes.numeric", "column-3": "", "end-0": "lost", "end-1": "open"}
    said["missing-2"] = "-, 999"
    answer = mark.post(f"{there}/columns", **said)
    assert answer.status_code == 303, mark.told(answer)
    page = mark.get(there).text
    again = form(page, "columns")
    # What is not stored has no words that stand for nothing.
    chosen = said.keys() & again.keys() - {"as_shown"}
    assert {name: again[name] for name in chosen} == {name: said[name] for name in chosen}
    with unit_of_work() as session:
        mapping = session.scalars(select(Upload.mapping)).one() or {}
    employees = mapping["attributes"]["employees"]
    assert (employees["kind"], employees["missing"]) == ("numeric", ["-", "999"])
    assert mapping["ignore"] == {"Plan": "Left out by hand."}
    assert (mapping["outcome"]["converted"], mapping["outcome"]["lost"]) == ([], ["Won"])
    stale = mark.post(f"{there}/start", **said)
    assert (stale.status_code, mark.told(stale)[0]) == (409, "bad")
    assert leads() == 0


def test_choices_that_contradict_each_other_are_refused_and_kept_on_the_page(
    mark: Browser, store: Engine
) -> None:
    there = sent(mark, small())
    said = form(mark.get(there).text, "columns") | {"column-3": "fields.email"}
    answer = mark.post(f"{there}/columns", **said)
    assert answer.status_code == 422
    assert "E-Mail, Plan: Only one column can be this." in mark.told(answer)[1]
    assert form(answer.text, "columns")["column-3"] == "fields.email"
    days = form(mark.get(there).text, "columns") | {"after": "some"}
    assert "a whole number" in mark.told(mark.post(f"{there}/columns", **days))[1]
    text = form(mark.get(there).text, "text")
    wrong = mark.post(f"{there}/text", **text | {"text": "fields: {email: Nothing}\nsource: x"})
    assert wrong.status_code == 422
    assert "Nothing" in mark.told(wrong)[1]
    assert "fields: {email: Nothing}" in wrong.text
    right = "source: x\nkey: contact_id\nfields:\n  email: E-Mail\n"
    assert mark.post(f"{there}/text", **text | {"text": right}).status_code == 303
    assert "not stored" in mark.get(there).text


def test_what_would_be_set_aside_is_shown_with_its_reason_and_what_stands_there(
    mark: Browser, store: Engine
) -> None:
    bad = [row(n, "many" if n % 2 else n) for n in range(60)]
    said = form(mark.get(sent(mark, table([row(n, n) for n in range(60)]))).text, "columns")
    there = sent(mark, table(bad))
    page = mark.get(there).text
    fitting = {**form(page, "columns"), "column-2": said["column-2"]}
    assert mark.post(f"{there}/columns", **fitting).status_code == 303
    page = mark.get(there).text
    assert "30 of 60 rows can be imported" in page
    assert "<button>Import 30 rows, set 30 aside</button>" in page
    assert re.search(r'name="anyway" value="yes" required', page)
    assert "<code>many</code>" in page
    assert mark.post(f"{there}/start", **form(page, "start")).status_code == 303
    assert importer(store).work_next() == 1
    stopped = mark.get(there).text
    assert "more than a tenth" in stopped
    assert "tick the box below" in stopped
    assert "/start with" not in stopped
    again = form(stopped, "start") | {"anyway": "yes"}
    assert mark.post(f"{there}/start", **again).status_code == 303
    assert importer(store).work_next() == 1
    assert "Why 30 rows were set aside" in mark.get(there).text
    assert leads() == 30


def test_rows_that_were_set_aside_are_mended_one_after_the_other(
    mark: Browser, store: Engine
) -> None:
    there = sent(mark, table([row(n, n) for n in range(30)] + [row(30, "many"), row(31, "few")]))
    text = form(mark.get(there).text, "text")
    mapped = "source: x\nkey: contact_id\nfields: {email: E-Mail, company_size: Employees}\n"
    assert mark.post(f"{there}/text", **text | {"text": mapped}).status_code == 303
    assert mark.post(f"{there}/start", **form(mark.get(there).text, "start")).status_code == 303
    assert importer(store).work_next() == 1
    listed = mark.get(f"{there}/rows").text
    rows = re.findall(r'href="(/console/quarantine/[^"]+)"', listed)
    assert (len(rows), "lead30@" in listed) == (2, False)
    page = mark.get(rows[0]).text
    assert 'value="many"' in page
    assert page.index('value="many"') < page.index('value="lead30@firm30.example"')
    cell = re.search(r'name="(cell-\d+)" value="many"', page)
    assert cell is not None
    wrong = mark.post(rows[0], **{cell[1]: "lots"})
    assert (wrong.status_code, 'value="lots"' in wrong.text) == (422, True)
    mended = mark.post(rows[0], **{cell[1]: "120"})
    assert mended.headers["location"] == f"{rows[1]}#told"
    assert leads() == 31
    assert mark.post(rows[0], **{cell[1]: "130"}).status_code == 409
    assert mark.post(f"{rows[1]}/give-up").headers["location"] == f"{there}#told"
    assert "None waits any more" in mark.get(f"{there}/rows").text
    assert "nothing is left to do" in mark.get(rows[1]).text
    assert mark.get(f"{LIST.replace('imports', 'quarantine')}/none").status_code == 404


def test_what_only_people_can_answer_is_asked_before_it_can_be_imported(
    mark: Browser, store: Engine
) -> None:
    there = sent(mark, table([row(n, n, ("Won", "Lost", "Parked")[n % 3]) for n in range(30)]))
    page = mark.get(there).text
    assert "what Parked means is not known" in page
    assert f"{there}/start" not in page
    said = form(page, "columns")
    unanswered = mark.post(f"{there}/columns", **said)
    assert (unanswered.status_code, mark.told(unanswered)[0]) == (422, "bad")
    assert mark.post(f"{there}/columns", **said, answered="yes").status_code == 303
    assert "All 30 rows can be imported" in mark.get(there).text


def test_the_button_says_what_will_happen(mark: Browser, store: Engine) -> None:
    torn = small(3) + b"c9,lead9@firm9.example\n" + b"c10\n"
    page = mark.get(sent(mark, torn)).text
    assert "3 of 5 rows can be imported" in page
    assert "<button>Import 3 rows, set 2 aside</button>" in page
    assert "<button>Import 12 rows</button>" in mark.get(sent(mark, small())).text


def test_rows_that_repeat_leads_are_told_before_all_else(mark: Browser, store: Engine) -> None:
    page = mark.get(sent(mark, table([row(n % 3, n % 3) for n in range(7)]))).text
    told = "7 rows that can be imported are of 3 leads: 4 rows have the e-mail address or the id"
    assert told in page
    assert page.index(told) < page.index(f'action="{LIST}/')
    assert "what a later row says counts" in page
    assert "rows that can be imported are of" not in mark.get(sent(mark, small())).text


def test_a_time_made_up_for_when_leads_ended_is_asked_before_all_else(
    mark: Browser, store: Engine
) -> None:
    def cut(rows: bytes) -> bytes:
        return b"\n".join(line.rpartition(b",")[0] for line in rows.splitlines())

    there = sent(mark, cut(table([row(n, n, ("Won", "Lost")[n % 2]) for n in range(30)])))
    page = mark.get(there).text
    assert "When did leads end?" in page
    assert page.index("When did leads end?") < page.index(f'action="{LIST}/')
    assert f"{there}/start" not in page
    said = form(page, "columns") | {"after": "45", "answered": "yes"}
    assert mark.post(f"{there}/columns", **said).status_code == 303
    assert "All 30 rows can be imported" in mark.get(there).text


def test_a_file_that_cannot_be_read_says_so_and_leaves_nothing_behind(
    mark: Browser, store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content, words in (
        ("leads.pdf", b"%PDF-1.4", "only .csv"),
        ("leads.csv", b"", "is empty"),
        ("", b"a,b\n1,2\n", "Choose a file"),
    ):
        answer = send(mark, content, name, source="fair")
        assert answer.status_code == 422, name
        assert words in mark.told(answer)[1]
        assert 'value="fair"' in answer.text
    monkeypatch.setattr(get_settings(), "upload_megabytes", 1)
    large = send(mark, b"a,b\n" + b"1,2\n" * 2**19)
    assert (large.status_code, "At most 1 MB are taken" in large.text) == (413, True)
    with unit_of_work() as session:
        assert session.scalars(select(Upload)).all() == []
        assert session.scalars(select(UploadPart.number)).all() == []


def test_a_form_with_a_file_is_of_the_sign_in_that_sends_it(mark: Browser, store: Engine) -> None:
    for said in ({}, {"form_token": "another"}):
        answer = mark.client.post(LIST, data=said, files={"file": ("leads.csv", small())})
        assert answer.status_code == 403
    ann = Browser(mark.client, "ann")
    assert send(ann, small()).status_code == 403
    assert ann.get(LIST).status_code == 403
    with unit_of_work() as session:
        assert session.scalars(select(Upload)).all() == []


def test_a_file_of_many_pieces_arrives_as_it_was_sent(mark: Browser, store: Engine) -> None:
    content = table([row(n, n) for n in range(40_000)])
    assert len(content) > 2 * 2**20
    there = sent(mark, content)
    with unit_of_work() as session:
        upload = session.get_one(Upload, there.rpartition("/")[2])
        assert (upload.size, upload.rows, upload.parts) == (len(content), 40_000, 3)
        ahead = kept_of(upload)
    assert ahead is not None
    assert (ahead.rows, ahead.set_aside, len(ahead.shown)) == (20_000, 0, 20)
    assert "40,000 rows are in the file" in mark.get(there).text
    assert mark.post(f"{there}/let-go").headers["location"] == f"{LIST}#told"
    assert "not imported" in mark.get(there).text

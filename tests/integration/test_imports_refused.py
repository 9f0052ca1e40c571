"""What is no file of leads, or too much of one, is refused before it costs anything; and who may
not import does not."""

import gzip
import io
import socket
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, select

from leadflow.accounts.keys import create_key
from leadflow.accounts.people import add_person
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from leadflow.settings import Settings, get_settings
from leadflow.supervisor.child import Child
from leadflow.supervisor.services import gateway
from leadflow.uploads import unpacked
from leadflow.uploads.parts import laid_out
from leadflow.uploads.tables import Upload
from tests.deciders import signed_in_already
from tests.integration.imports_over_http import importer, row, send, small, table
from tests.servers import free_port, started

MEGABYTE = 2**20
LARGEST = 40


@pytest.fixture(scope="module")
def server(engine: Engine) -> Iterator[tuple[str, Child]]:
    """A gateway that takes files of so many megabytes, and its process."""
    settings = Settings(
        gateway_port=free_port(),
        prefect_port=free_port(),
        model_name="nothing-promoted",
        upload_megabytes=LARGEST,
    )
    running: Iterator[Child] = started(gateway(settings), settings)
    child = next(running)
    yield settings.gateway_url, child
    running.close()  # type: ignore[attr-defined]


def key() -> str:
    with unit_of_work() as session:
        return create_key(session, "sender", ["import.read", "import.write"])


def kept() -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(Upload)) or 0


def test_a_file_that_says_it_is_too_large_is_refused_before_it_is_read(
    server: tuple[str, Child], store: Engine
) -> None:
    host, port = server[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        head = f"POST /imports?name=a.csv HTTP/1.1\r\nHost: x\r\nX-API-Key: {key()}\r\n"
        line.sendall(head.encode() + f"Content-Length: {LARGEST * MEGABYTE + 1}\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 413"
    assert kept() == 0


def test_a_file_without_end_is_refused_at_the_bound_and_nothing_of_it_is_kept(
    server: tuple[str, Child], store: Engine
) -> None:
    address, child = server
    headers, process = {"X-API-Key": key()}, psutil.Process(child.pid)
    before, most = process.memory_info().rss, 0

    def endless() -> Iterator[bytes]:
        nonlocal most
        for _ in range(LARGEST + 20):
            most = max(most, process.memory_info().rss)
            yield b"x" * MEGABYTE

    try:
        answer = httpx.post(
            f"{address}/imports?name=a.csv", content=endless(), headers=headers, timeout=60
        )
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
    except httpx.TransportError:
        pass  # closed while it was being sent
    assert most - before < LARGEST / 2 * MEGABYTE
    assert kept() == 0


def test_of_a_file_whose_sender_goes_away_nothing_is_kept(
    server: tuple[str, Child], store: Engine
) -> None:
    host, port = server[0].removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        head = f"POST /imports?name=a.csv HTTP/1.1\r\nHost: x\r\nX-API-Key: {key()}\r\n"
        line.sendall(head.encode() + b"Content-Length: 5000000\r\n\r\n" + b"x" * 3 * MEGABYTE)
    # The next request is answered after what the one before it has left was taken away.
    with httpx.Client(base_url=server[0], headers={"X-API-Key": key()}, timeout=60) as caller:
        for _ in range(50):
            caller.get("/imports").raise_for_status()
            if kept() == 0:
                break
    assert kept() == 0


def test_a_file_is_sent_over_a_real_connection(server: tuple[str, Child], store: Engine) -> None:
    content = table([row(n) for n in range(30_000)])
    headers = {"X-API-Key": key(), "Content-Type": "text/csv"}
    answer = httpx.post(
        f"{server[0]}/imports?name=leads.csv", content=content, headers=headers, timeout=60
    )
    assert (answer.status_code, answer.json()["rows_in_file"]) == (201, 30_000)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("leads.pdf", b"%PDF-1.7", "only .csv"),
        ("leads.csv", b"%PDF-1.7", "a PDF"),
        ("leads.csv", b"", "empty"),
        ("leads.csv", b"a,b\n", "no rows"),
        ("leads.csv.gz", gzip.compress(small())[:-9], "is damaged"),
        ("leads.json", b"[]", "called .jsonl"),
        ("leads.parquet", b"PAR1", "leads.parquet"),
        ("leads.xlsx", b"PK\x03\x04nothing", "leads.xlsx"),
    ],
)
def test_what_cannot_be_read_as_a_table_is_refused_and_not_kept(
    client: TestClient, name: str, content: bytes, said: str
) -> None:
    refused = send(client, content, name, status=422)
    assert refused["type"] == "/problems/file-unreadable"
    assert said in refused["detail"]
    assert kept() == 0


@pytest.mark.parametrize("name", ["", "../../leads.csv", "a\\b.csv", "a\n.csv", "x" * 201])
def test_a_name_that_is_a_path_or_none_is_refused(client: TestClient, name: str) -> None:
    refused = send(client, small(), name, status=422)
    assert refused["type"] == "/problems/invalid-input"
    assert "pattern" not in str(refused)


@pytest.mark.parametrize("name", [".csv", ".csv.gz", "..csv"])
def test_an_ending_is_no_name(client: TestClient, name: str) -> None:
    refused = send(client, small(), name, status=422)
    assert (refused["type"], refused["detail"]) == (
        "/problems/file-unreadable",
        f"{name} is an ending without a name: call it such as leads{name}",
    )


@pytest.mark.parametrize(
    ("option", "wrong"),
    [("separator", ";;"), ("separator", "\\t"), ("separator", "tab"), ("encoding", "utf-16")]
    + [("encoding", name) for name in ("idna", "punycode", "ascii", "utf-16-le")],
)
def test_what_a_mapping_says_of_how_a_file_is_written_and_it_is_not_is_refused(
    client: TestClient, option: str, wrong: str
) -> None:
    content = small().replace(b"Employees", "Größe".encode())
    where = f"/imports/{send(client, content)['id']}/mapping"
    kept = client.get(where).json()
    refused = client.put(where, json=kept["mapping"] | {"csv": {option: wrong}})
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"] in ("/problems/mapping-invalid", "/problems/file-unreadable")
    assert client.get(where).json() == kept


def test_a_file_is_sent_with_the_encoding_it_is_written_in(
    client: TestClient, store: Engine
) -> None:
    head, *rows = ["番号,メール,会社", *(f"{n},lead{n}@firm.example,会社{n % 3}" for n in range(9))]
    content = "\n".join([head, *rows, ""]).encode("shift_jis")
    sent = send(client, content, encoding="shift_jis")
    assert [one["column"] for one in sent["proposal"]["columns"]] == head.split(",")
    assert send(client, content, status=200, encoding="shift_jis")["id"] == sent["id"]
    # It is read so by a mapping that does not say it, too.
    mapping = {
        "source": "tokyo",
        "key": "番号",
        "fields": {"email": "メール", "company_name": "会社"},
    }
    said = client.put(f"/imports/{sent['id']}/mapping", json=mapping)
    assert said.status_code == 200, said.text
    assert said.json()["mapping"]["csv"]["encoding"] == "shift_jis"
    client.post(f"/imports/{sent['id']}/start").raise_for_status()
    importer(store).work_next()
    with unit_of_work() as session:
        companies = {*session.scalars(select(Lead.company_name))}
    assert companies == {"会社0", "会社1", "会社2"}
    refused = send(client, content, status=422, encoding="klingon")
    assert "there is no encoding of this name" in str(refused["errors"])


@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_a_form_is_no_file(client: TestClient, kind: str) -> None:
    answer = client.post("/imports?name=a.csv", content=small(), headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/not-a-file")
    assert "--data-binary" in answer.json()["detail"]


def test_what_is_small_only_while_it_is_packed_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(get_settings(), "upload_megabytes", 1)
    monkeypatch.setattr(unpacked, "TIMES", 3)
    packed = gzip.compress(b"a,b\n" + b"0" * (4 * MEGABYTE))
    assert "more than 3 MB" in send(client, packed, "a.csv.gz", status=422)["detail"]
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (4 * MEGABYTE))
    assert "more than 3 MB" in send(client, book.getvalue(), "a.xlsx", status=422)["detail"]


def test_nobody_keeps_more_than_some_files(client: TestClient) -> None:
    for number in range(20):
        send(client, small(number + 1))
    refused = send(client, small(30), status=409)
    assert refused["type"] == "/problems/uploads-kept"
    oldest = client.get("/imports").json()["items"][-1]["id"]
    assert refused["detail"].endswith(f"the oldest first: DELETE /imports/{oldest}")
    client.delete(f"/imports/{oldest}")
    send(client, small(30))


def test_who_only_reads_imports_sends_none_and_who_has_no_business_with_them_sees_none(
    client: TestClient,
) -> None:
    sent = send(client, small())
    with unit_of_work() as session:
        client.headers["X-API-Key"] = create_key(session, "reader", ["import.read"])
    assert client.get(f"/imports/{sent['id']}").status_code == 200
    for method, where in (
        ("POST", "/imports?name=a.csv"),
        ("GET", f"/imports/{sent['id']}/mapping"),
        ("POST", f"/imports/{sent['id']}/start"),
        ("POST", f"/imports/{sent['id']}/undo"),
        ("DELETE", f"/imports/{sent['id']}"),
        ("GET", "/quarantine/row_1"),
    ):
        refused = client.request(method, where, content=small() if "?" in where else None)
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-allowed")
    with unit_of_work() as session:
        rep = add_person(session, "rita", "Rita", ["sales_rep"], "test")
        client.headers["X-API-Key"] = signed_in_already(session, rep)
    assert client.get("/imports").status_code == 403


def test_nothing_of_a_file_stays_on_the_disk_however_the_process_ends(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sent = send(client, small())
    with unit_of_work() as session:
        upload = session.get_one(Upload, sent["id"])
    with laid_out(upload, unit_of_work) as path:
        assert path.read_bytes() == small()
        there = [one for one in tmp_path.rglob("*") if not one.is_dir()]
        # What a process that is killed leaves is a link to what was open in it.
        assert there == [path]
        assert path.is_symlink()
    assert list(tmp_path.iterdir()) == []

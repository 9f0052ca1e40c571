"""Data Docs: built whole, without anything that runs or names people, read by those who may."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from expectations.checkpoint import Checks
from expectations.data_docs import KEPT, build, own
from expectations.expected import among, between, critical, warning
from leadflow.accounts.keys import create_key
from leadflow.checks.report import docs_folder
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings

PEOPLE = pd.DataFrame({"id": [f"lead_{n}" for n in range(9)], "name": ["Ada Byron"] * 9, "age": 30})
SUITE = (
    critical("Nobody is called so", among("name", ["Nobody"])),
    warning("Nobody is over 20", between("age", 0, 20)),
)


@pytest.fixture
def docs() -> Iterator[Path]:
    folder = docs_folder(get_settings())
    checks = Checks()
    found = [checks.checked("people", PEOPLE, SUITE), checks.checked("nobody", PEOPLE[:0], SUITE)]
    for number in range(KEPT - 1, KEPT + 1):
        build(checks, found, folder, f"run-{number}")
    yield folder
    shutil.rmtree(folder)


def test_pages_name_no_value_load_nothing_from_elsewhere_and_run_nothing(docs: Path) -> None:
    pages = list((docs / f"run-{KEPT}").rglob("*.html"))
    assert len(pages) >= 3
    for page in pages:
        written = page.read_text()
        assert "Ada" not in written
        assert not re.search(r"<script|<form|\son\w+=|<link[^>]+https?:|<img|url\(.?http", written)
        sheet = re.search(r'href="([./]*leadflow\.css)"', written)
        assert sheet is not None
        assert (page.parent / sheet[1]).is_file()
    front = (docs / f"run-{KEPT}" / "index.html").read_text()
    assert "critical: Nobody is called so: not so in 9 of 9 rows" in front
    assert own('<a onclick="x()" href="y">z</a></head>', "s.css").startswith('<a href="y">z</a>')


def test_old_runs_go_and_none_is_half_there(docs: Path) -> None:
    for number in range(KEPT + 2):
        (docs / f"earlier-{number:03}").mkdir()
    checks = Checks()
    build(checks, [checks.checked("people", PEOPLE, SUITE)], docs, "zz-newest")
    kept = sorted(one.name for one in docs.iterdir())
    assert len(kept) == KEPT
    assert kept[-1] == "zz-newest"
    assert not [name for name in kept if name.startswith(".")]


def test_those_who_may_read_them_and_nobody_reads_anything_else(
    docs: Path, client: TestClient
) -> None:
    (docs.parent / "outside.html").write_text("secret")
    (docs / "link.html").symlink_to(docs.parent / "outside.html")
    newest = client.get("/data-docs")
    assert newest.url.path == f"/data-docs/run-{KEPT}/index.html"
    assert newest.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert client.get(f"/data-docs/run-{KEPT}/leadflow.css").headers["Content-Type"] == (
        "text/css; charset=utf-8"
    )
    for path in (
        "../outside.html",
        "%2e%2e/outside.html",
        f"run-{KEPT}/../../outside.html",
        f"run-{KEPT}/..%2f..%2foutside.html",
        "..%2fsecret.key",
        "//etc/passwd",
        "%2fetc%2fpasswd",
        "link.html",
        "a%00.html",
        "x" * 300 + ".html",
        f"run-{KEPT}",
    ):
        answer = client.get(f"/data-docs/{path}")
        assert answer.status_code in (404, 422), path
        assert "secret" not in answer.text
    (docs.parent / "outside.html").unlink()
    with unit_of_work() as session:
        client.headers["X-API-Key"] = create_key(session, "reads", ["lead.read"])
    assert client.get("/data-docs").status_code == 403
    del client.headers["X-API-Key"]
    asked = client.get("/data-docs", follow_redirects=False)
    assert asked.headers["Location"] == "/console/sign-in?next=/data-docs"

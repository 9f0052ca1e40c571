"""Data Docs: the pages of Great Expectations on what a run of checks expected and found.

As Great Expectations writes them they load scripts and styles from nine other sites; shown by the
gateway, those would work in the name of whoever has signed in. Here they are left out, and one
style sheet of ours stands in for them.
"""

import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expectations.checkpoint import Checked, Checks

SITE = "leadflow"
KEPT = 30  # runs
STYLES = Path(__file__).with_name("data_docs.css")
SHEET = "leadflow.css"
SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
# Styles, icons and pictures of elsewhere.
ELSEWHERE = re.compile(
    r"<(?:link|img)\b[^>]*(?:href|src)\s*=\s*[\"']?https?:[^>]*>", re.DOTALL | re.IGNORECASE
)
PICTURE = re.compile(r"url\(\s*['\"]?https?:[^)]*\)", re.IGNORECASE)
NEWSLETTER = re.compile(r"<footer\b.*?</footer\s*>", re.DOTALL | re.IGNORECASE)
HANDLER = re.compile(r"\son\w+\s*=\s*(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE)
FORM = re.compile(
    r"<(?:form|iframe|object|embed)\b.*?</(?:form|iframe|object|embed)\s*>", re.DOTALL
)


def build(checks: "Checks", found: "Sequence[Checked]", folder: Path, name: str) -> Path:
    """Write the pages of what was ``found`` by these checks into ``folder/name``, whole or not at
    all; of other runs the newest stay.

    ``name``: names sort in the order of their runs.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = folder / f".{name}.half"
    shutil.rmtree(half, ignore_errors=True)
    context = checks.context
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(half),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    try:
        context.build_data_docs(site_names=[SITE])
    finally:
        context.delete_data_docs_site(SITE)
    _make_own(half, index(found, half))
    place = folder / name
    shutil.rmtree(place, ignore_errors=True)
    half.rename(place)
    for old in sorted(one for one in folder.iterdir() if one.name[0] != ".")[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return place


def index(found: "Sequence[Checked]", folder: Path) -> str:
    """The page that pages begin with: Great Expectations' own is empty without its scripts."""
    rows = "".join(_row(one, folder) for one in found)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Data Docs</title></head>'
        "<body><h1>What the data were held to</h1><table><tr><th>Suite</th><th>Rows</th>"
        f"<th>What does not hold</th></tr>{rows}</table></body></html>"
    )


def _row(one: "Checked", folder: Path) -> str:
    # Of a suite that was tried again the newest.
    pages = sorted((folder / "validations" / one.suite).rglob("*.html"), reverse=True)
    pages += [folder / "expectations" / f"{one.suite}.html"]
    address = next((str(page.relative_to(folder)) for page in pages if page.exists()), None)
    name = escape(one.suite)
    linked = name if address is None else f'<a href="{escape(address)}">{name}</a>'
    failed = "<br>".join(f"{finding.severity}: {escape(finding.words)}" for finding in one.failed)
    return f"<tr><td>{linked}</td><td>{one.rows:,}</td><td>{failed or 'All of it holds.'}</td></tr>"


def _make_own(folder: Path, index_page: str) -> None:
    (folder / "index.html").write_text(index_page)
    shutil.rmtree(folder / "static", ignore_errors=True)
    shutil.copyfile(STYLES, folder / SHEET)
    for page in folder.rglob("*.html"):
        up = "../" * (len(page.relative_to(folder).parts) - 1)
        page.write_text(own(page.read_text(), f"{up}{SHEET}"))


def own(page: str, sheet: str) -> str:
    """The page without what runs or is loaded from elsewhere, and with this style sheet."""
    for pattern in (SCRIPT, FORM, ELSEWHERE, HANDLER, NEWSLETTER):
        page = pattern.sub("", page)
    page = PICTURE.sub("none", page)
    return page.replace("</head>", f'<link rel="stylesheet" href="{sheet}"></head>', 1)

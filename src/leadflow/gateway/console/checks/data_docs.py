"""Data Docs: what each run of checks expected of the data and found, as pages that run nothing."""

from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from leadflow.checks.report import docs_folder
from leadflow.gateway.console.forms import ReadingChecks, go_to
from leadflow.gateway.http.problem import Problem
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}
# Their styles stand in the pages, and nothing of them is a program.
POLICY = "default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"


@router.get("/data-docs")
def newest(caller: ReadingChecks) -> Response:
    """The pages of the newest run."""
    folder = docs_folder(get_settings())
    runs = sorted(one.name for one in folder.glob("[!.]*/")) if folder.is_dir() else []
    if not runs:
        raise _nothing("No checks have been run yet. Run them: leadflow checks run")
    return go_to(f"/data-docs/{runs[-1]}/index.html")


@router.get("/data-docs/{path:path}")
def show(path: str, caller: ReadingChecks) -> Response:
    """A page, or its style sheet; nothing outside of the folder of Data Docs."""
    folder = docs_folder(get_settings()).resolve()
    wanted = _within(folder, path)
    if wanted is None:
        raise _nothing("There is no such page; of runs of checks the newest are kept.")
    return FileResponse(
        wanted, media_type=KINDS[wanted.suffix], headers={"Content-Security-Policy": POLICY}
    )


def _within(folder: Path, path: str) -> Path | None:
    """The file that is asked for, where it is one of these pages."""
    if "\0" in path or any(part.startswith(".") for part in path.split("/")):
        return None
    try:
        wanted = (folder / path).resolve()
        fine = wanted.is_relative_to(folder) and wanted.suffix in KINDS and wanted.is_file()
    except OSError:
        return None
    return wanted if fine else None


def _nothing(why: str) -> Problem:
    return Problem(404, "not-found", "Not found", why)

"""What was set aside of files: why, and how many rows; each row, to be mended or given up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import SeeingImports, SendingFiles
from leadflow.gateway.console.imports import words
from leadflow.gateway.console.imports.pages import LIST as IMPORTS
from leadflow.gateway.console.imports.pages import PATH as IMPORT
from leadflow.gateway.console.imports.steering import Typed
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.intake.rows import take_rows
from leadflow.leads.files import quarantine
from leadflow.leads.files.formats.tables_of_text import LINE, REST
from leadflow.leads.files.quarantine import QuarantineError, RowElsewhere, SetAside
from leadflow.leads.files.quarantine_groups import rows_waiting, waiting_by_reason
from leadflow.leads.files.quarantine_pages import WAITING, next_waiting, rows_of_import
from leadflow.paging.keyset import Wanted
from leadflow.settings import get_settings
from leadflow.uploads.listing import show as import_shown
from leadflow.uploads.schemas import ImportOut
from leadflow.uploads.service import brought_in_as

router = APIRouter(include_in_schema=False)
LIST = "/console/quarantine"
PATH = LIST + "/{row_id}"
AT_A_TIME = 50
MENDED = "Row {} is stored. This is the next one that waits."
LAST = "Row {} is stored. No other row of this file waits."
GIVEN_UP = "Row {} is given up."
STILL = "It is kept as you wrote it, and is still not right: see below."


@dataclass(frozen=True)
class Cell:
    """A column of a row: its place in the mapping, by which the form names it, what it is, what
    stands there, and whether that is what is wrong."""

    number: int
    column: str
    means: str
    said: str
    wrong: bool


@router.get(LIST)
def show(request: Request, caller: SeeingImports) -> Response:
    """The reasons, the one with most rows first. Values may be personal and are not shown."""
    with unit_of_work() as session:
        groups, rows = waiting_by_reason(session), rows_waiting(session)
    may_mend = caller.reach("import.write") is not None
    values: dict[str, Any] = {"groups": groups, "rows": rows, "may_mend": may_mend, "words": words}
    return page(request, "imports/quarantine.html", caller, **values)


@router.get(IMPORT + "/rows")
def show_rows(
    request: Request,
    import_id: str,
    caller: SeeingImports,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Response:
    """The rows of a file that wait, in its order, without their values."""
    with unit_of_work() as session:
        shown = import_shown(session, import_id)
        found = rows_of_import(session, shown.inbox_id, wanted=Wanted(AT_A_TIME, cursor))
        one = ImportOut.of(shown)
    may_mend = caller.reach("import.write") is not None
    values: dict[str, Any] = {"one": one, "found": found, "may_mend": may_mend, "words": words}
    return page(request, "imports/rows.html", caller, **values)


@router.get(PATH)
def show_row(request: Request, row_id: str, caller: SendingFiles) -> Response:
    """One row with what stands in it, to be mended."""
    return _row_page(request, row_id, caller)


@router.post(PATH)
@limited(REPORTS)
def mend(request: Request, row_id: str, caller: SendingFiles, typed: Typed) -> Response:
    """Correct what stands in a row, and check it again."""
    now, currency = datetime.now(UTC), get_settings().default_currency
    try:
        with unit_of_work() as session:
            before = quarantine.get_row(session, row_id)
            changes = {
                cell.column: typed[f"cell-{cell.number}"]
                for cell in _all_cells(before)
                if typed.get(f"cell-{cell.number}", cell.said) != cell.said
            }
            row = quarantine.mend(session, row_id, changes, now, currency, take_rows, caller.id)
            onward = next_waiting(session, row.inbox_id, row.row_number)
            address = _import_address(session, row)
    except QuarantineError as error:
        status = 409 if isinstance(error, RowElsewhere) else 422
        return _row_page(request, row_id, caller, status, Notice(str(error)))
    if row.status == WAITING:
        return _row_page(request, row_id, caller, 422, Notice(STILL))
    if onward is None:
        return told_on(request, address, Notice(LAST.format(f"{row.row_number:,}"), True))
    said = Notice(MENDED.format(f"{row.row_number:,}"), True)
    return told_on(request, f"{LIST}/{onward}", said)


@router.post(PATH + "/give-up")
def give_up(request: Request, row_id: str, caller: SendingFiles) -> Response:
    """Give a row up, for good."""
    try:
        with unit_of_work() as session:
            row = quarantine.get_row(session, row_id)
            quarantine.discard(session, row_id, datetime.now(UTC), caller.id)
            address = _import_address(session, row)
    except RowElsewhere as error:
        return _row_page(request, row_id, caller, 409, Notice(str(error)))
    return told_on(request, address, Notice(GIVEN_UP.format(f"{row.row_number:,}"), True))


@router.get(PATH + "/give-up")
def show_again(request: Request, row_id: str, caller: SendingFiles) -> Response:
    """The form's address, loaded again, is the row."""
    return _row_page(request, row_id, caller)


def _row_page(
    request: Request, row_id: str, caller: Actor, status: int = 200, told: Notice | None = None
) -> Response:
    with unit_of_work() as session:
        row = quarantine.get_row(session, row_id)
        address = _import_address(session, row)
    values: dict[str, Any] = {
        "row": row,
        "cells": _cells(row),
        "words": words,
        "import_address": address,
    }
    line = " ".join(filter(None, (row.content.get(LINE), row.content.get(REST))))
    return page(request, "imports/row.html", caller, status, told, line=line, **values)


def _cells(row: SetAside) -> list[Cell]:
    """The columns that are read of a row, those first in which something is wrong."""
    found = sorted(_all_cells(row), key=lambda cell: not cell.wrong)
    return found if row.status == WAITING else []


def _all_cells(row: SetAside) -> Iterator[Cell]:
    wrong = {reason["field"] for reason in row.reasons}
    seen: set[str] = set()
    for place, column in row.columns.items():
        if column in seen:
            continue
        seen.add(column)
        names = {place, place.removeprefix("fields."), place.removesuffix(".column")}
        means = words.read(place.removeprefix("fields.").removesuffix(".column"))
        yield Cell(len(seen), column, means, row.content.get(column) or "", bool(names & wrong))


def _import_address(session: Session, row: SetAside) -> str:
    return f"{IMPORTS}/{brought_in_as(session, [row.inbox_id]).get(row.inbox_id, row.inbox_id)}"

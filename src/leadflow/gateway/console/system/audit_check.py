"""Is the audit log as it was written? What the last check found, and checking it now."""

from typing import Any

from fastapi import APIRouter, Request, Response

from leadflow.assignment.team.naming import names_of_people
from leadflow.audit.last_check import check_log, last_check
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.callers import ReadsMetrics
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/system/audit"


@router.get(PATH)
def show(request: Request, caller: ReadsMetrics) -> Response:
    """The last check, by whom and when."""
    values: dict[str, Any] = {"last": None}
    with unit_of_work() as session:
        last = last_check(session)
        if last is not None:
            names = names_of_people(session, [last.actor])
            who = names.get(last.actor, last.actor)
            values["last"] = {"at": last.at, "who": who, **(last.detail or {})}
    return page(request, "system/audit.html", caller, **values)


@router.post(PATH)
@limited(REPORTS)
def check(request: Request, caller: ReadsMetrics) -> Response:
    """Read the whole log now."""
    report = check_log(get_settings(), caller.id)
    if report.broken is None:
        return told_on(request, PATH, Notice("The log is as it was written.", True))
    said = f"Row {report.broken.number:,} is broken: {report.broken.what}."
    return told_on(request, PATH, Notice(said))

"""Do all servers run, and which flows have failed?"""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from leadflow.gateway.api.operating import health
from leadflow.gateway.console.forms import go_to
from leadflow.gateway.console.home.in_place import in_place
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.callers import ReadsOutbox
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.integrations.failed_runs import FailedRun, failed_runs
from leadflow.integrations.prefect import PrefectUnavailable
from leadflow.settings import Settings, get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/system/flows"
DAYS, MOST = 7, 50
PARTS = {
    "database": "Database",
    "model": "Model that scores",
    "background": "Background process",
    "prefect": "Prefect, which runs flows",
    "mlflow": "MLflow, which keeps models",
    "sending": "Mail of campaigns",
}


@router.get(PATH)
@limited(REPORTS)
def show(request: Request, caller: ReadsOutbox) -> Response:
    """Every server, and what has failed within a week. Prefect being away is one state of it."""
    settings, found = get_settings(), health.look(request)
    return page(
        request,
        "system/flows.html",
        caller,
        health=found,
        parts=PARTS,
        runs=_failed(settings) if found.parts["prefect"].status == "ok" else None,
        days=DAYS,
        most=MOST,
        prefect=settings.prefect_url,
    )


@router.get(PATH + "/failed")
@limited(REPORTS)
def show_failed(request: Request, caller: ReadsOutbox) -> Response:
    """What has failed, for the first page, which is there before it, for Prefect is asked; without
    scripts it is on the page of the flows."""
    if not in_place(request):
        return go_to(PATH)
    settings = get_settings()
    runs, prefect = _failed(settings), settings.prefect_url
    return page(
        request, "system/failed.html", caller, runs=runs, days=DAYS, most=MOST, prefect=prefect
    )


def _failed(settings: Settings) -> list[FailedRun] | None:
    """Runs that failed within a week; None where Prefect is away."""
    try:
        return failed_runs(settings, datetime.now(UTC) - timedelta(days=DAYS), MOST)
    except PrefectUnavailable:
        return None

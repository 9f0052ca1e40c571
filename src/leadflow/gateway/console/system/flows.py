"""Do all servers run, and which flows have failed?"""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from leadflow.gateway.api.operating import health
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.callers import ReadsOutbox
from leadflow.gateway.http.limits import REPORTS, limited
from leadflow.integrations.failed_runs import FailedRun, failed_runs
from leadflow.integrations.prefect import PrefectUnavailable
from leadflow.settings import get_settings

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
    runs: list[FailedRun] | None = None
    try:
        if found.parts["prefect"].status == "ok":
            runs = failed_runs(settings, datetime.now(UTC) - timedelta(days=DAYS), MOST)
    except PrefectUnavailable:
        runs = None
    return page(
        request,
        "system/flows.html",
        caller,
        health=found,
        parts=PARTS,
        runs=runs,
        days=DAYS,
        most=MOST,
        prefect=settings.prefect_url,
    )

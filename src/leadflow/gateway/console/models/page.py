"""What serves, whether it still holds, what waits for a decision, and the trainings there were."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from leadflow.approvals.evidence import Evidence
from leadflow.assignment.team.naming import names_of_people
from leadflow.charts.figures import Figure
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.charts.pictures import picture
from leadflow.gateway.console.forms import ReadingFigures
from leadflow.gateway.console.models.figures import (
    calibration_now,
    drift_over_time,
    matters,
    ratio_over_time,
)
from leadflow.gateway.console.rendering import page
from leadflow.scoring.monitoring.standing_now import ModelStanding, model_standing, what_matters
from leadflow.settings import Settings, get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/models"
Named = Literal["calibration", "ratio", "drift", "matters"]
REGIMES = {
    None: "The expert rubric scores: nothing that was learned serves yet",
    "blend": "What was learned and the expert rubric score together, for outcomes are few yet",
    "model": "What was learned scores",
}
ENDS = {
    "asked": "people were asked",
    "kept": "it scores in the shadow until more can be told",
    "nothing_to_decide": "nothing better was found",
    "cannot_learn": "nothing could be learned",
}


@router.get(PATH)
def show(request: Request, caller: ReadingFigures) -> Response:
    """How the model stands."""
    settings = get_settings()
    with unit_of_work() as session:
        standing = model_standing(session, settings)
        figures = _figures(standing, what_matters(session), settings)
        asked = standing.asked
        people = names_of_people(session, [] if asked is None else [asked.decided_by])
        waits = standing.waits
        values: dict[str, Any] = {
            "standing": standing,
            "approved": Evidence.of(None if asked is None else asked.evidence),
            "coming": Evidence.of(None if waits is None else waits.evidence),
        }
    serving = standing.serving
    return page(
        request,
        "models/page.html",
        caller,
        figures=figures,
        people=people,
        regime=REGIMES[None if serving is None else serving.regime],
        ends=ENDS,
        mlflow=f"{settings.mlflow_url}/#/models/{settings.model_name}",
        mlflow_runs=f"{settings.mlflow_url}/#/runs",
        prefect=settings.prefect_url,
        **values,
    )


@router.get(PATH + "/{name}.svg")
async def draw_one(name: Named, caller: ReadingFigures) -> Response:
    """One of the charts, as a picture."""
    return await picture(await run_in_threadpool(_figure, name))


def _figure(name: Named) -> Figure | None:
    settings = get_settings()
    with unit_of_work() as session:
        if name == "matters":
            return matters(what_matters(session))
        return _figures(model_standing(session, settings), [], settings)[name]


def _figures(
    standing: ModelStanding, moving: list[tuple[str, float]], settings: Settings
) -> dict[str, Figure | None]:
    return {
        "calibration": calibration_now(standing),
        "ratio": ratio_over_time(standing.trend, settings),
        "drift": drift_over_time(standing.trend, settings),
        "matters": matters(moving),
    }

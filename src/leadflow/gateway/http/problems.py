"""Errors as facts: every error answer is an RFC 9457 problem with a stable type."""

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from leadflow.assignment.team.faults import TeamInvalid
from leadflow.gateway.http.bounds.wrong_fields import WrongFields, body_of, to_correct
from leadflow.gateway.http.database_problems import HANDLED, of_database
from leadflow.gateway.http.permissions import methods_at
from leadflow.gateway.http.placed_problems import PLACED, WRITTEN
from leadflow.gateway.http.problem import TITLES, Problem, problem
from leadflow.gateway.http.stated_problems import STATED
from leadflow.intake.events.batches import EventMalformed, EventOfLead, NoneTaken
from leadflow.intake.keyed_requests import StillAtWork
from leadflow.leads.service import LeadMerged, LeadNotFound
from leadflow.leads.upsert import LeadKeepsChanging
from leadflow.scoring.serving.champion import VersionNotApproved
from leadflow.scoring.serving.score import LeadNotScored
from models.refused import ModelAltered

logger = logging.getLogger(__name__)
Handler = Callable[[Request, Exception], JSONResponse]
Said = TypeVar("Said")
# Request, status, title, detail.
ErrorPage = Callable[[Request, int, str, str | None], Response]

PAGES = ("/console", "/data-docs")


def install(app: FastAPI, page: ErrorPage) -> None:
    """Answer every error of this application as a problem; below ``PAGES``, as a page."""
    handlers: dict[type[Exception], Handler] = {
        RequestValidationError: _invalid,
        HTTPException: _http,
        Problem: _own,
        LeadNotFound: _missing,
        LeadNotScored: _missing,
        LeadMerged: _merged,
        LeadKeepsChanging: _busy,
        StillAtWork: _at_work,
        NoneTaken: _none_taken,
        **dict.fromkeys(STATED, _stated),
        **dict.fromkeys(WRITTEN, _places),
        TeamInvalid: _team,
        VersionNotApproved: _refused,
        ModelAltered: _refused,
        **dict.fromkeys(HANDLED, of_database),
        Exception: _unexpected,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, _answering(handler, page))


def _answering(handler: Handler, page: ErrorPage) -> Callable[[Request, Exception], Response]:
    """The handler, or a page with what it says where a page was asked for."""

    def answer(request: Request, raised: Exception) -> Response:
        found = handler(request, raised)
        if not request.url.path.startswith(PAGES):
            return found
        said = json.loads(bytes(found.body))
        return page(request, found.status_code, said["title"], said["detail"])

    return answer


def _invalid(request: Request, error: Exception) -> JSONResponse:
    """422 with each field's name and what is wrong; the values themselves are not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    unread = [item for item in error.errors() if item["type"] == "json_invalid"]
    if unread:
        at, why = unread[0]["loc"][-1], unread[0]["ctx"]["error"]
        return problem(400, *TITLES[400], f"The body is not JSON, at character {at}: {why}.")
    wrong = WrongFields(body_of(request), above=1).of(error.errors())
    return problem(422, *TITLES[422], to_correct(wrong), errors=wrong)


def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    kind, title = TITLES.get(error.status_code, ("error", "The request failed"))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods_at(request.app, request.url.path))
    return problem(error.status_code, kind, title, str(error.detail), headers)


def _own(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Problem):
        raise error
    return problem(error.status, error.kind, error.title, error.detail, **error.more)


def _missing(request: Request, error: Exception) -> JSONResponse:
    kind = "lead-not-found" if isinstance(error, LeadNotFound) else "lead-not-scored"
    return problem(404, kind, "There is no such lead", str(error))


def _merged(request: Request, error: Exception) -> JSONResponse:
    """410 with the lead that stands for the one that was asked for."""
    if not isinstance(error, LeadMerged):
        raise error
    title = "The lead was merged into another"
    return problem(410, "lead-merged", title, str(error), survivor_id=error.survivor_id)


def _as_declared(said: Mapping[type[Exception], Said], error: Exception) -> Said:
    """What is said of an error, or of the kind of error that it is one of."""
    return next(said[kind] for kind in type(error).__mro__ if kind in said)


def refused_places(refused: Mapping[int, Exception]) -> list[dict[str, Any]]:
    """Why some of many were not taken: each with its place and the type it would have alone, and
    with its fields where these are not valid."""
    fields = WrongFields(EventOfLead)
    return [{"place": at, **_refused_one(error, fields)} for at, error in sorted(refused.items())]


def _refused_one(error: Exception, fields: WrongFields) -> dict[str, Any]:
    if isinstance(error, EventMalformed):
        wrong = fields.of(error.faults)
        kind, said = TITLES[422][0], to_correct(wrong)
        return {"type": f"/problems/{kind}", "detail": said, "errors": wrong}
    return {"type": f"/problems/{_kind_of(error)}", "detail": str(error)}


def _kind_of(error: Exception) -> str:
    if isinstance(error, LeadMerged):
        return "lead-merged"
    return "lead-not-found" if isinstance(error, LeadNotFound) else _as_declared(STATED, error)[1]


def _none_taken(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, NoneTaken):
        raise error
    title = "None of these events can be taken"
    places = refused_places(error.refused)
    return problem(422, "events-refused", title, str(error), refused=places)


def _stated(request: Request, error: Exception) -> JSONResponse:
    """An error whose message says what to do, under its own stable type."""
    status, kind, title = _as_declared(STATED, error)
    return problem(status, kind, title, str(error))


def _places(request: Request, error: Exception) -> JSONResponse:
    """422 with everything that is wrong with what people wrote down, each with its place."""
    if not isinstance(error, PLACED):
        raise error
    kind, title, said = _as_declared(WRITTEN, error)
    places = [{"place": found.place, "problem": found.problem} for found in error.problems]
    return problem(422, kind, title, said, errors=places)


def _team(request: Request, error: Exception) -> JSONResponse:
    """422 with every place of the team that is wrong and what to do there."""
    if not isinstance(error, TeamInvalid):
        raise error
    faults = [{"place": fault.place, "problem": fault.problem} for fault in error.faults]
    places = ", ".join(dict.fromkeys(fault["place"] for fault in faults))
    detail = f"Correct and send again: {places}."
    return problem(422, "team-invalid", "The sales team is not valid", detail, errors=faults)


def _busy(request: Request, error: Exception) -> JSONResponse:
    return problem(503, "lead-busy", "Others keep changing this lead", f"{error} Send it again.")


def _at_work(request: Request, error: Exception) -> JSONResponse:
    title = "The same request is being worked on"
    return problem(409, "still-at-work", title, str(error), {"Retry-After": "1"})


def _refused(request: Request, error: Exception) -> JSONResponse:
    logger.error("the champion is refused", exc_info=error)
    return problem(503, "model-refused", "The model that should score is refused", str(error))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # ``request_log`` has it, with its traceback, as it passes by.
    return problem(500, "unexpected", "Leadflow made a mistake", "It has been logged.")

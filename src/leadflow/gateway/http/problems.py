"""Errors as facts: every error answer is an RFC 9457 problem with a stable type."""

import json
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg import errors as ends
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from leadflow.accounts.delegation import DelegationInvalid, NotYourName
from leadflow.accounts.keys import KeyNotFound, ScopeUnknown
from leadflow.accounts.passwords import PasswordRefused
from leadflow.accounts.people import LastAdmin, PersonInvalid, PersonNotFound, WrongPassword
from leadflow.approvals.policies import PoliciesInvalid
from leadflow.approvals.service import ApprovalNotFound
from leadflow.assignment.insight.strategy_comparison import NothingToCompare
from leadflow.assignment.team.edits import (
    DaysOffNotFound,
    TerritoryInUse,
    TerritoryNotFound,
)
from leadflow.assignment.team.faults import TeamInvalid
from leadflow.assignment.team.store import RepNotFound
from leadflow.assignment.team.versions import TeamVersionNotFound
from leadflow.assignment.work.handover import (
    AssignmentChanged,
    NotAssigned,
    RepFull,
    RepInactive,
)
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.intake.deliveries import KeyReused
from leadflow.leads.editing import LeadTaken, NoBudgetToCount
from leadflow.leads.events.own_types import EventTypesInvalid
from leadflow.leads.events.payloads import PayloadRefused
from leadflow.leads.events.recording import EventOfAnotherLead, MomentInFuture
from leadflow.leads.events.types import UnknownEventType
from leadflow.leads.service import LeadNotFound
from leadflow.leads.upsert import LeadKeepsChanging
from leadflow.outbox.settling import ActElsewhere, ActNotFound
from leadflow.quality.errors import (
    ActionClosed,
    ActionNotFound,
    AlreadyFlagged,
    AlreadyReviewed,
    NotDisputed,
    NotFlagged,
    NotYourItem,
    QualityItemNotFound,
)
from leadflow.quality.review_kinds import JudgementInvalid, UnknownReviewKind
from leadflow.rules.rule_kinds import UnknownRuleKind
from leadflow.rules.service import NoRules
from leadflow.scoring.overrides.effective import ExpiryInvalid
from leadflow.scoring.overrides.service import NoOverride
from leadflow.scoring.serving.champion import VersionNotApproved
from leadflow.scoring.serving.score import LeadNotScored
from models.refused import ModelAltered

logger = logging.getLogger(__name__)
Handler = Callable[[Request, Exception], JSONResponse]
# Request, status, title, detail.
ErrorPage = Callable[[Request, int, str, str | None], Response]
MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: ("bad-request", "The request could not be read"),
    401: ("sign-in-required", "A key or a sign-in is required"),
    403: ("not-allowed", "You may not do this"),
    404: ("not-found", "There is nothing at this address"),
    405: ("method-not-allowed", "This address does not take this method"),
    408: ("too-slow", "The request did not arrive in time"),
    409: ("conflict", "The request conflicts with an earlier one"),
    413: ("too-large", "The request is too large"),
    422: ("invalid-input", "Some fields are not valid"),
    503: ("unavailable", "A part Leadflow depends on does not answer"),
}

STATED: dict[type[Exception], tuple[int, str, str]] = {
    ActNotFound: (404, "act-not-found", "There is no such act"),
    ActElsewhere: (409, "act-elsewhere", "The act is in another state"),
    NotYourName: (403, "not-your-name", "You may not act for them"),
    KeyReused: (
        409,
        "idempotency-key-reused",
        "This Idempotency-Key was used for another request",
    ),
    PersonNotFound: (404, "person-not-found", "There is nobody of this name"),
    QualityItemNotFound: (404, "quality-item-not-found", "There is no such item"),
    AlreadyReviewed: (409, "already-reviewed", "You have judged this already"),
    NotYourItem: (409, "not-your-item", "This is for others to judge"),
    NotDisputed: (409, "not-disputed", "There is nothing to settle"),
    JudgementInvalid: (422, "judgement-invalid", "This judgement is not understood"),
    UnknownReviewKind: (422, "unknown-decision", "There are no such decisions"),
    AlreadyFlagged: (409, "already-flagged", "No model learns from it already"),
    NotFlagged: (404, "not-flagged", "Models learn from this lead"),
    ActionNotFound: (404, "action-not-found", "There is no such action"),
    ActionClosed: (409, "action-closed", "This action is closed"),
    LastAdmin: (409, "last-admin", "There must be an admin"),
    WrongPassword: (403, "wrong-password", "The present password is another"),
    PersonInvalid: (422, "person-invalid", "This person cannot be kept so"),
    PasswordRefused: (422, "password-refused", "This password cannot be taken"),
    ApprovalNotFound: (404, "approval-not-found", "There is no such approval"),
    DelegationInvalid: (422, "delegation-invalid", "Nobody can stand in like that"),
    ScopeUnknown: (422, "scope-unknown", "No key can have this"),
    KeyNotFound: (404, "key-not-found", "There is no such key"),
    MomentInFuture: (422, "moment-in-future", "This has not happened yet"),
    UnknownEventType: (422, "unknown-event-type", "There is no such type of event"),
    PayloadRefused: (422, "payload-refused", "This payload cannot be taken"),
    EventOfAnotherLead: (409, "event-of-another-lead", "This event is another lead's"),
    LeadTaken: (409, "lead-taken", "Another lead has this identity"),
    NoBudgetToCount: (422, "no-budget", "There is no budget to count"),
    ExpiryInvalid: (422, "expiry-invalid", "An override cannot expire then"),
    NoOverride: (404, "no-override", "There is no override to withdraw"),
    UnknownRuleKind: (404, "no-such-rules", "There are no rules of this kind"),
    NothingToCompare: (404, "nothing-to-compare", "There is too little to compare"),
    NoRules: (404, "no-rules", "These rules are not stored"),
    NotAssigned: (404, "not-assigned", "Nobody has this lead"),
    AssignmentChanged: (409, "assignment-changed", "Somebody else has this lead by now"),
    RepFull: (409, "rep-full", "The salesperson has no room"),
    RepInactive: (409, "rep-inactive", "The salesperson is not active"),
    RepNotFound: (404, "rep-not-found", "There is no such salesperson"),
    DaysOffNotFound: (404, "days-off-not-found", "There are no such days off"),
    TerritoryNotFound: (404, "territory-not-found", "There is no such territory"),
    TerritoryInUse: (409, "territory-in-use", "The territory is in use"),
    TeamVersionNotFound: (404, "team-version-not-found", "There is no such version of the team"),
}

WRITTEN: dict[type[Exception], tuple[str, str, str]] = {
    RuleSetInvalid: (
        "rule-invalid",
        "The rule set cannot be used",
        "Correct what `errors` names and send the whole rule set again.",
    ),
    PoliciesInvalid: (
        "policies-invalid",
        "The policies cannot be used",
        "Correct what `errors` names and send all policies again.",
    ),
    EventTypesInvalid: (
        "event-types-invalid",
        "The event types cannot be used",
        "Correct what `errors` names and send all of them again; nothing was stored.",
    ),
}
# How PostgreSQL ends a request that it could have carried out; its transaction is undone.
ENDED: dict[type[Exception], tuple[str, str, str]] = {
    ends.QueryCanceled: (
        "took-too-long",
        "This took too long",
        "Nothing was stored. Ask for less at a time, or send it again when less is going on.",
    ),
    **dict.fromkeys(
        (ends.LockNotAvailable, ends.DeadlockDetected),
        (
            "locked-by-others",
            "Others are changing the same",
            "Nothing was stored. Send it again.",
        ),
    ),
}


class Problem(Exception):
    """An error that is answered as it is: status, stable type, title, detail."""

    def __init__(self, status: int, kind: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.kind, self.title, self.detail = status, kind, title, detail


def problem(
    status: int, kind: str, title: str, detail: str | None = None, **more: Any
) -> JSONResponse:
    """A problem document; its ``type`` is ``/problems/KIND``."""
    body = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body | more, status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI, page: ErrorPage) -> None:
    """Answer every error of this application as a problem; below ``/console``, as a page."""
    handlers: dict[type[Exception], Handler] = {
        RequestValidationError: _invalid,
        HTTPException: _http,
        Problem: _own,
        LeadNotFound: _missing,
        LeadNotScored: _missing,
        LeadKeepsChanging: _busy,
        **dict.fromkeys(STATED, _stated),
        **dict.fromkeys(WRITTEN, _places),
        TeamInvalid: _team,
        VersionNotApproved: _refused,
        ModelAltered: _refused,
        OperationalError: _database,
        psycopg.OperationalError: _database,
        Exception: _unexpected,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, _answering(handler, page))


def _answering(handler: Handler, page: ErrorPage) -> Callable[[Request, Exception], Response]:
    """The handler, or a page with what it says where a page was asked for."""

    def answer(request: Request, raised: Exception) -> Response:
        found = handler(request, raised)
        if not request.url.path.startswith("/console"):
            return found
        said = json.loads(bytes(found.body))
        return page(request, found.status_code, said["title"], said["detail"])

    return answer


def _invalid(request: Request, error: Exception) -> JSONResponse:
    """422 with each field's name and what is wrong; the values themselves are not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    kind, title = TITLES[422]
    fields = [
        {"field": ".".join(str(part) for part in item["loc"][1:]) or "body", "problem": item["msg"]}
        for item in error.errors()
    ]
    names = ", ".join(dict.fromkeys(field["field"] for field in fields))
    return problem(422, kind, title, f"Correct and send again: {names}.", errors=fields)


def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    kind, title = TITLES.get(error.status_code, ("error", "The request failed"))
    return problem(error.status_code, kind, title, str(error.detail))


def _own(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Problem):
        raise error
    return problem(error.status, error.kind, error.title, error.detail)


def _missing(request: Request, error: Exception) -> JSONResponse:
    kind = "lead-not-found" if isinstance(error, LeadNotFound) else "lead-not-scored"
    return problem(404, kind, "There is no such lead", str(error))


def _stated(request: Request, error: Exception) -> JSONResponse:
    """An error whose message says what to do, under its own stable type."""
    status, kind, title = STATED[type(error)]
    return problem(status, kind, title, str(error))


def _places(request: Request, error: Exception) -> JSONResponse:
    """422 with everything that is wrong with what people wrote down, each with its place."""
    if not isinstance(error, RuleSetInvalid | PoliciesInvalid | EventTypesInvalid):
        raise error
    kind, title, said = WRITTEN[type(error)]
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


def _refused(request: Request, error: Exception) -> JSONResponse:
    logger.error("the champion is refused", exc_info=error)
    return problem(503, "model-refused", "The model that should score is refused", str(error))


def _database(request: Request, error: Exception) -> JSONResponse:
    """503: the request was ended by a time-out or for a deadlock, or there is no database."""
    cause = getattr(error, "orig", None) or error
    for kind, (name, title, detail) in ENDED.items():
        if isinstance(cause, kind):
            logger.warning("the database ended a request", exc_info=error)
            return problem(503, name, title, detail)
    logger.error("the database does not answer", exc_info=error)
    return problem(503, "database-unavailable", TITLES[503][1], "The database does not answer.")


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # ``request_log`` has it, with its traceback, as it passes by.
    return problem(500, "unexpected", "Leadflow made a mistake", "It has been logged.")

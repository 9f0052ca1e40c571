"""Errors as facts: every error answer is an RFC 9457 problem with a stable type."""

import json
import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from leadflow.accounts.delegation import DelegationInvalid, NotYourName
from leadflow.accounts.keys import KeyNotFound, ScopeUnknown
from leadflow.accounts.passwords import PasswordRefused
from leadflow.accounts.people import LastAdmin, PersonInvalid, PersonNotFound, WrongPassword
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
from leadflow.assignment.work.offers import NotOffered
from leadflow.follow_ups.notes import NoteChanged, NoteNotFound, NotYourNote
from leadflow.follow_ups.tag_names import TagInvalid
from leadflow.follow_ups.tags import TagNotFound, TagThere
from leadflow.follow_ups.tasks import TaskChanged, TaskNotFound
from leadflow.gateway.http.database_problems import HANDLED, of_database
from leadflow.gateway.http.permissions import methods_at
from leadflow.gateway.http.placed_problems import PLACED, WRITTEN
from leadflow.gateway.http.problem import TITLES, Problem, problem
from leadflow.intake.keyed_requests import KeyReused
from leadflow.intake.merging import MergeNotFound, MergeRefused, SplitRefused
from leadflow.leads.editing import LeadTaken, NoBudgetToCount
from leadflow.leads.events.payloads import PayloadRefused
from leadflow.leads.events.recording import EventOfAnotherLead, MomentInFuture
from leadflow.leads.events.types import UnknownEventType
from leadflow.leads.service import LeadMerged, LeadNotFound
from leadflow.leads.upsert import LeadKeepsChanging
from leadflow.outbox.settling import ActElsewhere, ActNotFound
from leadflow.paging.cursors import CursorRefused
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
from leadflow.refusals import in_words
from leadflow.rules.rule_kinds import UnknownRuleKind
from leadflow.rules.segments.service import NoSegment, SegmentInUse
from leadflow.rules.service import NoRules
from leadflow.scoring.overrides.effective import ExpiryInvalid
from leadflow.scoring.overrides.service import NoOverride
from leadflow.scoring.serving.champion import VersionNotApproved
from leadflow.scoring.serving.score import LeadNotScored
from leadflow.search.service import SearchTooSlow
from leadflow.sources.inbox import DeliveryElsewhere, DeliveryNotFound
from leadflow.sources.service import NoSource, SecretRefused
from models.refused import ModelAltered

logger = logging.getLogger(__name__)
Handler = Callable[[Request, Exception], JSONResponse]
# Request, status, title, detail.
ErrorPage = Callable[[Request, int, str, str | None], Response]

STATED: dict[type[Exception], tuple[int, str, str]] = {
    ActNotFound: (404, "act-not-found", "There is no such act"),
    NoSource: (404, "source-not-found", "There is no such source"),
    CursorRefused: (422, "cursor-refused", "This cursor is of another list"),
    SearchTooSlow: (422, "search-too-slow", "This search takes too long"),
    SecretRefused: (422, "secret-refused", "The secret cannot be taken"),
    DeliveryNotFound: (404, "delivery-not-found", "There is no such delivery"),
    DeliveryElsewhere: (409, "delivery-elsewhere", "The delivery is in another state"),
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
    NoSegment: (404, "segment-not-found", "There is no such segment"),
    SegmentInUse: (409, "segment-in-use", "The segment is named elsewhere"),
    NotAssigned: (404, "not-assigned", "Nobody has this lead"),
    AssignmentChanged: (409, "assignment-changed", "Somebody else has this lead by now"),
    NotOffered: (409, "not-offered", "The lead is not offered to you"),
    RepFull: (409, "rep-full", "The salesperson has no room"),
    RepInactive: (409, "rep-inactive", "The salesperson is not active"),
    RepNotFound: (404, "rep-not-found", "There is no such salesperson"),
    DaysOffNotFound: (404, "days-off-not-found", "There are no such days off"),
    TerritoryNotFound: (404, "territory-not-found", "There is no such territory"),
    TerritoryInUse: (409, "territory-in-use", "The territory is in use"),
    NoteNotFound: (404, "note-not-found", "There is no such note"),
    NotYourNote: (403, "not-your-note", "Somebody else wrote this note"),
    NoteChanged: (409, "note-changed", "The note is another by now"),
    TaskNotFound: (404, "task-not-found", "There is no such task"),
    TaskChanged: (409, "task-changed", "The task is another by now"),
    MergeRefused: (409, "merge-refused", "These two cannot be made one"),
    MergeNotFound: (404, "merge-not-found", "There is no such merge"),
    SplitRefused: (409, "split-refused", "They cannot be parted now"),
    TagInvalid: (422, "tag-invalid", "This cannot be a tag"),
    TagNotFound: (404, "tag-not-found", "No lead has this tag"),
    TagThere: (409, "tag-there", "There is a tag of this name already"),
    TeamVersionNotFound: (404, "team-version-not-found", "There is no such version of the team"),
}


def install(app: FastAPI, page: ErrorPage) -> None:
    """Answer every error of this application as a problem; below ``/console``, as a page."""
    handlers: dict[type[Exception], Handler] = {
        RequestValidationError: _invalid,
        HTTPException: _http,
        Problem: _own,
        LeadNotFound: _missing,
        LeadNotScored: _missing,
        LeadMerged: _merged,
        LeadKeepsChanging: _busy,
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
        if not request.url.path.startswith("/console"):
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
    kind, title = TITLES[422]
    fields = [
        {
            "field": ".".join(str(part) for part in item["loc"][1:]) or "body",
            "problem": in_words(item),
        }
        for item in error.errors()
    ]
    names = ", ".join(dict.fromkeys(field["field"] for field in fields))
    return problem(422, kind, title, f"Correct and send again: {names}.", errors=fields)


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
    return problem(error.status, error.kind, error.title, error.detail)


def _missing(request: Request, error: Exception) -> JSONResponse:
    kind = "lead-not-found" if isinstance(error, LeadNotFound) else "lead-not-scored"
    return problem(404, kind, "There is no such lead", str(error))


def _merged(request: Request, error: Exception) -> JSONResponse:
    """410 with the lead that stands for the one that was asked for."""
    if not isinstance(error, LeadMerged):
        raise error
    title = "The lead was merged into another"
    return problem(410, "lead-merged", title, str(error), survivor_id=error.survivor_id)


def _stated(request: Request, error: Exception) -> JSONResponse:
    """An error whose message says what to do, under its own stable type."""
    status, kind, title = STATED[type(error)]
    return problem(status, kind, title, str(error))


def _places(request: Request, error: Exception) -> JSONResponse:
    """422 with everything that is wrong with what people wrote down, each with its place."""
    if not isinstance(error, PLACED):
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


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # ``request_log`` has it, with its traceback, as it passes by.
    return problem(500, "unexpected", "Leadflow made a mistake", "It has been logged.")

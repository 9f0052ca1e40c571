"""What a salesperson does with a lead without leaving the list. With scripts the line alone is
replaced; without, each act is a form on a page of its own, and leads back to the list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.accounts.delegation import requester
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.calendar import calendar_of
from leadflow.assignment.work.reassignment import ask_or_reassign
from leadflow.assignment.work.service import Said, TouchKind, TouchResult
from leadflow.database.engine import unit_of_work
from leadflow.follow_ups.notes import write_note
from leadflow.follow_ups.tasks import NewTask, add_task
from leadflow.gateway.api.follow_ups.schemas import LONGEST_NOTE, LONGEST_TASK
from leadflow.gateway.api.team.work import act
from leadflow.gateway.console.forms import MOST_TYPED, Working, go_to, too_long
from leadflow.gateway.console.home.in_place import in_place
from leadflow.gateway.console.home.selling import line_of
from leadflow.gateway.console.home.their_hours import REMINDERS, on_a_day
from leadflow.gateway.console.lead import WAITS, address_of
from leadflow.gateway.console.lead_work import CANNOT
from leadflow.gateway.console.notices import NOTHING, Notice, told_on
from leadflow.gateway.console.one_lead.views import active_reps, within
from leadflow.gateway.console.rendering import page
from leadflow.gateway.http.stated_problems import STATED
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
PATH = "/console/work/{lead_id}"
Does = Literal["accept", "touch", "let_go", "pass_on", "remind"]
# What each takes besides working the lead.
TAKES = {"pass_on": "lead.reassign", "remind": "lead.edit"}
# What somebody is reminded of who says nothing else.
GET_BACK = "Get back to them"
LONGEST_REASON = 1000
LET_GO = "Let go. The next sweep gives it to somebody else."


class Unfit(ValueError):
    """What was typed cannot be taken; the message says what to write instead."""


@dataclass(frozen=True)
class Typed:
    """What the form of an act holds."""

    kind: TouchKind = "call"
    result: str = ""
    text: str = ""
    rep: str = ""
    choice: str = "tomorrow"
    on: str = ""


@dataclass(frozen=True)
class Act:
    """An act of somebody on a lead; ``has_it`` is who had it when the line was shown."""

    caller: Actor
    lead_id: str
    has_it: str
    typed: Typed
    now: datetime

    @property
    def said(self) -> Said:
        """Who says so, when, and who has the lead as far as they know."""
        return Said(self.caller.id, self.now, self.has_it)


@router.get(PATH)
def form(
    request: Request, lead_id: str, caller: Working, do: Does | Literal["none"] = "none"
) -> Response:
    """The line with the form of an act open."""
    return _line(request, lead_id, caller, do)


@router.post(PATH)
def do_it(
    request: Request,
    lead_id: str,
    caller: Working,
    do: Annotated[Does, Form()],
    has_it: Annotated[str, Form(max_length=100)],
    kind: Annotated[TouchKind, Form()] = "call",
    result: Annotated[str, Form(max_length=30)] = "",
    text: Annotated[str, Form(max_length=MOST_TYPED)] = "",
    rep: Annotated[str, Form(max_length=100)] = "",
    choice: Annotated[str, Form(max_length=30)] = "tomorrow",
    on: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Do it; refused, the form comes again with what was typed."""
    typed = Typed(kind, result, text.replace("\r\n", "\n").strip(), rep, choice, on.strip())
    try:
        with unit_of_work() as session:
            if not within(session, caller, TAKES.get(do, "lead.work"), lead_id):
                raise Unfit("You may not do this with this lead.")
            wanted = Act(caller, lead_id, has_it, typed, datetime.now(UTC))
            words = ACTS[do](session, wanted)
    except Unfit as error:
        return _line(request, lead_id, caller, do, 422, Notice(str(error)), typed)
    except CANNOT as error:
        status, _, title = STATED[type(error)]
        told = Notice(f"{title}. {error}")
        return _line(request, lead_id, caller, do, status, told, typed)
    if in_place(request):
        return _line(request, lead_id, caller, "none", told=Notice(words, True))
    return told_on(request, "/console", Notice(words, True))


def _accept(session: Session, wanted: Act) -> str:
    act(session, wanted.caller, wanted.lead_id, "accept", wanted.said)
    return "Accepted."


def _touch(session: Session, wanted: Act) -> str:
    typed = wanted.typed
    result = next((one for one in get_args(TouchResult) if one == typed.result), None)
    if typed.result and result is None:
        raise Unfit("Choose what came of it from the list.")
    if len(typed.text) > LONGEST_NOTE:
        raise Unfit(too_long("note", typed.text, LONGEST_NOTE))
    kind = typed.kind
    act(session, wanted.caller, wanted.lead_id, "touch", wanted.said, kind=kind, result=result)
    if not typed.text:
        return "Noted that you got in touch."
    write_note(session, wanted.lead_id, typed.text, wanted.caller.id, wanted.now)
    return "Noted that you got in touch, and your note is kept."


def _let_go(session: Session, wanted: Act) -> str:
    if not wanted.typed.text:
        raise Unfit("Say why you let it go.")
    reason = _reason(wanted.typed.text)
    act(session, wanted.caller, wanted.lead_id, "return", wanted.said, reason)
    return LET_GO


def _pass_on(session: Session, wanted: Act) -> str:
    typed = wanted.typed
    if not typed.text or not typed.rep:
        raise Unfit("Say to whom, and why they should have it.")
    by = requester(session, wanted.caller, None, wanted.now)
    said = Said(by.id, wanted.now, wanted.has_it)
    reason = _reason(typed.text)
    made = ask_or_reassign(session, get_settings(), wanted.lead_id, by, said, typed.rep, reason)
    return "It is theirs now." if isinstance(made, Assignment) else WAITS


def _reason(text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise Unfit(too_long("reason", text, LONGEST_REASON))
    return text


def _remind(session: Session, wanted: Act) -> str:
    typed = wanted.typed
    if len(typed.text) > LONGEST_TASK:
        raise Unfit(f"Say what is to be done, in at most {LONGEST_TASK:,} characters.")
    rep = session.get_one(Rep, wanted.caller.rep_id or wanted.has_it)
    calendar = calendar_of(session, rep)
    try:
        due = (
            on_a_day(calendar, date.fromisoformat(typed.on))
            if typed.on
            else REMINDERS[typed.choice](calendar, wanted.now)
        )
    except (ValueError, KeyError) as error:
        raise Unfit("Choose when, or a day such as 2026-03-01.") from error
    if due <= wanted.now:
        there = due.astimezone(calendar.zone)
        raise Unfit(
            f"{there:%A, %d %B %Y at %H:%M} is past. Choose a later day, or one of the list and "
            "no day."
        )
    task = NewTask(wanted.lead_id, typed.text or GET_BACK, due, rep.id)
    add_task(session, [task], wanted.caller.id, wanted.now)
    there = due.astimezone(calendar.zone)
    return f"You are reminded on {there:%A, %d %B %Y at %H:%M}, {calendar.zone.key} time."


ACTS: dict[str, Callable[[Session, Act], str]] = {
    "accept": _accept,
    "touch": _touch,
    "let_go": _let_go,
    "pass_on": _pass_on,
    "remind": _remind,
}


def _line(
    request: Request,
    lead_id: str,
    caller: Actor,
    do: str,
    status: int = 200,
    told: Notice = NOTHING,
    typed: Typed | None = None,
) -> Response:
    """The line as it is now: alone, or on a page of its own."""
    now, alone = datetime.now(UTC), in_place(request)
    with unit_of_work() as session:
        rep = None if caller.rep_id is None else session.get(Rep, caller.rep_id)
        line = None if rep is None else line_of(session, rep, lead_id, now)
        if line is None and not alone:
            return go_to(address_of(lead_id)) if not told.words else _refused(request, told)
        others = [one for one in active_reps(session) if rep is None or one.id != rep.id]
        return page(
            request,
            "home/one_line.html" if alone else "home/line_page.html",
            caller,
            status,
            told,
            line=line,
            lead_id=lead_id,
            do=do,
            typed=typed or Typed(),
            reps=others if do == "pass_on" else [],
            results=get_args(TouchResult),
            kinds=get_args(TouchKind),
            reminders=REMINDERS,
            get_back=GET_BACK,
        )


def _refused(request: Request, told: Notice) -> Response:
    """Back to the list, which says why nothing was done: the lead is somebody else's by now."""
    return told_on(request, "/console", told)

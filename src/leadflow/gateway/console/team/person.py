"""One salesperson: how many leads they can take, when they are away, and their leaving."""

from datetime import UTC, date, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, Response
from pydantic import ValidationError

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.assignment.insight.team_figures import late_by_rep
from leadflow.assignment.team import edits
from leadflow.assignment.team.faults import TeamInvalid
from leadflow.assignment.team.roster import find_standing
from leadflow.assignment.team.schemas import DaysOff
from leadflow.assignment.team.store import rep_names
from leadflow.assignment.team.versions import lock_team
from leadflow.assignment.work.leaving import Leaving, leave, look_at_leaving
from leadflow.database.engine import unit_of_work
from leadflow.gateway.console.forms import ChangingTeam, ReadingTeam, go_to
from leadflow.gateway.console.notices import Notice, told_on
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.team.overview import PATH, team_page
from leadflow.settings import get_settings

router = APIRouter(include_in_schema=False)
OF_ONE = PATH + "/{rep_id}"
CHANGED = "It has been changed meanwhile. Look at it as it is now, and change it again."
WRITE_NUMBER = "Write how many leads they can have in work, as a whole number."
WRITE_DAYS = "Write the first and the last day off; the last is not before the first."
Text = Annotated[str, Form(max_length=20)]


@router.get(OF_ONE)
def show(request: Request, rep_id: str, caller: ReadingTeam) -> Response:
    """One salesperson as they stand now."""
    return person_page(request, rep_id, caller)


@router.post(OF_ONE + "/capacity")
def change_capacity(
    request: Request,
    rep_id: str,
    caller: ChangingTeam,
    capacity: Text = "",
    seen: Text = "",
    back: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """How many leads they can have in work; as long as it is what was shown."""

    def refused(status: int, words: str) -> Response:
        told = Notice(words, at="capacity", typed={"capacity": capacity})
        if back == "team":
            return team_page(request, caller, status, told)
        return person_page(request, rep_id, caller, status, told)

    if capacity and not capacity.isdecimal():
        return refused(422, WRITE_NUMBER)
    try:
        with unit_of_work() as session:
            rep = edits.find_rep(lock_team(session), rep_id)
            now = "" if rep.capacity is None else str(rep.capacity)
            if seen == now:
                wanted = int(capacity) if capacity else None
                edits.change_rep(session, rep_id, {"capacity": wanted}, caller.id)
    except TeamInvalid as error:
        return refused(422, _faults(error))
    if seen != now:
        return refused(409, CHANGED)
    said = f"{rep.name} can have {how_many(int(capacity), 'lead')} in work." if capacity else ""
    address = PATH if back == "team" else address_of(rep_id)
    return told_on(request, address, Notice(said or "There is no limit.", True, "capacity"))


@router.post(OF_ONE + "/days-off")
def add_days_off(
    request: Request, rep_id: str, caller: ChangingTeam, first: Text = "", last: Text = ""
) -> Response:
    """Days on which they get no leads; those that overlap become one."""
    try:
        days = DaysOff.model_validate({"from": first, "to": last or None})
        with unit_of_work() as session:
            edits.add_days_off(session, rep_id, days, caller.id)
    except ValidationError:
        told = Notice(WRITE_DAYS, at="days", typed={"first": first, "last": last})
        return person_page(request, rep_id, caller, 422, told)
    return told_on(request, address_of(rep_id), Notice("Noted.", True, "days"))


@router.post(OF_ONE + "/days-off/back")
def take_days_back(
    request: Request, rep_id: str, caller: ChangingTeam, first: Text = ""
) -> Response:
    """They are there after all."""
    try:
        with unit_of_work() as session:
            edits.remove_days_off(session, rep_id, date.fromisoformat(first), caller.id)
    except (ValueError, edits.DaysOffNotFound):
        return person_page(request, rep_id, caller, 409, Notice(CHANGED, at="days"))
    return told_on(request, address_of(rep_id), Notice("Taken back.", True, "days"))


@router.get(OF_ONE + "/leaving")
def ask_leaving(request: Request, rep_id: str, caller: ChangingTeam) -> Response:
    """What would become of their leads, before anything is done."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        entry = find_standing(session, rep_id, now)
        ahead = look_at_leaving(session, get_settings(), entry.facts.rep_id, now)
        names = rep_names(session)
    return page(
        request, "team/leaving.html", caller, entry=entry, ahead=ahead, names=names, words=_ahead
    )


@router.post(OF_ONE + "/leaving")
def do_leave(request: Request, rep_id: str, caller: ChangingTeam) -> Response:
    """They take no more leads, and theirs go back to the pool; sent twice, it is done once."""
    now = datetime.now(UTC)
    try:
        with unit_of_work() as session:
            entry = find_standing(session, rep_id, now)
            given = leave(session, get_settings(), entry.facts.rep_id, caller.id, now)
    except TeamInvalid as error:
        told = Notice(_faults(error), at="leaving")
        return person_page(request, rep_id, caller, 409, told)
    went = f"{how_many(given, 'lead')} {of_number(given, 'was')}"
    said = f"{entry.given.name} takes no more leads. {went} taken back and handed out anew."
    return told_on(request, address_of(rep_id), Notice(said, True, "leaving"))


@router.post(OF_ONE + "/back")
def come_back(request: Request, rep_id: str, caller: ChangingTeam) -> Response:
    """They take leads again."""
    with unit_of_work() as session:
        edits.change_rep(session, rep_id, {"active": True}, caller.id)
    said = Notice("They take leads again, from the next that comes.", True, "leaving")
    return told_on(request, address_of(rep_id), said)


@router.get(OF_ONE + "/capacity")
def ask_capacity(request: Request, rep_id: str, caller: ChangingTeam) -> Response:
    """The form alone, for the place in the list where it is asked for; else the page it is on."""
    if "HX-Request" not in request.headers or "HX-Boosted" in request.headers:
        return go_to(address_of(rep_id))
    with unit_of_work() as session:
        entry = find_standing(session, rep_id, datetime.now(UTC))
    return page(request, "team/capacity_alone.html", caller, entry=entry)


@router.get(OF_ONE + "/days-off")
@router.get(OF_ONE + "/days-off/back")
@router.get(OF_ONE + "/back")
def to_the_page(rep_id: str, caller: ReadingTeam) -> Response:
    """Whoever loads the answer of a form again gets the page that the form is on."""
    return go_to(address_of(rep_id))


def address_of(rep_id: str) -> str:
    """Where the page of a salesperson is."""
    return f"{PATH}/{quote(rep_id, safe='')}"


def person_page(
    request: Request, rep_id: str, caller: Actor, status: int = 200, told: Notice | None = None
) -> Response:
    """The page as it stands now, and what came of a form on it."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        entry = find_standing(session, rep_id, now)
        late = late_by_rep(session, now).get(entry.facts.rep_id, 0)
    return page(
        request,
        "team/person.html",
        caller,
        status,
        told,
        entry=entry,
        late=late,
        today=now.date(),
        may_change=caller.reach("team.write") is not None,
    )


def _ahead(ahead: Leaving) -> str:
    """What would happen, in a sentence."""
    if not ahead.leads:
        return "They have no leads in work."
    has = how_many(ahead.leads, "lead")
    rest = ahead.leads - ahead.looked_at
    first = f" Of the first {ahead.looked_at:,}," if rest else ""
    nobody = f"{ahead.nobody:,} of them nobody could take now" if ahead.nobody else ""
    all_said = f"{first} {nobody}." if nobody else ""
    return f"{has} would go back, {ahead.touched:,} of which they have talked to.{all_said}"


def _faults(error: TeamInvalid) -> str:
    return " ".join(f"{fault.place}: {fault.problem}." for fault in error.faults)

"""Keys of programs: made and shown once, rotated, revoked."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy.orm import Session

from features.how_many import how_many
from leadflow.accounts import keys
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import INTEGRATION, SCOPES
from leadflow.assignment.team.naming import names_of_people
from leadflow.database.engine import unit_of_work
from leadflow.gateway.api.access.accounts import Manages
from leadflow.gateway.console.notices import Notice
from leadflow.gateway.console.rendering import page
from leadflow.gateway.console.system.acting import sent
from leadflow.paging.keyset import Wanted

router = APIRouter(include_in_schema=False)
PATH = "/console/system/keys"
AT_A_TIME = 100
OVERLAP = timedelta(hours=24)
Name = Annotated[str, Form(max_length=100)]
Cursor = Annotated[str | None, Query(max_length=2000)]
Made = tuple[str, dict[str, Any]]


@router.get(PATH)
def show(request: Request, caller: Manages, cursor: Cursor = None) -> Response:
    """Every key that was not revoked, the newest first."""
    return _page(request, caller, cursor)


@router.post(PATH)
def act(
    request: Request,
    caller: Manages,
    do: Annotated[Literal["make", "rotate", "revoke"], Form()],
    name: Name = "",
    scopes: Annotated[list[str] | None, Form()] = None,
    ends: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Make a key, put a new one in the place of those there are, or revoke one."""

    def change(session: Session, now: datetime) -> Made:
        if do == "revoke":
            count = keys.revoke_keys(session, name, caller.id)
            return f"{how_many(count, 'key')} revoked. Nobody comes in with it any more.", {}
        if do == "rotate":
            key = keys.rotate_key(session, name, now, OVERLAP, caller.id)
            words = f"A new key of {name}. The old one works for a day more."
        else:
            end = _end_of(ends, now)
            wanted = scopes or []
            key = keys.first_key(session, name.strip(), wanted, (), end, caller.id, now)
            words = f"A key of {name.strip()}."
        return words, {"for": name.strip(), "key": key}

    def again(code: int, told: Notice) -> Response:
        return _page(request, caller, None, code, told)

    typed = {"name": name, "scopes": scopes or [], "ends": ends}
    if do == "make" and (wrong := _wrong(scopes, ends)) is not None:
        return again(422, Notice(wrong, at="make", typed=typed))
    return sent(request, PATH, again, change, typed, "make" if do == "make" else "")


def _wrong(scopes: list[str] | None, ends: str) -> str | None:
    """What there can be no key with, in words."""
    if not scopes:
        return "Choose at least one thing that the program may do."
    try:
        end = _end_of(ends, datetime.now(UTC))
    except ValueError:
        return "Write the last day as year-month-day, such as 2027-06-30, or leave it empty."
    past = end is not None and end <= datetime.now(UTC)
    return "The last day is past; the key would not work." if past else None


def _end_of(ends: str, now: datetime) -> datetime | None:
    """The end of a day in UTC; None: it never ends."""
    return datetime.combine(date.fromisoformat(ends), time.max, UTC) if ends.strip() else None


def _page(
    request: Request,
    caller: Actor,
    cursor: str | None,
    code: int = 200,
    told: Notice | None = None,
) -> Response:
    with unit_of_work() as session:
        found = keys.page_of_keys(session, Wanted(AT_A_TIME, cursor))
        names = names_of_people(session, [one.created_by for one in found.items])
    return page(
        request,
        "system/keys.html",
        caller,
        code,
        told,
        found=found,
        names=names,
        scopes=sorted(SCOPES),
        usual=INTEGRATION,
    )

"""The identity at this terminal: the person who has signed in here, else the machine's user."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.how_many import how_many
from leadflow.cli.access.typed_password import ask
from leadflow.cli.console import console, told

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from leadflow.accounts.actors import Actor
    from leadflow.accounts.delegation import Requester
    from leadflow.drafts.service import Author


class NotSignedIn(PermissionError):
    """This is for a person, and nobody has signed in at this terminal."""


class MayNotHere(PermissionError):
    """Whoever has signed in may not do this."""


# Where sign-ins of the command line come from.
TERMINAL = "terminal"


class SignInRefused(PermissionError):
    """The password was not taken; the message says why."""


def sign_in(username: Annotated[str, typer.Argument(help="Your username or address.")]) -> None:
    """Act as yourself at this terminal, until you sign out or the sign-in ends."""
    from leadflow.accounts import signing_in
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    hours = get_settings().session_hours
    password = ask("Password")
    with unit_of_work() as session:
        now = datetime.now(UTC)
        token, why = signing_in.sign_in(session, username, password, now, hours, TERMINAL)
    if token is None:
        raise SignInRefused(why)
    path = _file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
        stream.write(token)
    told(username=username, hours=hours)
    console.print(
        f"You act as {username} here for {how_many(hours, 'hour')}. To end it: leadflow sign-out"
    )


def sign_out() -> None:
    """End the sign-in of this terminal."""
    from leadflow.accounts import signing_in
    from leadflow.database.engine import unit_of_work

    token = _token()
    if token is None:
        console.print("Nobody has signed in here.")
        return
    with unit_of_work() as session:
        signing_in.sign_out(session, token, datetime.now(UTC))
    _file().unlink(missing_ok=True)
    console.print("Signed out.")


def who_acts(session: "Session", permission: str) -> str:
    """The id for the record: of the person who has signed in here; or ``terminal:`` and the number
    of the machine's user, who may do whatever the machine lets them.

    Raises:
        MayNotHere: the person who has signed in does not have the permission.
    """
    actor = _signed_in(session)
    return f"terminal:{os.getuid()}" if actor is None else _allowed(actor, permission).id


def who_is_here(session: "Session") -> str:
    """The same id, whatever they may do."""
    actor = _signed_in(session)
    return f"terminal:{os.getuid()}" if actor is None else actor.id


def author_here(session: "Session") -> "Author":
    """Who acts here, as one who submits a change of what is set up; the machine's user may change
    whatever no policy asks about."""
    from functools import partial

    from leadflow.drafts.service import Author

    actor = _signed_in(session)
    roles = frozenset() if actor is None else actor.roles
    return Author(who_is_here(session), partial(who_acts, session), roles)


def reaches_all(session: "Session", permission: str) -> bool:
    """Whether who acts here has a permission for everything; the machine's user has."""
    from leadflow.accounts.permissions import Reach

    actor = _signed_in(session)
    return actor is None or actor.reach(permission) is Reach.ALL


def person_here(session: "Session", permission: str, lead_id: str | None = None) -> "Actor":
    """The person who has signed in here, with this permission, for this lead where one is named.

    Raises:
        NotSignedIn: nobody has.
        MayNotHere: they do not have the permission, or the lead is somebody else's.
    """
    actor = _signed_in(session)
    if actor is None:
        raise NotSignedIn("This is for a person. Say who you are first: leadflow sign-in USERNAME")
    return _allowed(actor, permission, session, lead_id)


def requester_here(session: "Session", permission: str, lead_id: str | None = None) -> "Requester":
    """The same as one who asks for something.

    Raises:
        NotSignedIn, MayNotHere: as ``person_here``.
    """
    from leadflow.accounts.delegation import Requester

    actor = person_here(session, permission, lead_id)
    return Requester(actor.id, actor.roles, actor.id)


def _signed_in(session: "Session") -> "Actor | None":
    from leadflow.accounts.people import actor_of
    from leadflow.accounts.signing_in import signed_in

    token = _token()
    person = None if token is None else signed_in(session, token, datetime.now(UTC))
    return None if person is None else actor_of(person)


def _allowed(
    actor: "Actor", permission: str, session: "Session | None" = None, lead_id: str | None = None
) -> "Actor":
    from leadflow.accounts.permissions import Reach
    from leadflow.accounts.refusing import who_may
    from leadflow.assignment.team.reach import reaches_lead

    reach = actor.reach(permission)
    if reach is None:
        raise MayNotHere(f"{actor.called} may not do this. {who_may(permission)}")
    if session is None or lead_id is None or reach is Reach.ALL:
        return actor
    if not reaches_lead(session, actor.rep_id, reach, lead_id):
        raise MayNotHere(f"{lead_id} is somebody else's lead: {actor.called} does not reach it.")
    return actor


def _token() -> str | None:
    try:
        return _file().read_text().strip() or None
    except FileNotFoundError:
        return None


def _file() -> Path:
    from leadflow.settings import get_settings

    return get_settings().home / "signed-in" / str(os.getuid())

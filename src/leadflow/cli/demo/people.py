"""The people of the demo: somebody of each role who can sign in."""

import base64
from datetime import UTC, datetime

from sqlalchemy import select

from leadflow.accounts.passwords import is_password
from leadflow.accounts.people import add_person, set_password
from leadflow.accounts.sign_in_links import link_token
from leadflow.accounts.tables import Person
from leadflow.assignment.tables import Rep
from leadflow.database.engine import unit_of_work
from leadflow.secret import derive_key, load_secret
from leadflow.settings import Settings, get_settings

BY = "demo"
ROLES = {
    "demo_admin": ("admin", "operator"),
    "demo_manager": ("sales_manager",),
    "demo_scientist": ("data_scientist", "analyst"),
    "demo_marketing": ("marketing_manager",),
    "demo_rep": ("sales_rep",),
}
IN_TEAM = ("demo_manager", "demo_rep")
PASSWORD_BYTES = 10


def make_people() -> dict[str, str | None]:
    """Everybody with their password, who was there before with the one they had: None where it has
    been changed since, which is theirs to know."""
    settings, passwords = get_settings(), dict[str, str | None]()
    with unit_of_work() as session:
        for username, roles in ROLES.items():
            ours = password_of(settings, username)
            known = session.scalars(select(Person).where(Person.username == username)).first()
            if known is None:
                name, email = username.replace("_", " ").title(), f"{username}@example.com"
                person = add_person(session, username, name, roles, BY, email)
                set_password(session, person, ours, BY)
            same = known is None or is_password(known.password_hash, ours)
            passwords[username] = ours if same else None
    return passwords


def password_of(settings: Settings, username: str) -> str:
    """The password that the demo gives somebody. It is derived from the installation's secret: the
    same each time, and kept nowhere.

    Raises:
        SecretKeyError: the secret cannot be read.
    """
    return derived(settings, f"demo password of {username}", PASSWORD_BYTES)


def derived(settings: Settings, what_for: str, size: int) -> str:
    """Letters and digits that are the same each time, from so many bytes of a key of their own."""
    key = derive_key(load_secret(settings), what_for)
    return base64.b32encode(key[:size]).decode().rstrip("=").lower()


def join_team() -> None:
    """Those of the sales team are its first two salespeople; the first of a simulated team is its
    manager."""
    with unit_of_work() as session:
        reps = session.scalars(select(Rep.id).where(Rep.active).order_by(Rep.external_id)).all()
        taken = set(session.scalars(select(Person.rep_id).where(Person.rep_id.is_not(None))))
        for username, rep_id in zip(IN_TEAM, reps, strict=False):
            person = session.scalars(select(Person).where(Person.username == username)).one()
            if person.rep_id is None and rep_id not in taken:
                person.rep_id = rep_id


def tour_address() -> str:
    """Where the tour begins for the demo's admin, who sees everything; it signs them in once."""
    with unit_of_work() as session:
        person = session.scalars(select(Person).where(Person.username == "demo_admin")).one()
        token = link_token(session, person, datetime.now(UTC))
    return f"{get_settings().address}/console/enter/{token}"


def code_of(approval_id: str, username: str) -> str:
    """A one-time code for a decision, as it is in the notification."""
    from leadflow.accounts.people import find_person
    from leadflow.approvals.codes import issue_code
    from leadflow.approvals.service import get

    minutes = get_settings().approval_code_minutes
    with unit_of_work() as session:
        approval, person = get(session, approval_id), find_person(session, username)
        return issue_code(session, approval, person, datetime.now(UTC), minutes)

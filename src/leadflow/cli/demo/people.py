"""The people of the demo: somebody of each role who can sign in."""

import secrets
from datetime import UTC, datetime

from sqlalchemy import select

from leadflow.accounts.people import add_person, set_password
from leadflow.accounts.tables import Person
from leadflow.assignment.tables import Rep
from leadflow.database.engine import unit_of_work

BY = "demo"
ROLES = {
    "demo_admin": ("admin", "operator"),
    "demo_manager": ("sales_manager",),
    "demo_scientist": ("data_scientist", "analyst"),
    "demo_marketing": ("marketing_manager",),
    "demo_rep": ("sales_rep",),
}
IN_TEAM = ("demo_manager", "demo_rep")


def make_people() -> dict[str, str]:
    """Everybody with a new password; those of the sales team are its first two salespeople. The
    first of a simulated team is its manager."""
    with unit_of_work() as session:
        reps = list(session.scalars(select(Rep.id).where(Rep.active).order_by(Rep.external_id)))
        place = dict(zip(IN_TEAM, reps, strict=False))
        passwords = {}
        for username, roles in ROLES.items():
            known = session.scalars(select(Person).where(Person.username == username)).first()
            email = f"{username}@example.com"
            person = known or add_person(
                session, username, username.replace("_", " ").title(), roles, BY, email
            )
            if known is None:
                person.rep_id = place.get(username)
            passwords[username] = set_password(session, person, secrets.token_urlsafe(9), BY)
    return passwords


def code_of(approval_id: str, username: str) -> str:
    """A one-time code for a decision, as it is in the notification."""
    from leadflow.accounts.people import find_person
    from leadflow.approvals.codes import issue_code
    from leadflow.approvals.service import get
    from leadflow.settings import get_settings

    minutes = get_settings().approval_code_minutes
    with unit_of_work() as session:
        approval, person = get(session, approval_id), find_person(session, username)
        return issue_code(session, approval, person, datetime.now(UTC), minutes)

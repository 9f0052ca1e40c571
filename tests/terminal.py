"""Somebody at the terminal, signed in as themselves."""

from sqlalchemy import select
from typer.testing import CliRunner

from leadflow.accounts.people import add_person
from leadflow.accounts.tables import Person
from leadflow.cli.main import app
from leadflow.database.engine import unit_of_work

PASSWORD = "correct horse battery"


def sign_in(username: str, *roles: str, rep_id: str | None = None) -> str:
    """They sign in at the terminal, in place of whoever had; their id. Added where they are new."""
    with unit_of_work() as session:
        known = session.scalars(select(Person).where(Person.username == username)).first()
        person = known or add_person(
            session, username, username, roles, "test", rep_id=rep_id, password=PASSWORD
        )
        person_id = person.id
    told = CliRunner().invoke(app, ["sign-in", username], input=f"{PASSWORD}\n")
    assert told.exit_code == 0, told.output
    return person_id

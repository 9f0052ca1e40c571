"""Somebody at the terminal, signed in as themselves; and a program there."""

import json
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any
from unittest.mock import patch

from sqlalchemy import select
from typer.testing import CliRunner

from leadflow.accounts.people import add_person
from leadflow.accounts.tables import Person
from leadflow.cli import for_programs
from leadflow.cli.console import asked_for
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


def told_to_programs(*words: str) -> Any:
    """What a command answers with ``--json``, in this process."""
    typed = ["leadflow", *asked_for([*words, "--json"])]
    try:
        with patch.object(sys, "argv", typed), redirect_stdout(StringIO()) as out:
            assert for_programs.run(app) == 0, words
    finally:
        asked_for([])
    return json.loads(out.getvalue())

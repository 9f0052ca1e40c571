"""The people of the demo keep their passwords and programs their key, however often it is run."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from leadflow.accounts.keys import revoke_keys, verify_key
from leadflow.accounts.passwords import is_password
from leadflow.accounts.people import find_person, set_password
from leadflow.cli.demo import people, steps
from leadflow.database.engine import unit_of_work

pytestmark = pytest.mark.uncounted


def test_a_second_run_changes_nobody_s_password(store: Engine) -> None:
    first = people.make_people()
    with unit_of_work() as session:
        kept = {name: find_person(session, name).password_hash for name in first}
    assert people.make_people() == first
    with unit_of_work() as session:
        assert {name: find_person(session, name).password_hash for name in first} == kept
        assert all(is_password(kept[name], str(password)) for name, password in first.items())


def test_a_password_that_somebody_changed_stays_theirs(store: Engine) -> None:
    people.make_people()
    with unit_of_work() as session:
        set_password(session, find_person(session, "demo_rep"), "a long one of my own", "demo_rep")
    again = people.make_people()
    assert again["demo_rep"] is None
    assert again["demo_manager"] is not None
    with unit_of_work() as session:
        assert is_password(find_person(session, "demo_rep").password_hash, "a long one of my own")


def test_a_second_run_prints_the_key_of_the_first_which_goes_on_working(store: Engine) -> None:
    first = steps.make_key()
    assert steps.make_key() == first
    with unit_of_work() as session:
        assert verify_key(session, first, datetime.now(UTC)) is not None


def test_a_key_that_somebody_revoked_stays_so_and_one_they_made_goes_on(store: Engine) -> None:
    first = steps.make_key()
    with unit_of_work() as session:
        revoke_keys(session, "demo")
    second = steps.make_key()
    third = steps.make_key()
    now = datetime.now(UTC)
    with unit_of_work() as session:
        works = [verify_key(session, key, now) is not None for key in (first, second, third)]
    assert works == [False, True, True]

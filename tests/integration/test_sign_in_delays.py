"""Whoever guesses passwords waits ever longer; nobody locks anybody else out."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.accounts import people, signing_in
from leadflow.accounts.sign_in_delays import PERSON_AND_SOURCE, SOURCE
from leadflow.outbox.tables import OutboxRow
from tests.integration.test_accounts import NOW, PASSWORD, add, try_password

HERE, THERE = "192.0.2.1", "198.51.100.7"


def answers(
    session: Session, login: str, times: int, now: datetime = NOW, source: str = HERE
) -> list[str]:
    return [signing_in.sign_in(session, login, "wrong", now, 12, source)[1] for _ in range(times)]


def test_after_five_the_next_waits_whether_or_not_somebody_has_the_name(session: Session) -> None:
    add(session, "ana")
    for login in ("ana", "nobody-here"):
        said = answers(session, login, 6)
        assert said[:5] == ["The name and the password do not fit."] * 5
        assert said[5] == "Too many wrong passwords. Try again in 30 s."
    assert try_password(session, "ana", PASSWORD) is None
    assert try_password(session, "ana", PASSWORD, NOW + timedelta(seconds=31)) is not None


def test_the_delay_grows_up_to_an_hour_and_is_forgotten_after_a_day(session: Session) -> None:
    add(session, "ana")
    waits = [PERSON_AND_SOURCE.after(failures) for failures in (4, 5, 6, 7, 12, 10_000)]
    seconds = [None if wait is None else wait.total_seconds() for wait in waits]
    assert seconds == [None, 30, 60, 120, 3600, 3600]
    answers(session, "ana", 5)
    later = NOW + timedelta(seconds=31)
    assert answers(session, "ana", 2, later)[1] == "Too many wrong passwords. Try again in 1 min."
    much_later = NOW + timedelta(hours=30)
    assert "Too many" not in " ".join(answers(session, "ana", 5, much_later))


def test_a_person_is_one_by_name_address_and_id(session: Session) -> None:
    person = people.add_person(
        session, "ana", "Ana", ["analyst"], "test", "ana@example.com", password=PASSWORD
    )
    for login in ("ana", "ANA ", "ana@example.com", "Ana@Example.com", person.id):
        assert answers(session, login, 1) == ["The name and the password do not fit."]
    for login in ("ana", "ana@example.com", person.id):
        assert "Too many" in answers(session, login, 1)[0]


def test_nobody_locks_somebody_out_who_has_signed_in_from_there(session: Session) -> None:
    add(session, "ana")
    assert try_password(session, "ana", PASSWORD, source=HERE) is not None
    for number in range(60):
        answers(session, "ana", 4, source=f"203.0.113.{number}")
    assert try_password(session, "ana", PASSWORD, source=HERE) is not None


def test_many_sources_together_slow_each_other_down_and_a_stranger_waits_a_minute_at_most(
    session: Session,
) -> None:
    add(session, "ana")
    said = [answers(session, "ana", 1, source=f"203.0.113.{number}")[0] for number in range(40)]
    assert "Too many" in said[-1]
    assert try_password(session, "ana", PASSWORD, source=THERE) is None
    assert try_password(session, "ana", PASSWORD, NOW + timedelta(minutes=2), THERE) is not None


def test_a_source_that_tries_many_names_waits_whomever_it_tries(session: Session) -> None:
    add(session, "ana")
    for number in range(SOURCE.free):
        answers(session, f"name-{number}", 1)
    assert try_password(session, "ana", PASSWORD) is None
    assert try_password(session, "ana", PASSWORD, source=THERE) is not None


def test_who_has_signed_in_from_there_is_not_held_up_by_others_from_there(session: Session) -> None:
    add(session, "ana")
    assert try_password(session, "ana", PASSWORD) is not None
    for number in range(SOURCE.free):
        answers(session, f"name-{number}", 1)
    assert try_password(session, "ana", PASSWORD) is not None


def test_addresses_of_one_network_are_one_source(session: Session) -> None:
    add(session, "ana")
    for number in range(5):
        answers(session, "ana", 1, source=f"2001:db8:0:1::{number}")
    assert "Too many" in answers(session, "ana", 1, source="2001:db8:0:1:ffff::1")[0]
    assert "Too many" not in answers(session, "ana", 1, source="2001:db8:0:2::1")[0]


@pytest.mark.parametrize("password", [None, "another long password"])
def test_a_new_password_unlocks(session: Session, password: str | None) -> None:
    person = add(session, "ana")
    answers(session, "ana", 9)
    made = people.set_password(session, person, password, "test")
    assert try_password(session, "ana", made) is not None


def test_the_person_is_told_once_a_day_and_nothing_says_from_where(session: Session) -> None:
    person = people.add_person(
        session, "ana", "Ana", ["analyst"], "test", "ana@example.com", password=PASSWORD
    )
    answers(session, "ana", 4)
    acts = select(OutboxRow).where(OutboxRow.act == "notify_of_guesses")
    assert session.scalars(acts).all() == []
    for number in range(4):
        answers(session, "ana", 9, NOW + timedelta(hours=number), f"203.0.113.{number}")
    [told] = session.scalars(acts).all()
    assert told.payload == {"person_id": person.id, "day": f"{NOW:%Y-%m-%d}"}
    stored = "".join(session.execute(text("SELECT t::text FROM sign_in_failures t")).scalars())
    assert "203.0" not in stored

"""Who may be written to: the same said of one lead, of many, and in the statement that claims."""

from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, insert, select, text
from sqlalchemy.orm import Session

from leadflow.consent.log import standings, write
from leadflow.consent.may_send import Policy, may_send, permitted, standing_of
from leadflow.consent.suppressing import suppress, suppress_leads
from leadflow.consent.tables import ConsentEvent
from leadflow.leads.tables import Lead
from tests.integration.consent.said import HOUR, NOW, lead, say, told

LATER = NOW + 10 * HOUR
YES, NO = (True, "double_opt_in", NOW), (False, "unsubscribe_link", NOW + HOUR)
FORM_AGAIN = (True, "form", NOW + 2 * HOUR)


def why(session: Session, one: Lead, purpose: str = "marketing", **more: Policy) -> str | None:
    found = may_send(session, [one.id], purpose, "email", LATER, **more)[one.id]  # type: ignore[arg-type]
    return None if found is None else found.name


def test_marketing_needs_a_yes_or_a_business_reason_that_the_log_says(session: Session) -> None:
    ada, grace, mary = (lead(session, f"{name}@example.com") for name in ("ada", "grace", "mary"))
    say(session, ada.id, YES)
    say(session, grace.id, (True, "contract", NOW), basis="legitimate_interest")
    assert [why(session, one) for one in (ada, grace, mary)] == [None, None, "no_consent"]
    assert why(session, mary, "service") is None
    assert why(session, mary, "legal") is None


def test_where_a_country_needs_no_consent_marketing_goes_without_and_a_no_still_counts(
    session: Session,
) -> None:
    ada = lead(session, "ada@example.com", country="US")
    bob = lead(session, "bob@example.com", country="DE")
    eve = lead(session, "eve@example.com")
    policy = Policy.of("US, CA")
    found = [why(session, one, policy=policy) for one in (ada, bob, eve)]
    assert found == [None, "no_consent", "no_consent"]
    say(session, ada.id, NO)
    assert why(session, ada, policy=policy) == "opted_out"


def test_an_opt_out_stops_its_purpose_and_no_other(session: Session) -> None:
    ada = lead(session, "ada@example.com")
    say(session, ada.id, YES, NO, FORM_AGAIN)
    assert [why(session, ada, one) for one in ("marketing", "service", "legal")] == [
        "opted_out",
        None,
        None,
    ]
    say(session, ada.id, NO, purpose="service")
    assert [why(session, ada, one) for one in ("service", "legal")] == ["opted_out", None]


def test_an_opt_out_is_undone_by_a_double_opt_in_and_not_by_a_form(session: Session) -> None:
    ada = lead(session, "ada@example.com")
    say(session, ada.id, YES, NO)
    say(session, ada.id, FORM_AGAIN)
    assert why(session, ada) == "opted_out"
    say(session, ada.id, (True, "double_opt_in", NOW + 3 * HOUR))
    assert why(session, ada) is None


def test_what_is_told_late_counts_from_when_it_happened_and_twice_is_once(session: Session) -> None:
    ada = lead(session, "ada@example.com")
    say(session, ada.id, NO, NO)
    say(session, ada.id, YES)
    assert why(session, ada) == "opted_out"
    assert standings(session, [ada.id], NOW)[ada.id]["marketing"].says == "given"


def test_a_no_counts_though_the_clock_of_whoever_heard_it_runs_ahead(session: Session) -> None:
    ada = lead(session, "ada@example.com")
    say(session, ada.id, (False, "told_us", LATER + HOUR), purpose="service")
    assert why(session, ada, "service") == "opted_out"


def test_without_an_address_or_a_lead_nobody_is_written_to(session: Session) -> None:
    nobody = lead(session)
    assert why(session, nobody, "legal") == "no_address"
    found = may_send(session, ["lead_none"], "legal", "email", LATER)["lead_none"]
    assert found is not None
    assert found.words == "There is no such lead."


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("hard_bounce", ["hard_bounce", "hard_bounce", "hard_bounce"]),
        ("complaint", ["complaint", "complaint", None]),
        ("asked_by_person", ["asked_by_person", "asked_by_person", None]),
        ("erased", ["erased", "erased", None]),
        ("opted_out", ["opted_out", None, None]),
    ],
)
def test_a_suppressed_address_is_not_written_to_whoever_has_it(
    session: Session, reason: str, expected: list[str | None]
) -> None:
    suppress(session, " Ada@Example.com", reason, "test", NOW)  # type: ignore[arg-type]
    ada = lead(session, "ada@example.com")
    say(session, ada.id, YES)
    assert [why(session, ada, one) for one in ("marketing", "service", "legal")] == expected


def test_an_opt_out_outlives_the_lead_and_holds_for_the_next_with_its_address(
    session: Session,
) -> None:
    ada = lead(session, "ada@example.com")
    say(session, ada.id, YES, NO)
    session.delete(ada)
    session.flush()
    assert session.scalars(select(ConsentEvent)).all() == []
    again = lead(session, "ada@example.com")
    say(session, again.id, FORM_AGAIN)
    assert why(session, again) == "opted_out"
    say(session, again.id, (True, "double_opt_in", NOW + 3 * HOUR))
    assert why(session, again) is None


def test_an_erased_lead_is_not_written_to_when_it_comes_again(session: Session) -> None:
    ada, nobody = lead(session, "ada@example.com"), lead(session)
    assert suppress_leads(session, [ada.id, nobody.id], "erased", "test", NOW) == 1
    assert suppress_leads(session, [ada.id], "erased", "test", NOW) == 0
    session.delete(ada)
    session.flush()
    again = lead(session, "ada@example.com")
    say(session, again.id, (True, "double_opt_in", NOW + 3 * HOUR))
    assert why(session, again) == "erased"


def test_what_a_merged_lead_said_counts_for_the_one_that_stands_for_it_until_they_are_split(
    session: Session,
) -> None:
    ada, other = lead(session, "ada@example.com"), lead(session, "a@example.com")
    say(session, ada.id, YES)
    say(session, other.id, NO)
    assert why(session, ada) is None
    other.merged_into = ada.id
    session.flush()
    assert [why(session, one) for one in (ada, other)] == ["opted_out", "merged"]
    say(session, ada.id, (True, "double_opt_in", NOW + 3 * HOUR))
    assert why(session, ada) is None
    other.merged_into = None
    session.flush()
    assert [why(session, one) for one in (ada, other)] == [None, "opted_out"]


class Case(NamedTuple):
    given: bool
    kind: str
    hours: int


YESES = st.sampled_from(["other_system", "form", "double_opt_in"])
NOES = st.sampled_from(["other_system", "unsubscribe_link"])
CASE = st.one_of(
    st.builds(Case, st.just(True), YESES, st.integers(0, 5)),
    st.builds(Case, st.just(False), NOES, st.integers(0, 5)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.lists(CASE, max_size=6), min_size=1, max_size=12), st.integers(-1, 6))
def test_one_and_many_say_the_same_of_any_log(
    session: Session, logs: list[list[Case]], hours: int
) -> None:
    """Each second lead is merged into the one before it, so that the two have one log."""
    at = NOW + timedelta(hours=hours)
    made = [lead(session) for _ in logs]
    said = [
        told(one.id, case.given, case.kind, NOW + timedelta(hours=case.hours))
        for one, log in zip(made, logs, strict=True)
        for case in log
    ]
    write(session, said, at)
    for one, other in zip(made[::2], made[1::2], strict=False):
        other.merged_into = one.id
    session.flush()
    ids = [one.id for one in made[::2]]
    asked = select(Lead.id, standing_of(Lead, "marketing", "email", at)).where(Lead.id.in_(ids))
    as_sql = dict(session.execute(asked).tuples().all())
    as_function = standings(session, ids, at)
    assert as_sql == {one: as_function[one]["marketing"].says for one in ids}


def test_ten_thousand_leads_are_asked_about_in_one_statement(
    session: Session, engine: Engine
) -> None:
    rows = [{"id": f"lead_{n:05}", "source": "test"} for n in range(10_000)]
    index = [row | {"email": "a@b.c", "email_index": f"i{n}"} for n, row in enumerate(rows)]
    session.execute(insert(Lead), index)
    write(session, [told(row["id"], True, "form") for row in rows[::2]], NOW)
    write(session, [told(row["id"], False, "told_us", NOW + HOUR) for row in rows[::4]], NOW)
    statements = []

    def count(*asked: object) -> None:
        statements.append(asked[2])

    event.listen(engine, "before_cursor_execute", count)
    try:
        found = may_send(session, [row["id"] for row in rows], "marketing", "email", LATER)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(statements) == 1
    names = [one and one.name for one in found.values()]
    counts = [names.count(name) for name in (None, "opted_out", "no_consent")]
    assert counts == [2500, 2500, 5000]


def test_the_condition_of_a_claim_takes_its_purpose_from_the_row(session: Session) -> None:
    ada = lead(session, "ada@example.com")
    say(session, ada.id, YES, NO)
    session.execute(text("CREATE TEMP TABLE messages (lead_id text, purpose text) ON COMMIT DROP"))
    for purpose in ("marketing", "service", "legal"):
        session.execute(
            text("INSERT INTO messages VALUES (:lead, :purpose)"),
            {"lead": ada.id, "purpose": purpose},
        )
    rows = text("SELECT lead_id, purpose FROM messages").columns(
        lead_id=Lead.id.type, purpose=Lead.id.type
    )
    messages = rows.subquery()
    free = permitted(messages.c.lead_id, messages.c.purpose, "email", LATER)
    found = session.scalars(select(messages.c.purpose).where(free)).all()
    assert sorted(found) == ["legal", "service"]

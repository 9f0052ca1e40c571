"""The numbers that are kept of campaigns are those that a count finds, whatever happens."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, func, select, update

from leadflow.campaigns.counting.counts import Messages, Numbers, counts, fold, messages_of
from leadflow.campaigns.counting.tables import EnrolmentCount, MessageCount
from leadflow.campaigns.dispatch import listing
from leadflow.campaigns.feedback.figures import figures_of
from leadflow.campaigns.leaving import take_out
from leadflow.campaigns.store import service
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.channels.port import Accepted, Refused, Uncertain
from leadflow.database.engine import unit_of_work
from leadflow.leads.tables import Lead
from tests.integration.campaigns.running import NAME, STEPS, enrol, launch, sweep
from tests.integration.campaigns.test_dispatch import Channel, dispatch
from tests.integration.workflow import acting


def counted() -> tuple[Counter[str | None], Counter[tuple[str, str]]]:
    """Enrolments by how they ended, messages by step and state: counted in the tables."""
    with unit_of_work() as session:
        ends = Counter(session.scalars(select(Enrolment.ended_as)))
        rows = session.execute(select(CampaignMessage.step, CampaignMessage.status))
        return ends, Counter((step, status) for step, status in rows)


def kept() -> tuple[Counter[str | None], Counter[tuple[str, str]]]:
    with unit_of_work() as session:
        numbers = counts(session).get(NAME, Numbers())
        messages = messages_of(session, NAME).get(NAME, Messages())
    ends: Counter[str | None] = Counter(numbers.ended)
    ends[None], ends["held_out"] = numbers.in_it, numbers.held_out
    by: Counter[tuple[str, str]] = Counter()
    for (step, status, _), count in messages.by.items():
        by[step, status] += count
    return +ends, by


def test_kept_numbers_are_those_of_a_count_whatever_happens_to_leads(store: Engine) -> None:
    launch(STEPS, exit=[{"name": "won", "on": ["lead.updated"]}])
    leads = [acting.take(email=f"n{number}@example.com") for number in range(8)]
    with unit_of_work() as session:
        nowhere = Lead(source="test", known_from=datetime.now(UTC))
        session.add(nowhere)
        session.flush()
        leads.append(nowhere.id)
    for lead in leads:
        enrol(lead)
    assert kept() == counted()
    sweep()
    assert kept() == counted()
    ends, messages = kept()
    assert (ends[None], messages["hello", "planned"], messages["hello", "withheld"]) == (9, 8, 1)

    dispatch(Channel())
    assert kept()[1]["hello", "accepted"] == 8
    acting.edit(leads[0], company_name="Acme")
    sweep()
    with unit_of_work() as session:
        take_out(session, NAME, leads[1:2], "test", datetime.now(UTC))
    assert kept() == counted()
    ends, messages = kept()
    assert (ends["won"], ends["taken_out"], messages["hello", "accepted"]) == (1, 1, 8)

    sweep(timedelta(days=3))
    dispatch(Channel(Uncertain("It broke off.")), timedelta(days=3))
    with unit_of_work() as session:
        uncertain = listing.page_of_messages(session, "uncertain").items
        listing.settle(session, uncertain[0].id, "failed", "test", datetime.now(UTC))
    with unit_of_work() as session:
        service.stop(session, NAME, "test", datetime.now(UTC))
    assert kept() == counted()
    with unit_of_work() as session:
        numbers, messages_now = counts(session)[NAME], messages_of(session)[NAME]
    assert (numbers.came_in, numbers.in_it) == (9, 0)
    assert messages_now.why("withheld") == [("no_address", 2)]
    assert messages_now.of("failed", "uncertain", step="again") == len(uncertain)


def test_leads_that_are_deleted_stay_in_all_numbers_which_agree_with_each_other(
    store: Engine,
) -> None:
    launch(STEPS)
    leads = [acting.take(email=f"n{number}@example.com") for number in range(3)]
    for lead in leads:
        enrol(lead)
    sweep()
    dispatch(Channel())
    enrol(late := acting.take(email="late@example.com"))
    sweep()
    before = kept()
    assert (before[0][None], before[1]["hello", "accepted"], before[1]["hello", "planned"]) == (
        4,
        3,
        1,
    )
    with unit_of_work() as session:
        session.execute(delete(Lead).where(Lead.id.in_((leads[0], late))))
    ends, messages = kept()
    assert (ends[None], ends["deleted"]) == (2, 2)
    assert (messages["hello", "accepted"], messages["hello", "cancelled"]) == (3, 1)
    with unit_of_work() as session:
        numbers, figures = counts(session)[NAME], figures_of(session, NAME)
        passed = service.passed(session, NAME)
    assert numbers.came_in == sum(count for (step, _), count in passed.items() if step == "hello")
    assert figures["sent"] == messages["hello", "accepted"]


def test_a_failure_is_counted_by_whose_fault_it_is_and_not_by_the_words_of_a_server(
    store: Engine,
) -> None:
    launch(STEPS[:1])
    for name in ("ada", "bo"):
        enrol(acting.take(email=f"{name}@example.com"))
    sweep()
    dispatch(Channel(Refused("recipient", 550, "No such user: ada")))
    with unit_of_work() as session:
        assert messages_of(session)[NAME].why("failed") == [("recipient", 2)]


def test_lines_are_put_together_and_no_number_changes(store: Engine) -> None:
    launch(STEPS[:1])
    for number in range(5):
        enrol(acting.take(email=f"n{number}@example.com"))
    sweep()
    dispatch(Channel(Accepted("ok")))
    before = kept()
    with unit_of_work() as session:
        fold(session, NAME)
    assert kept() == before == counted()
    with unit_of_work() as session:
        lines = session.scalar(select(func.count()).select_from(EnrolmentCount))
        assert lines == len(before[0])
        lines = session.scalar(select(func.count()).select_from(MessageCount))
        assert lines == len(before[1])


def test_two_who_count_at_once_do_not_wait_for_each_other(store: Engine) -> None:
    launch(STEPS[:1])
    one, two = (enrol(acting.take(email=f"{name}@example.com")) for name in ("ada", "bo"))
    ended = {"ended_at": datetime.now(UTC), "ended_as": "finished"}
    with unit_of_work() as first, unit_of_work() as second:
        first.execute(update(Enrolment).where(Enrolment.id == one).values(**ended))
        second.execute(update(Enrolment).where(Enrolment.id == two).values(**ended))
    assert kept() == counted()

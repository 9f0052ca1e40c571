"""A journal is read to its end, each item once, whatever its keeper and its network do."""

import json
import logging
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from leadflow.cli.webhooks.sources import list_sources, show
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.leads.tables import Lead
from leadflow.settings import get_settings
from leadflow.sources import service
from leadflow.sources.chosen_secrets import SecretRefused
from leadflow.sources.journals import state
from leadflow.sources.processing import Processed, process_some
from leadflow.sources.tables import Delivery, SourceJournal
from models.rubric import Rubric
from tests.integration.sources.reading_journals import NAME, add, near, reader, source
from tests.journals import SECRET, START, Answer, Keeper, keeping

LAG, EVERY = timedelta(seconds=30), timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@dataclass
class Clock:
    """The time, as a test moves it."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def go(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(store: Engine, clock: Clock) -> Iterator[Keeper]:
    with keeping() as made:
        made.clock = clock
        yield made


def read_all(clock: Clock, settings: Any = None) -> int:
    """Read while anything is due; how many turns that took."""
    turns = 0
    while reader(clock, settings).read_due():
        turns += 1
        assert turns < 100
    return turns


def kept() -> list[str]:
    with unit_of_work() as session:
        return sorted(session.scalars(select(Delivery.delivery_id)))


def journal() -> SourceJournal:
    with unit_of_work() as session:
        row = session.get_one(SourceJournal, NAME)
        session.expunge(row)
        return row


def test_what_stands_in_a_journal_becomes_leads(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url), clock.now)
    keeper.add("ada", START + SECOND)
    keeper.add("bob", START + 2 * SECOND)
    clock.go(60)
    assert read_all(clock) == 1
    assert kept() == ["ada", "bob"]
    done = process_some(get_engine(), Rubric.load(), get_settings(), clock.now)
    assert done == Processed(2, 0)
    with unit_of_work() as session:
        found = {lead.external_id: lead.email for lead in session.scalars(select(Lead))}
    assert found == {"ada": "ada@example.com", "bob": "bob@example.com"}
    at = journal()
    assert (at.cursor_at, at.next_at) == (clock.now - LAG, clock.now + EVERY)
    assert (at.failures, at.problem, at.remark, at.claim, at.since) == (0, None, None, None, None)


def test_it_is_read_from_when_it_was_added_or_from_where_it_is_said_to_begin(
    keeper: Keeper, clock: Clock
) -> None:
    keeper.add("early", START - timedelta(hours=2))
    keeper.add("late", START - timedelta(minutes=1))
    add(source(keeper.url), clock.now)
    clock.go(60)
    read_all(clock)
    assert kept() == []
    add(source(keeper.url, begin=(START - timedelta(hours=1)).isoformat()), clock.now, None)
    read_all(clock)
    assert kept() == ["late"]


def test_a_row_that_becomes_visible_within_the_lag_is_not_passed_over(
    keeper: Keeper, clock: Clock
) -> None:
    """However small the overlap: what is younger than the lag is left for the next time."""
    add(source(keeper.url, overlap="1s"), clock.now)
    keeper.add("slow", START + 10 * SECOND, late=29 * SECOND)
    keeper.add("quick", START + 20 * SECOND)
    for _ in range(20):
        clock.go(5)
        read_all(clock)
        assert journal().cursor_at <= max(START, clock.now - LAG)
    clock.go(60)
    read_all(clock)
    assert kept() == ["quick", "slow"]


def test_a_row_that_becomes_visible_later_still_is_found_by_the_overlap(
    keeper: Keeper, clock: Clock
) -> None:
    add(source(keeper.url), clock.now)
    keeper.add("first", START + SECOND)
    keeper.add("very slow", START, late=timedelta(minutes=4))
    for _ in range(6):
        clock.go(60)
        read_all(clock)
    assert kept() == ["first", "very slow"]


def test_reading_the_same_again_changes_nothing(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url, overlap="1h"), clock.now)
    for number in range(5):
        keeper.add(f"i{number}", START + number * SECOND)
    clock.go(60)
    read_all(clock)
    process_some(get_engine(), Rubric.load(), get_settings(), clock.now)
    for _ in range(5):
        clock.go(60)
        assert read_all(clock) == 1
        clean = process_some(get_engine(), Rubric.load(), get_settings(), clock.now)
        assert clean == Processed(0, 0)
    assert len(keeper.asked) == 6
    assert kept() == [f"i{number}" for number in range(5)]


@pytest.mark.parametrize("newest_first", [False, True])
def test_all_pages_are_read_in_whichever_order_they_come(
    keeper: Keeper, clock: Clock, newest_first: bool
) -> None:
    keeper.size, keeper.newest_first = 3, newest_first
    add(source(keeper.url), clock.now)
    for number in range(10):
        keeper.add(f"i{number}", START + number * SECOND)
    clock.go(60)
    read_all(clock)
    assert kept() == sorted(f"i{number}" for number in range(10))
    assert [asked.query.get("page") for asked in keeper.asked] == [None, "3", "6", "9"]


def test_rows_of_one_moment_are_all_taken_though_pages_part_them(
    keeper: Keeper, clock: Clock
) -> None:
    """Also one that turns up later, with an id before the cursor's."""
    keeper.size = 2
    add(source(keeper.url, overlap="1s"), clock.now)
    for own in "bcdef":
        keeper.add(own, START)
    keeper.add("a", START, late=31 * SECOND)
    clock.go(30)
    read_all(clock)
    assert kept() == list("bcdef")
    assert (journal().cursor_at, journal().cursor_id) == (START, "f")
    clock.go(60)
    add(source(keeper.url, overlap="2s"), clock.now, None)
    read_all(clock)
    assert kept() == list("abcdef")


def test_a_journal_is_asked_with_post_and_a_body(keeper: Keeper, clock: Clock) -> None:
    keeper.size = 1
    body = '{"since": "{since_ms}", "page": "{page}", "limit": 100}'
    add(source(keeper.url, method="POST", body=body, query={}), clock.now)
    keeper.add("ada", START)
    keeper.add("bob", START + SECOND)
    clock.go(60)
    read_all(clock)
    assert kept() == ["ada", "bob"]
    assert [json.loads(asked.body).get("page") for asked in keeper.asked] == [None, "1"]
    assert {asked.method for asked in keeper.asked} == {"POST"}


def test_two_who_read_at_once_read_a_journal_one_at_a_time(keeper: Keeper, clock: Clock) -> None:
    keeper.size = 1
    add(source(keeper.url), clock.now)
    for number in range(12):
        keeper.add(f"i{number:02}", START + number * SECOND)
    clock.go(60)
    with ThreadPoolExecutor(6) as threads:
        turns = list(threads.map(lambda _: reader(clock).read_due(), range(6)))
    assert sum(turns) == 1
    assert len(keeper.asked) == 12
    assert kept() == [f"i{number:02}" for number in range(12)]


def test_one_who_has_lost_the_claim_keeps_nothing(keeper: Keeper, clock: Clock) -> None:
    """It was taken for dead, and comes back with a page while another reads."""
    add(source(keeper.url), clock.now)
    keeper.add("ada", START)
    clock.go(60)

    def meanwhile(number: int) -> None:
        if number == 1:
            clock.go(state.LEASE.total_seconds() + 1)
            with unit_of_work() as session:
                assert state.claim(session, clock.now) is not None

    keeper.before = meanwhile
    reader(clock).read_due()
    assert kept() == []
    assert journal().claim is not None
    clock.go(state.LEASE.total_seconds() + 1)
    read_all(clock)
    assert kept() == ["ada"]


def test_a_source_that_is_removed_while_its_page_comes_keeps_nothing(
    keeper: Keeper, clock: Clock
) -> None:
    add(source(keeper.url), clock.now)
    keeper.add("ada", START)
    clock.go(60)

    def meanwhile(number: int) -> None:
        with unit_of_work() as session:
            service.remove(session, NAME, "test", clock.now)

    keeper.before = meanwhile
    assert reader(clock).read_due() == 1
    assert kept() == []
    assert read_all(clock) == 0


def test_a_read_that_breaks_off_goes_on_at_its_next_page(keeper: Keeper, clock: Clock) -> None:
    keeper.size = 2
    add(source(keeper.url), clock.now)
    for number in range(6):
        keeper.add(f"i{number}", START + number * SECOND)
    keeper.answers = [None, Answer(500)]
    clock.go(60)
    read_all(clock)
    at = journal()
    assert kept() == ["i0", "i1"]
    assert (at.problem, at.status, at.failures) == ("server_error", 500, 1)
    assert (at.cursor_at, at.page) == (START + SECOND, "2")
    clock.go(60)
    read_all(clock)
    assert kept() == [f"i{number}" for number in range(6)]
    assert [one.query.get("page") for one in keeper.asked] == [None, "2", "2", "4"]
    assert (journal().failures, journal().failing_since, journal().problem) == (0, None, None)


@pytest.mark.parametrize("newest_first", [False, True])
def test_where_a_page_is_forgotten_the_read_begins_anew(
    keeper: Keeper, clock: Clock, newest_first: bool
) -> None:
    keeper.size, keeper.newest_first = 2, newest_first
    add(source(keeper.url, overlap="1s"), clock.now)
    for number in range(6):
        keeper.add(f"i{number}", START + number * 5 * SECOND)
    keeper.answers = [None, Answer(400)]
    clock.go(60)
    read_all(clock)
    assert (journal().problem, journal().page) == ("page_gone", None)
    clock.go(60)
    read_all(clock)
    assert kept() == [f"i{number}" for number in range(6)]


@pytest.mark.parametrize("after", ["90", "Mon, 02 Mar 2026 12:02:30 GMT"])
def test_it_is_left_alone_for_as_long_as_it_asks(keeper: Keeper, clock: Clock, after: str) -> None:
    add(source(keeper.url), clock.now)
    keeper.add("ada", START)
    keeper.answers = [Answer(429, headers={"Retry-After": after})]
    clock.go(60)
    read_all(clock)
    assert (journal().problem, journal().status) == ("too_often", 429)
    assert journal().next_at == clock.now + timedelta(seconds=90)
    clock.go(89)
    assert read_all(clock) == 0
    clock.go(1)
    assert read_all(clock) == 1
    assert kept() == ["ada"]


def test_it_is_left_alone_ever_longer_while_it_fails(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url, every="5s"), clock.now)
    keeper.answers = [Answer(503)] * 12
    clock.go(60)
    pauses = []
    for _ in range(12):
        clock.now = max(clock.now, journal().next_at)
        assert read_all(clock) == 1
        pauses.append((journal().next_at - clock.now).total_seconds())
    assert 2.5 <= pauses[0] <= 5
    assert all(300 <= pause <= 600 for pause in pauses[-3:])
    assert (journal().failures, journal().failing_since) == (12, START + EVERY)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_secret_is_said_and_another_is_tried_at_once(
    keeper: Keeper, clock: Clock, status: int
) -> None:
    add(source(keeper.url), clock.now, "a-wrong-secret")
    keeper.add("ada", START)
    keeper.answers = [Answer(status, "a-wrong-secret is not known")]
    clock.go(60)
    read_all(clock)
    assert (journal().problem, journal().status) == ("secret_refused", status)
    with unit_of_work() as session:
        service.set_secret(session, NAME, SECRET, "test", clock.now)
        assert service.live_secrets(session, NAME, clock.now) == [SECRET]
    assert read_all(clock) == 1
    assert kept() == ["ada"]


def test_without_a_secret_nothing_is_asked(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url), clock.now, secret=None)
    clock.go(60)
    read_all(clock)
    assert (journal().problem, keeper.asked) == ("no_secret", [])


def test_where_the_host_changes_the_secret_ends(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url), clock.now)
    with keeping() as other:
        add(source(other.url), clock.now, secret=None)
        clock.go(60)
        read_all(clock)
        assert (journal().problem, other.asked) == ("no_secret", [])


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(200, "<html>Sign in</html>"), "not_json"),
        (Answer(200, ""), "not_json"),
        (Answer(200, '{"results": null}'), "no_items"),
        (Answer(200, '{"result": []}'), "no_items"),
        (Answer(200, json.dumps({"results": [1] * 5001})), "too_many_items"),
        (Answer(200, '{"results": [], "paging": {"next": [{}]}}'), "bad_next"),
        (Answer(200, "a" * (16 * 1024 * 1024 + 1)), "too_large"),
        (Answer(404), "not_there"),
        (Answer(405), "refused"),
    ],
)
def test_garbage_is_refused_and_what_came_before_stays(
    keeper: Keeper, clock: Clock, answer: Answer, problem: str
) -> None:
    add(source(keeper.url), clock.now)
    keeper.add("ada", START)
    clock.go(60)
    read_all(clock)
    before = journal().cursor_at
    keeper.add("bob", START + 60 * SECOND)
    keeper.answers = [answer]
    clock.go(60)
    read_all(clock)
    assert (journal().problem, journal().cursor_at) == (problem, before)
    clock.go(60)
    read_all(clock)
    assert kept() == ["ada", "bob"]
    assert journal().problem is None


def test_nothing_new_may_be_said_without_a_body(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url), clock.now)
    keeper.answers = [Answer(204)]
    clock.go(60)
    read_all(clock)
    assert (journal().problem, journal().cursor_at) == (None, clock.now - LAG)


def test_pages_that_never_end_are_left_and_what_they_hold_is_kept(
    keeper: Keeper, clock: Clock
) -> None:
    item = {"id": "ada", "at": START.isoformat(), "email": "ada@example.com"}
    page = Answer(200, json.dumps({"results": [item], "paging": {"next": "2"}}))
    add(source(keeper.url), clock.now)
    keeper.answers = [page, page]
    clock.go(60)
    assert read_all(clock) == 1
    assert len(keeper.asked) == 2
    assert (journal().problem, journal().page) == ("endless", None)
    assert kept() == ["ada"]
    assert journal().cursor_at <= START


def test_a_redirect_is_not_followed(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url), clock.now)
    keeper.answers = [Answer(302, headers={"Location": f"{keeper.url}/elsewhere"})]
    clock.go(60)
    read_all(clock)
    assert (journal().problem, journal().status) == ("redirect", 302)
    assert [asked.path for asked in keeper.asked] == ["/journal"]


@pytest.mark.parametrize(
    ("scheme", "problem"), [("https", "address_refused"), ("http", "plain_refused")]
)
def test_what_is_not_public_is_not_asked_unless_it_is_allowed(
    keeper: Keeper, clock: Clock, scheme: str, problem: str
) -> None:
    add(source(keeper.url.replace("http", scheme)), clock.now)
    clock.go(60)
    far = near().model_copy(update={"webhook_allowed_networks": ""})
    read_all(clock, far)
    assert (journal().problem, keeper.asked) == (problem, [])


def test_who_does_not_answer_is_waited_for_no_longer_than_is_set(
    keeper: Keeper, clock: Clock
) -> None:
    add(source(keeper.url), clock.now)
    keeper.before = lambda number: time.sleep(1.5)
    clock.go(60)
    read_all(clock, near().model_copy(update={"webhook_answer_seconds": 0.5}))
    assert journal().problem == "no_answer"


def page(*items: Any) -> Answer:
    return Answer(200, json.dumps({"results": items, "paging": {}}))


@pytest.mark.parametrize(
    ("odd", "word"),
    [
        ({"at": START.isoformat(), "email": "odd@example.com"}, "no_id"),
        ({"id": "odd", "email": "odd@example.com"}, "no_time"),
        ({"id": "odd", "at": "2099-01-01T00:00:00Z", "email": "odd@example.com"}, "future"),
        ("odd", "no_id"),
    ],
)
def test_an_odd_item_is_kept_once_moves_no_cursor_and_is_remarked(
    keeper: Keeper, clock: Clock, odd: Any, word: str
) -> None:
    ada = {"id": "ada", "at": START.isoformat(), "email": "ada@example.com"}
    add(source(keeper.url), clock.now)
    for _ in range(2):
        keeper.answers = [page(odd, ada)]
        clock.go(60)
        read_all(clock)
    assert len(kept()) == 2
    assert (journal().remark, journal().remarked_at) == (word, START + EVERY)
    assert journal().cursor_at == clock.now - LAG


def test_another_item_under_the_id_of_one_that_is_kept_is_remarked(
    keeper: Keeper, clock: Clock
) -> None:
    ada = {"id": "ada", "at": START.isoformat(), "email": "ada@example.com"}
    add(source(keeper.url), clock.now)
    keeper.answers = [page(ada, ada | {"email": "another@example.com"})]
    clock.go(60)
    read_all(clock)
    assert (kept(), journal().remark) == (["ada"], "another")


def test_nothing_personal_and_no_secret_gets_into_the_log(
    keeper: Keeper,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    add(source(keeper.url), clock.now)
    keeper.add("ada", START)
    said = f"ada@example.com may not use {SECRET}"
    keeper.answers = [None, Answer(400, said), Answer(200, said), Answer(401, said)]
    with caplog.at_level(logging.DEBUG):
        for _ in range(4):
            clock.go(3600)
            read_all(clock)
    written = caplog.text + "".join(capfd.readouterr())
    assert "a journal could not be read" in written
    assert SECRET not in written
    assert "ada" not in written.replace("readable", "")


def test_how_it_is_read_is_said_over_the_api_and_to_prometheus(
    keeper: Keeper, clock: Clock, client: TestClient
) -> None:
    add(source(keeper.url), clock.now)
    keeper.answers = [Answer(403)]
    clock.go(60)
    read_all(clock)
    [listed] = client.get("/sources").json()["items"]
    assert listed == client.get(f"/sources/{NAME}").json()
    assert (listed["scheme"], listed["address"], listed["live_secrets"]) == (None, None, 1)
    said = listed["journal"]
    assert (said["problem"], said["status"], said["failures"]) == ("secret_refused", 403, 1)
    assert "leadflow sources secret NAME --given" in said["what_to_do"]
    assert said["cursor_at"] == "2026-03-02T12:00:00Z"
    figures = client.get("/metrics").text
    assert f'leadflow_journal_failures{{source="{NAME}"}} 1.0' in figures
    behind = re.search(f'leadflow_journal_behind_seconds{{source="{NAME}"}} ([0-9.e+]+)', figures)
    assert behind is not None
    assert float(behind[1]) > 0


def test_nothing_is_delivered_for_a_source_that_is_read(
    keeper: Keeper, clock: Clock, anonymous: TestClient
) -> None:
    add(source(keeper.url), clock.now)
    sent = anonymous.post(
        f"/webhooks/{NAME}", json={"id": "1"}, headers={"Authorization": f"Bearer {SECRET}"}
    )
    assert sent.status_code == 404


def test_a_secret_of_ours_is_none_of_a_journal(keeper: Keeper, clock: Clock) -> None:
    add(source(keeper.url), clock.now, secret=None)
    for secret, said in (
        (None, "--given"),
        ("short", "8 characters"),
        ("a-secret\r\nX: 1", "ASCII"),
    ):
        with unit_of_work() as session, pytest.raises(SecretRefused, match=said):
            service.set_secret(session, NAME, secret, "test", clock.now)


def test_a_command_says_how_far_it_is_read_and_what_to_do(
    keeper: Keeper, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    add(source(keeper.url), clock.now)
    keeper.answers = [page({"email": "odd@example.com"}), Answer(429)]
    for _ in range(2):
        clock.go(60)
        read_all(clock)
    list_sources()
    show(NAME)
    written = " ".join(capsys.readouterr().out.split())
    assert written.count("read up to 2026-03-02 12:00:30 UTC") == 2
    assert "too_often, HTTP 429: 1 failure since 2026-03-02 12:02 UTC." in written
    assert "An item had no id at the path `id`." in written
    assert "/webhooks/SOURCE" not in written


def test_one_odd_item_is_dead_by_itself_and_the_cursor_moves_on(
    keeper: Keeper, clock: Clock
) -> None:
    add(source(keeper.url), clock.now)
    items = [{"id": name, "at": START.isoformat(), "email": f"{name}@b.com"} for name in "abc"]
    text = json.dumps({"results": items}).replace("b@b", r"\ud83d@b")
    keeper.answers = [Answer(200, text)]
    clock.go(60)
    read_all(clock)
    assert (kept(), journal().problem) == (["a", "b", "c"], None)
    assert journal().cursor_at == clock.now - LAG
    done = process_some(get_engine(), Rubric.load(), get_settings(), clock.now)
    assert done == Processed(3, 1)
    with unit_of_work() as session:
        [dead] = session.scalars(select(Delivery).where(Delivery.status == "dead"))
        assert "half a character" in str(dead.reasons)

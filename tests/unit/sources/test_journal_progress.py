"""How far a journal is read: nothing is passed over, whatever order its pages come in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.sources.journals.progress import (
    Place,
    Read,
    after_page,
    begun,
    belongs,
    given_up,
    resumed,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LAG, OVERLAP = timedelta(seconds=30), timedelta(minutes=5)
LONG_AGO = NOON - timedelta(days=9)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def places(*seconds: int) -> list[Place]:
    return [Place(at(second), f"i{second}") for second in seconds]


def test_a_read_goes_back_by_the_overlap_and_not_past_the_lag() -> None:
    read = begun(NOON, LONG_AGO, OVERLAP, LAG, at(60.7))
    assert read == Read(since=NOON - OVERLAP, until=at(30))


def test_a_read_never_goes_back_before_the_beginning() -> None:
    read = begun(NOON, NOON, OVERLAP, LAG, at(60))
    assert read is not None
    assert read.since == NOON
    assert belongs(at(-1), read, NOON, at(60)) == "early"


def test_while_all_is_younger_than_the_lag_there_is_nothing_to_read() -> None:
    assert begun(NOON, NOON, OVERLAP, LAG, at(29)) is None
    assert begun(NOON, NOON, OVERLAP, LAG, at(30)) == Read(NOON, NOON)


@pytest.mark.parametrize(
    ("seconds", "of"),
    [(-600, "taken"), (30, "taken"), (30.1, "late"), (300, "late"), (361, "future")],
)
def test_what_is_taken_now_later_or_out_of_turn(seconds: float, of: str) -> None:
    assert belongs(at(seconds), Read(NOON, at(30)), LONG_AGO, at(60)) == of


def test_pages_in_order_take_the_cursor_along_and_the_last_brings_it_to_the_end() -> None:
    cursor, read = after_page(Place(NOON), Read(NOON, at(100)), places(1, 2, 2), "2")
    assert (cursor, read and read.page, read and read.in_order) == (Place(at(2), "i2"), "2", True)
    assert read is not None
    assert after_page(cursor, read, places(2, 3), None) == (Place(at(100)), None)


def test_of_what_is_of_one_moment_the_cursor_stands_at_the_last_id() -> None:
    same = [Place(at(0), "a"), Place(at(5), "c"), Place(at(5), "b")]
    cursor, _ = after_page(Place(NOON), Read(NOON, at(100)), same, "2")
    assert cursor == Place(at(5), "c")


def test_while_the_order_cannot_be_told_the_cursor_waits() -> None:
    cursor, read = after_page(Place(NOON), Read(NOON, at(100)), places(7), "2")
    assert cursor == Place(NOON)
    assert read is not None
    assert read.in_order is None


def test_where_order_turns_out_to_be_none_the_cursor_goes_back_to_where_the_read_began() -> None:
    cursor, read = after_page(Place(NOON), Read(at(-300), at(100)), places(1, 9), "2")
    assert cursor.time == at(9)
    assert read is not None
    cursor, read = after_page(cursor, read, places(3), "3")
    assert cursor == Place(at(-300))
    assert read is not None
    assert given_up(read) == Read(at(-300), at(100))


@given(
    st.lists(st.lists(st.integers(0, 99), max_size=4), min_size=1, max_size=6),
    st.integers(0, 5),
)
def test_wherever_a_read_breaks_off_what_was_not_shown_is_asked_for_again(
    pages: list[list[int]], shown: int
) -> None:
    """Pages in any order; only where order was seen and then broke, after its pages were gone too,
    is it left to the overlap."""
    cursor, read = Place(at(0)), Read(at(-5), at(100))
    for number, page in enumerate(pages[:shown]):
        following = None if number == len(pages) - 1 else str(number + 1)
        cursor, further = after_page(cursor, read, places(*page), following)
        if further is None:
            assert cursor == Place(at(100))
            return
        read = further
    left = [second for page in pages[shown:] for second in page]
    seen = [second for page in pages[:shown] for second in page]
    in_order = [*seen, *left] == sorted([*seen, *left])
    again = given_up(read)
    since = cursor.time if again is None else again.since
    if in_order or read.in_order is not True:
        assert all(at(second) >= since for second in left)


def test_a_read_whose_pages_are_gone_begins_anew_with_what_has_come_since() -> None:
    begins = Read(NOON, at(10))
    assert resumed(begins, LAG, at(600)).until == at(570)
    on_its_way = Read(NOON, at(10), page="2")
    assert resumed(on_its_way, LAG, at(600)) == on_its_way


def test_a_read_in_order_goes_on_from_the_cursor_where_its_pages_are_gone() -> None:
    assert given_up(Read(NOON, at(10), page="2", in_order=True)) is None

"""What holds of how a lead ended follows from all that was said, in whatever order it was said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from leadflow.leads.outcomes.standing import OutcomeStanding, Statement, What, standing

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def said(
    what: What, on: int, turn: int = 0, at: int | None = None, **more: str | int | None
) -> Statement:
    """Something said on day ``at`` (else in the order of ``turn``, after all) of day ``on``."""
    told = day(100 + turn if at is None else at)
    values = {"source": "api", "value_minor": None} | more
    worth = values["value_minor"]
    return Statement(
        said=what,
        occurred_at=day(on),
        dated=True,
        said_at=told,
        turn=turn,
        source=str(values["source"]),
        deal=None if values.get("deal") is None else str(values["deal"]),
        known_at=told,
        value_minor=None if worth is None else int(worth),
        value_currency=None if worth is None else "EUR",
    )


def undated(what: What, at: int, turn: int = 0) -> Statement:
    return Statement(what, day(at), False, day(at), turn, "api", known_at=day(at))


def ends(held: OutcomeStanding) -> tuple[str | None, int | None]:
    if held.ending is None:
        return None, None
    return held.ending.outcome, (held.ending.occurred_at - START).days


LIFE: tuple[tuple[What, int], ...] = (("lost", 10), ("returned", 20), ("converted", 30))


@pytest.mark.parametrize("order", list(permutations(LIFE)))
def test_what_happened_at_different_times_holds_in_whatever_order_it_is_told(
    order: tuple[tuple[What, int], ...],
) -> None:
    held = standing([said(what, on, turn) for turn, (what, on) in enumerate(order)])
    assert ends(held) == ("converted", 30)
    assert held.losses == ((day(10), day(20)),)


LONG: tuple[tuple[What, int], ...] = (
    ("lost", 10),
    ("reopened", 20),
    ("lost", 30),
    ("returned", 40),
    ("converted", 50),
)


def test_a_long_life_is_the_same_in_all_hundred_and_twenty_orders() -> None:
    for order in permutations(LONG):
        held = standing([said(what, on, turn) for turn, (what, on) in enumerate(order)])
        assert ends(held) == ("converted", 50)
        assert held.losses == ((day(10), day(20)), (day(30), day(40)))


@pytest.mark.parametrize(("first", "then"), [("converted", "lost"), ("lost", "converted")])
@pytest.mark.parametrize("on", [5, 10, 15])
def test_another_end_said_without_opening_the_lead_corrects_the_first(
    first: What, then: What, on: int
) -> None:
    held = standing([said(first, 10, 1), said(then, on, 2)])
    assert (ends(held), held.losses) == ((then, on), ())


def test_a_correction_may_be_corrected_and_what_was_said_of_value_and_day_comes_back() -> None:
    held = standing(
        [
            said("converted", 10, 1, value_minor=500),
            undated("lost", 110, 2),
            undated("converted", 120),
        ]
    )
    assert ends(held) == ("converted", 10)
    assert held.ending is not None
    assert held.ending.value_minor == 500


def test_a_loss_has_no_value_of_the_conversion_it_corrects() -> None:
    held = standing([said("converted", 10, 1, value_minor=500), said("lost", 10, 2)])
    assert held.ending is not None
    assert (held.ending.outcome, held.ending.value_minor) == ("lost", None)


def test_opening_a_conversion_takes_it_back_and_a_loss_has_been_one_until_then() -> None:
    taken_back = standing([said("converted", 10), said("reopened", 20)])
    assert (ends(taken_back), taken_back.losses) == ((None, None), ())
    back = standing([said("lost", 10), said("reopened", 20)])
    assert (ends(back), back.losses) == ((None, None), ((day(10), day(20)),))


def test_a_customer_who_writes_again_stays_one_and_so_it_is_corrected_to_a_loss() -> None:
    told = [said("converted", 10, 1), said("returned", 20, 2)]
    assert ends(standing(told)) == ("converted", 10)
    corrected = standing([*told, said("lost", 10, 3)])
    assert (ends(corrected), corrected.losses) == ((None, None), ((day(10), day(20)),))


def test_a_loss_corrected_to_a_conversion_is_no_loss_that_came_back() -> None:
    told = [said("lost", 10, 1), said("returned", 20, 2), said("converted", 10, 3)]
    assert (ends(standing(told)), standing(told).losses) == (("converted", 10), ())


def test_what_is_said_without_a_day_is_of_when_it_is_said() -> None:
    told = [undated("lost", 10), said("returned", 20, 1), undated("lost", 30)]
    held = standing(told)
    assert (ends(held), held.losses) == (("lost", 30), ((day(10), day(20)),))


def test_a_loss_that_came_back_never_ends_before_it_begins() -> None:
    """A row without a day that was set aside says a later one when it is mended."""
    late = replace(undated("lost", 10), occurred_at=day(20))
    assert standing([late, said("reopened", 13, 1)]).losses == ((day(13), day(13)),)


def deal(what: What, on: int, turn: int, name: str, at: int = 100) -> Statement:
    return said(what, on, turn, at, source="crm", deal=name)


@pytest.mark.parametrize("turns", [(1, 2), (2, 1)])
def test_of_the_deals_of_one_file_the_won_one_counts_in_whatever_order_they_stand(
    turns: tuple[int, int],
) -> None:
    told = [deal("converted", 10, turns[0], "a"), deal("lost", 20, turns[1], "b")]
    assert ends(standing(told)) == ("converted", 10)


def test_a_deal_that_is_open_again_takes_its_own_end_back_and_no_others() -> None:
    won = deal("converted", 10, 1, "a")
    other = [deal("lost", 20, 2, "b"), deal("reopened", 101, 3, "b", at=101)]
    assert ends(standing([won, *other])) == ("converted", 10)
    assert ends(standing([won, deal("reopened", 101, 4, "a", at=101)])) == (None, None)


def test_a_person_corrects_a_file_and_the_file_that_says_something_new_corrects_the_person() -> (
    None
):
    told = [deal("converted", 10, 1, "a"), said("lost", 10, 2, at=110)]
    assert ends(standing(told)) == ("lost", 10)
    assert ends(standing([*told, deal("converted", 12, 3, "a", at=120)])) == ("converted", 12)


def test_nothing_said_is_an_open_lead() -> None:
    assert standing([]) == OutcomeStanding(None)
    assert standing([said("reopened", 5)]) == OutcomeStanding(None)
    assert standing([said("returned", 5)]) == OutcomeStanding(None)

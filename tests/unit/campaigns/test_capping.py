"""How many messages may go out: bounds of a campaign, caps of a lead over all campaigns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from leadflow.campaigns.dispatch.capping import DAY, WEEK, Bounds, Due, Frame, Held, Room, split

NOW = datetime(2026, 3, 10, 20, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NO_BOUNDS: Mapping[str, Bounds] = {}


def due(number: int, lead: str = "", **said: object) -> Due:
    given = {"campaign": "a", "priority": 0, "due_at": NOW, "capped": True}
    return Due(id=f"msg_{number}", lead_id=lead or f"lead_{number}", **given | said)  # type: ignore[arg-type]


def room(of_lead: Mapping[str, Sequence[datetime]] | None = None, sent: int = 0) -> Room:
    counted = {"a": sent}
    return Room(Counter(counted), Counter(counted), Counter({("a", 0): sent}), of_lead or {})


def bounds(
    daily: int | None = None, total: int | None = None, frames: tuple[Frame, ...] = ()
) -> Mapping[str, Bounds]:
    return {"a": Bounds(BERLIN, daily, total, frames)}


def test_what_is_beyond_a_day_waits_for_the_next_ones_in_the_campaigns_zone() -> None:
    messages = [due(number) for number in range(7)]
    going, held = split(messages, bounds(daily=2), 0, 0, room(sent=1), NOW)
    assert going == ["msg_0"]
    midnight = datetime(2026, 3, 11, tzinfo=BERLIN)
    days = [(held[f"msg_{n}"].until - midnight).days for n in range(1, 7)]  # type: ignore[operator]
    assert days == [0, 0, 1, 1, 2, 2]
    assert {one.why for one in held.values()} == {"daily"}


def test_what_is_beyond_a_frame_waits_as_long_as_it_and_beyond_all_for_ever() -> None:
    frame = (Frame(timedelta(hours=1), 2),)
    going, held = split([due(n) for n in range(4)], bounds(frames=frame), 0, 0, room(), NOW)
    assert going == ["msg_0", "msg_1"]
    assert held["msg_2"] == Held("frame", NOW + timedelta(hours=1))
    going, held = split([due(n) for n in range(4)], bounds(total=3), 0, 0, room(sent=2), NOW)
    assert going == ["msg_0"]
    assert held["msg_1"] == Held("total", None)


def test_a_lead_gets_those_of_the_highest_priority_and_the_others_when_there_is_room() -> None:
    messages = [
        due(1, "ada"),
        due(2, "ada", campaign="b", priority=5),
        due(3, "ada", campaign="c", capped=False),
        due(4, "bob"),
    ]
    before = {"ada": [NOW - timedelta(hours=5)]}
    going, held = split(messages, NO_BOUNDS, 2, 5, room(before), NOW)
    assert sorted(going) == ["msg_2", "msg_3", "msg_4"]
    assert held == {"msg_1": Held("lead_day", NOW - timedelta(hours=5) + DAY)}


def test_of_a_day_and_a_week_the_later_counts() -> None:
    times = [NOW - timedelta(hours=1), *(NOW - timedelta(days=n) for n in (2, 3, 4, 5))]
    _, held = split([due(1, "ada")], NO_BOUNDS, 1, 5, room({"ada": times}), NOW)
    assert held["msg_1"] == Held("lead_week", NOW - timedelta(days=5) + WEEK)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(-2, 2)), max_size=30
    ),
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(0, 4),
)
def test_no_bound_is_ever_passed_and_every_message_has_a_fate(
    written: list[tuple[str, str, int]], daily: int, a_day: int, sent: int
) -> None:
    messages = [
        due(number, lead, campaign=campaign, priority=priority)
        for number, (campaign, lead, priority) in enumerate(written)
    ]
    going, held = split(messages, bounds(daily=daily), a_day, 0, room(sent=sent), NOW)
    assert {*going} | held.keys() == {one.id for one in messages}
    assert not {*going} & held.keys()
    kept = [one for one in messages if one.id in {*going}]
    assert len([one for one in kept if one.campaign == "a"]) <= max(daily - sent, 0)
    assert all(count <= a_day for count in Counter(one.lead_id for one in kept).values())
    assert all(one.until is None or one.until > NOW for one in held.values())

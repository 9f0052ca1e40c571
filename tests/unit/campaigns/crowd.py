"""Campaigns and lives that hypothesis makes, and a crowd that goes through one together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from leadflow.campaigns.definitions.program import Program, Watch
from leadflow.campaigns.interpreter.enrolments import OPEN, Enrolments, Passed
from leadflow.campaigns.interpreter.moments import Dates
from leadflow.campaigns.interpreter.stepping import take_on
from leadflow.campaigns.interpreter.zones import Mask, Moments, Numbers, Zones
from leadflow.campaigns.scenarios.life import Happening, Life
from leadflow.conditions.tree import Group

PLACES = (("Europe/Berlin",), ("America/New_York",), ("Europe/Berlin", "Europe/Lisbon"))
EVENTS = ("lead.did.reply", "lead.did.email_click", "lead.converted", "lead.did.unsubscribe")
LEVELS = ("hot", "warm", "cold")
START = np.datetime64("2026-03-20T00:00", "us")
MINUTE = np.timedelta64(1, "m")

_HOT = {"level": {"operator": "equals", "value": "hot"}}
_MANY = {"total_score": {"operator": "greater_than", "value": 50}}
CONDITIONS = st.sampled_from([_HOT, _MANY, {"none": [_HOT]}, {"any": [_HOT, _MANY]}])
SPANS = st.sampled_from(["PT10M", "PT5H", "P1D", "P2D", "P1W", "P1M", "P1DT3H"])
UNTIL = st.sampled_from(
    [
        {"weekdays": ["tue", "fri"], "at": "09:30"},
        {"date": "2026-04-01", "at": "08:00"},
    ]
)


@st.composite
def programs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The steps of a campaign: forward only, each of them reached."""
    count = draw(st.integers(2, 7))
    steps: list[dict[str, Any]] = []
    for number in range(count):
        ahead = st.sampled_from([f"s{later}" for later in range(number + 1, count)] + ["end"])
        steps.append({"step": f"s{number}", **draw(_step(ahead))})
    return _reached(steps)


@st.composite
def _step(draw: st.DrawFn, ahead: st.SearchStrategy[str]) -> dict[str, Any]:
    kind = draw(st.sampled_from(["send", "send", "wait", "until", "for", "listen", "switch", "do"]))
    then = {"then": draw(ahead)} if draw(st.booleans()) else {}
    if kind == "send":
        return {"send": "hello", **then}
    if kind == "do":
        return {"do": {"tag": ["a"]}, **then}
    if kind == "wait":
        return {"wait": draw(SPANS), **then}
    if kind == "until":
        return {"wait": {"until": draw(UNTIL)}, **then}
    if kind == "for":
        until = {"field": "attributes.ends", "before": "P1D"}
        return {"wait": {"until": until, "otherwise": draw(ahead)}, **then}
    if kind == "switch":
        cases = [{"when": draw(CONDITIONS), "then": draw(ahead)} for _ in range(2)]
        return {"switch": [*cases, {"then": draw(ahead)}]}
    events = draw(st.lists(st.sampled_from(EVENTS[:2]), max_size=2, unique=True))
    when = {"when": draw(CONDITIONS)} if not events or draw(st.booleans()) else {}
    ways = {"then": draw(ahead), "otherwise": draw(ahead)}
    return {"listen": {"on": events, **when, "within": draw(SPANS), **ways}}


def _reached(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """These without the steps that nobody comes to."""
    names = [step["step"] for step in steps]
    reached = {names[0]}
    for number, step in enumerate(steps):
        if step["step"] not in reached:
            continue
        waits = step.get("wait")
        body: dict[str, Any] = waits if isinstance(waits, dict) else step.get("listen", {})
        named = {step.get("then"), body.get("then"), body.get("otherwise")}
        named |= {case["then"] for case in step.get("switch", ())}
        if "switch" not in step and "listen" not in step and "then" not in step:
            named.add(names[number + 1] if number + 1 < len(names) else None)
        reached |= {name for name in named if name is not None}
    kept = [step for step in steps if step["step"] in reached]
    return kept if len(kept) == len(steps) else _below(steps, kept)


def _below(steps: list[dict[str, Any]], kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What goes on with the step below says so by name, which stays right without the others."""
    names = [step["step"] for step in steps]
    for step in kept:
        if "switch" not in step and "listen" not in step and "then" not in step:
            number = names.index(step["step"]) + 1
            step["then"] = names[number] if number < len(names) else "end"
    return kept


@dataclass(frozen=True)
class Member:
    """One lead: when it comes in, where it is, and its life."""

    enters: np.datetime64
    place: int
    life: Life


@st.composite
def members(draw: st.DrawFn, every: int = 1) -> Member:
    """A lead with up to eight things that happen in six weeks; ``every`` so many minutes something
    may, so that much of it happens to several leads at once."""
    moments = draw(st.lists(st.integers(0, 60_000 // every), max_size=8, unique=True))
    happenings = [
        Happening(
            START + moment * every * MINUTE,
            draw(st.sampled_from(EVENTS[:3] * 3 + EVENTS)),
            {},
            change,
        )
        for moment in sorted(moments)
        if (change := draw(CHANGES)) is not None
    ]
    lead = {"level": draw(st.sampled_from(LEVELS)), "total_score": draw(st.integers(0, 100))}
    enters = START + draw(st.integers(0, 5000 // every)) * every * MINUTE
    return Member(enters, draw(st.integers(0, 2)), Life(lead, happenings))


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(LEVELS),
        "total_score": st.integers(0, 100),
        "attributes.ends": st.sampled_from(["2026-04-10", "2026-04-20T08:00:00Z", ""]),
    },
)


@dataclass(frozen=True)
class Lives:
    """The facts of many leads, each of which has a life."""

    lives: Sequence[Life]

    def holds(self, when: Group, leads: Numbers, at: Moments) -> Mask:
        each = zip(leads, at, strict=True)
        found = [self.lives[lead].holds(when, leads[:1], np.array([one]))[0] for lead, one in each]
        return np.array(found, dtype=bool)

    def first(self, watch: Watch, leads: Numbers, after: Moments, until: Moments) -> Moments:
        each = zip(leads, after, until, strict=True)
        found = [
            self.lives[lead].first(watch, leads[:1], np.array([one]), np.array([other]))[0]
            for lead, one, other in each
        ]
        return np.array(found, dtype="datetime64[us]")

    def dates(self, field: str, leads: Numbers, at: Moments) -> Dates:
        each = zip(leads, at, strict=True)
        found = [self.lives[lead].dates(field, leads[:1], np.array([one])) for lead, one in each]
        return Dates(
            np.array([one.at[0] for one in found], dtype="datetime64[us]"),
            np.array([one.days[0] for one in found], dtype=bool),
            np.array([one.since[0] for one in found], dtype="datetime64[us]"),
        )


Told = list[tuple[str, str, np.datetime64]]


def told(program: Program, crowd: Sequence[Member], late: Sequence[int] = (0,)) -> list[Told]:
    """What each of a crowd goes through, which is looked after whenever something is due or happens
    to one of them, so many minutes later (in turns)."""
    rows = Enrolments.begun(
        np.arange(len(crowd)),
        np.array([one.enters for one in crowd], dtype="datetime64[us]"),
        Zones(PLACES, np.array([one.place for one in crowd], dtype=np.int64)),
    )
    facts = Lives([one.life for one in crowd])
    found: list[Told] = [[] for _ in crowd]
    happenings = sorted({h.at for one in crowd for h in one.life.happenings})
    turn, now = 0, rows.entered.min()
    while (rows.ended == OPEN).any():
        now = now + late[turn % len(late)] * MINUTE
        turn += 1
        note(found, take_on(program, rows, facts, now))
        due = rows.due[(rows.ended == OPEN) & (rows.due > now)]
        coming = [*due, *(at for at in happenings if at > now)]
        # Whoever comes in is looked after at once.
        coming += [one.enters for one in crowd if one.enters > now]
        if coming:
            now = min(coming)
    for number, way in enumerate(found):
        way.append(("*", rows.ends[rows.ended[number]], rows.ended_at[number]))
    return found


def note(found: list[Told], passed: Sequence[Passed]) -> None:
    """Add what was passed to what each has gone through."""
    for one in passed:
        if one.node is not None:
            for row, at in zip(one.rows, one.at, strict=True):
                found[row].append((one.node.name, one.way, at))

"""What the lead that stays learns from the other, and giving that back. Works on the objects it is
given; asks and stores nothing.

A value that the survivor has stays; one that it has not is filled. Values that make sense only
together (a place, a sum and its currency, the counts of one moment) are filled together or not at
all; attributes are filled one by one. Given back is what is still as the other had it: what
somebody has said since stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadflow.leads.columns import NAMES
from leadflow.leads.said import ATTRIBUTE, COLUMNS, OUTCOME, PLACE, SEEN_BY, last_said
from leadflow.leads.tables import Lead

EMAIL = "email"
SECRET = ("phone", "first_name", "last_name")
# What a column holds that is never empty, where nothing is known.
NOTHING = {"has_phone": False, "country_said": False}


@dataclass(frozen=True)
class Filled:
    """The names of the values that are filled (``leads.said``); ``notes``: the survivor's own on
    them, None where it had none; ``said``: the other's."""

    names: list[str]
    notes: dict[str, str | None]
    said: dict[str, str | None]


def missing(survivor: Lead, other: Lead) -> Filled:
    """What the other knows and the survivor does not."""
    names = [name for name in COLUMNS if not _has(survivor, name) and _has(other, name)]
    own = other.attributes.keys() - survivor.attributes.keys()
    names += [ATTRIBUTE + name for name in sorted(own)]
    if OUTCOME in other.said and OUTCOME not in survivor.said:
        names.append(OUTCOME)
    known = _seen(other)
    notes = {name: survivor.said.get(name) for name in names}
    return Filled(names, notes, {name: last_said(known, name) for name in names})


def fill(survivor: Lead, other: Lead, what: Filled, now: datetime) -> None:
    """Fill what is missing; an e-mail address is the caller's to pass on (``taken_address``), for
    it is one lead's at a time."""
    for name in what.names:
        if name.startswith(ATTRIBUTE):
            own = name.removeprefix(ATTRIBUTE)
            survivor.attributes = survivor.attributes | {own: other.attributes[own]}
        for column in _columns(name):
            setattr(survivor, column, getattr(other, column))
    survivor.said = survivor.said | {name: note for name, note in what.said.items() if note}
    if what.names:
        survivor.known_from = survivor.updated_at = now


def give_back(survivor: Lead, other: Lead, filled: Filled, now: datetime) -> None:
    """Take off the survivor what it has from the other, where it is still so; an e-mail address
    goes back by ``taken_address``."""
    said = dict(survivor.said)
    for name in filled.names:
        if name == EMAIL or not _same(survivor, other, name):
            continue
        if name.startswith(ATTRIBUTE):
            own = name.removeprefix(ATTRIBUTE)
            survivor.attributes = {n: v for n, v in survivor.attributes.items() if n != own}
        for column in _columns(name):
            setattr(survivor, column, NOTHING.get(column))
        said.pop(name, None)
        if (before := filled.notes.get(name)) is not None:
            said[name] = before
    if filled.names:
        survivor.said = said
        survivor.known_from = survivor.updated_at = now


def taken_address(lead: Lead) -> tuple[str | None, str | None]:
    """Take the e-mail address off a lead, with its index; the caller writes that before another
    lead gets it."""
    given = lead.email, lead.email_index
    lead.email = lead.email_index = None
    return given


def _columns(name: str) -> Sequence[str]:
    own = [name] if name in SECRET else []
    own += [f"{name}_index"] if name in NAMES else []
    own += ["country_said"] if name == PLACE else []
    return () if name == EMAIL else (*COLUMNS.get(name, ()), *own)


def _same(survivor: Lead, other: Lead, name: str) -> bool:
    if name == OUTCOME:
        return True
    if name.startswith(ATTRIBUTE):
        own = name.removeprefix(ATTRIBUTE)
        return own in survivor.attributes and survivor.attributes[own] == other.attributes.get(own)
    return all(getattr(survivor, one) == getattr(other, one) for one in _columns(name))


def _has(lead: Lead, name: str) -> bool:
    return any(getattr(lead, column) is not None for column in SEEN_BY.get(name, COLUMNS[name]))


def _seen(lead: Lead) -> Mapping[str, Any]:
    """What ``last_said`` looks at."""
    seen = {column for name, of in COLUMNS.items() for column in SEEN_BY.get(name, of)}
    return {name: getattr(lead, name) for name in ("said", "attributes", *sorted(seen))}

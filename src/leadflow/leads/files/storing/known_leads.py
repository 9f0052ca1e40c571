"""Rows beside what is known of their leads: what a row leaves out stays as it is.

For values that SQL cannot merge: ciphertexts, which cannot be compared, and values made of two
fields, of which a row says one: a place, a sum, and a telephone number, which is dialled from a
country.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Session, aliased

from leadflow.leads.files.column_reader import as_texts, text_or_none
from leadflow.leads.files.parsing import dialled
from leadflow.leads.places import KnownPlace, moved, renamed
from leadflow.leads.tables import Lead

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("phone", "first_name", "last_name")
READ = (*NAMES, "location", "country", "region", "country_said", "budget_currency")
MADE_OF_TWO = ("country", "region", "budget_currency")
Known = dict[str, Any]
# A lead by one of its names, and the one that stands for it: itself, where it was not merged.
NAMED = aliased(Lead)
STANDS = func.coalesce(NAMED.merged_into, NAMED.id)


def beside_known(session: Session, frame: "pd.DataFrame", source: str) -> "pd.DataFrame":
    """The rows with the cells emptied that say what is stored already, and with places, currencies
    and telephone numbers put together from what they say and what is known of their leads."""
    named = frame[[*NAMES, "phone_said"]].notna().any(axis=1)
    half = frame["location"].notna() != frame["country_said"]
    unnamed = frame["budget"].notna() & ~frame["currency_said"]
    if not (named | half | unnamed).any():
        return frame
    known, locations = _known(session, frame, source), list(frame["location"])
    _dial(frame, known)
    for name in NAMES:
        frame[name] = frame[name].where(frame[name] != [one.get(name) for one in known])
    countries, regions, currencies = (list(frame[name]) for name in MADE_OF_TWO)
    for row, (one, placed, summed) in enumerate(zip(known, half, unnamed, strict=True)):
        if one and placed:
            said = locations[row] if isinstance(locations[row], str) else None
            countries[row], regions[row] = _place(said, countries[row], one)
        if one and summed and one["budget_currency"] is not None:
            currencies[row] = one["budget_currency"]
    for name, values in zip(MADE_OF_TWO, (countries, regions, currencies), strict=True):
        frame[name] = as_texts(map(text_or_none, values)).set_axis(frame.index)
    return frame


def _place(location: str | None, country: Any, known: Known) -> tuple[str | None, str | None]:
    before = KnownPlace(
        known["location"], known["country"], known["region"], said=bool(known["country_said"])
    )
    if location is not None:
        return moved(location, before)
    return renamed(text_or_none(country), before)


def _dial(frame: "pd.DataFrame", known: list[Known]) -> None:
    """Read the numbers of rows that name no country of their own with the one that is known."""
    named = zip(frame["country"], known, strict=True)
    countries = [text_or_none(own) or one.get("country") for own, one in named]
    numbers = dialled(frame["phone_said"], countries).set_axis(frame.index)
    # Only now it is known which of them say something.
    notes = zip(frame["said_names"], frame["phone"].notna(), numbers.notna(), strict=True)
    frame["said_names"] = as_texts(
        names if before == now else _with_phone(names, now) for names, before, now in notes
    ).set_axis(frame.index)
    frame["phone"] = numbers


def _with_phone(names: str, said: bool) -> str:
    others = [name for name in names.strip("{}").split(",") if name not in ("", "phone")]
    return "{" + ",".join([*others, "phone"] if said else others) + "}"


def _known(session: Session, frame: "pd.DataFrame", source: str) -> list[Known]:
    """What is known of each row's lead; nothing of one that is new."""
    rows = session.execute(
        select(NAMED.email_index, NAMED.external_id, *(getattr(Lead, name) for name in READ))
        .join_from(NAMED, Lead, Lead.id == STANDS)
        .where(meant(frame, source))
    )
    by_email: dict[Any, Known] = {}
    by_id: dict[Any, Known] = {}
    for email_index, external_id, *values in rows:
        by_email[email_index] = by_id[external_id] = dict(zip(READ, values, strict=True))
    by_email.pop(None, None)
    by_id.pop(None, None)
    return [
        by_email.get(email) or by_id.get(own) or {}
        for email, own in zip(frame["email_index"], frame["external_id"], strict=True)
    ]


def meant(frame: "pd.DataFrame", source: str) -> ColumnElement[bool]:
    """Of ``NAMED``: whether one of the rows names it, by address or id."""
    same_id = (NAMED.source == source) & (NAMED.external_id == among(frame["external_id"]))
    return or_(NAMED.email_index == among(frame["email_index"]), same_id)


def among(values: "pd.Series[str]") -> ColumnElement[Any]:
    """One of these values, as one parameter, for a comparison."""
    return any_(literal(values.dropna().tolist(), ARRAY(TEXT)))

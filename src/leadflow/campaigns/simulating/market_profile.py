"""What is known of leads of the simulated market, by the names that conditions have. Pure."""

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from leadflow.campaigns.interpreter.zones import Moments
from leadflow.campaigns.places.whereabouts import Known
from leadflow.campaigns.simulating.columns import Column, column_of
from leadflow.leads.derive import timeline_months
from leadflow.leads.places import place
from leadflow.leads.readers.job_titles import seniority

if TYPE_CHECKING:
    import pandas as pd

AS_THEY_ARE = (
    "company_name",
    "company_size",
    "industry",
    "job_title",
    "location",
    "budget",
    "timeline",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
)

# From which column, and how, the others follow.
DERIVED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "seniority": ("job_title", seniority),
    "timeline_months": ("timeline", timeline_months),
    "country": ("location", lambda said: place(said)[0]),
    "region": ("location", lambda said: place(said)[1]),
}


def profile(leads: "pd.DataFrame", asked: Collection[str]) -> dict[str, Column]:
    """Each of the fields that are asked for, with its values."""
    made: dict[str, Callable[[], Column]] = {
        **{name: partial(_as_it_is, leads, name) for name in AS_THEY_ARE},
        **{name: partial(_derived, leads, *rest) for name, rest in DERIVED.items()},
        "email_kind": lambda: column_of(
            ["free" if one else "company" for one in leads["free_mail"]]
        ),
        "has_phone": lambda: column_of([one is not None for one in _listed(leads["phone"])]),
        "source": lambda: column_of(["simulation"] * len(leads)),
        "created_at": lambda: column_of(leads["created_at"].tolist()),
        "known_from": lambda: column_of(leads["created_at"].tolist()),
    }
    return {name: make() for name, make in made.items() if name in asked}


def whereabouts_known(leads: "pd.DataFrame") -> list[Known]:
    """What is known of where each lead is."""
    places: dict[str | None, tuple[str | None, str | None]] = {None: (None, None)}
    found = []
    for location, phone in zip(_listed(leads["location"]), _listed(leads["phone"]), strict=True):
        if location not in places:
            places[location] = place(location)
        found.append(Known(*places[location], location, phone))
    return found


def moments(given: "pd.Series[Any]") -> Moments:
    """Aware moments of a column as the interpreter has them."""
    utc = given.dt.tz_convert("UTC").dt.tz_localize(None)
    found: Moments = utc.to_numpy().astype("datetime64[us]")
    return found


def _listed(given: "pd.Series[Any]") -> list[Any]:
    """The values of a column, None where there is none, whatever pandas calls that."""
    return given.astype(object).where(given.notna(), None).tolist()


def _as_it_is(leads: "pd.DataFrame", name: str) -> Column:
    return column_of(_listed(leads[name]))


def _derived(leads: "pd.DataFrame", source: str, work: Callable[[Any], Any]) -> Column:
    """What follows from each value of a column."""
    column = _as_it_is(leads, source)
    made = column_of([work(value) for value in column.values])
    codes = np.where(column.codes >= 0, np.append(made.codes, -1)[column.codes], -1)
    return Column(made.values, codes)

"""A market whose true odds are known: companies, people, what they do, who buys. Pure.

Each lead has attributes x and a hidden interest u. It converts with log-odds a + w·x + 1.2·u; what
it does on the website and with e-mails comes at rates that grow with u and fade with age, and
nothing else, so that behaviour tells of u and of nothing that happens later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from leadflow.simulation.catalogue import (
    AS_EVER,
    COMPANY_FIRST,
    COMPANY_LAST,
    EVENTS,
    FIRST_NAMES,
    FREE_DOMAINS,
    LAST_NAMES,
    SERVICES,
    Conditions,
)

BLOCK = 20_000
INTERCEPT, INTEREST = AS_EVER.intercept, AS_EVER.interest
# The log-odds of buying of the average lead, with the effects of what it is.
AVERAGE = -2.83
FADING_DAYS = 40.0
WATCHED_DAYS = 120.0
STAYS_OPEN = 0.08
CONVERTS_AFTER = (5.0, 75.0, 1.5, 2.5)  # days: 5 + 75 · Beta(1.5, 2.5)
IS_LOST_AFTER = (10.0, 70.0, 1.5, 1.5)
DAY: Any = np.timedelta64(86_400_000_000, "us")


@dataclass(frozen=True)
class Block:
    """Some leads of the market, oldest first.

    ``leads``: one row a lead in the shape of the API; ``events``: ``lead`` (row of ``leads``),
    ``type``, ``occurred_at``; ``outcomes``: ``lead``, ``outcome``, ``occurred_at``, ``value``;
    ``truth``: true probabilities and hidden interest by ``external_id``.
    """

    leads: pd.DataFrame
    events: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame


def generate(seed: int, leads: int, months: float, now: datetime) -> Iterator[Block]:
    """The market in blocks of at most 20,000 leads; the same arguments make the same market."""
    for start in range(0, leads, BLOCK):
        count = min(BLOCK, leads - start)
        draw = np.random.default_rng([seed, start])
        place = (start + np.sort(draw.random(count)) * count) / leads
        yield _block(draw, seed, start, _moments(now, months, place), now)


def arriving(
    seed: int,
    start: int,
    leads: int,
    since: datetime,
    within: float,
    watched: float,
    conditions: Conditions = AS_EVER,
) -> Block:
    """One block of a market whose leads arrive evenly over some days (``within``) from a moment on
    (aware), with all that they do in so many days after that; by the number of its first lead
    (``start``, a multiple of ``BLOCK``), so that blocks can be made side by side."""
    count = min(BLOCK, leads - start)
    draw = np.random.default_rng([seed, start])
    place = (start + np.sort(draw.random(count)) * count) / leads
    begins = np.datetime64(since.replace(tzinfo=None), "us")
    created = begins + (place * within * 86_400_000_000).astype("timedelta64[us]")
    return _block(draw, seed, start, created, since + timedelta(days=within + watched), conditions)


def _moments(now: datetime, months: float, place: np.ndarray) -> np.ndarray:
    """Arrival moments: evenly over the months up to an hour ago."""
    end = np.datetime64(now.replace(tzinfo=None), "us") - np.timedelta64(3600, "s")
    length = months * 30.4 * 86_400_000_000
    return end - ((1.0 - place) * length).astype("timedelta64[us]")


def _block(
    draw: np.random.Generator,
    seed: int,
    start: int,
    created: np.ndarray,
    now: datetime,
    conditions: Conditions = AS_EVER,
) -> Block:
    count = len(created)
    interest = draw.normal(size=count)
    people, effect = _people(draw, count, conditions)
    log_odds = conditions.intercept + effect + conditions.interest * interest
    probability = 1.0 / (1.0 + np.exp(-log_odds))
    people["external_id"] = [f"sim-{seed}-{start + i:07d}" for i in range(count)]
    people["email"] = _emails(draw, people, seed, start)
    people["created_at"] = pd.to_datetime(created, utc=True)
    for name, rate in (("website_visits", 2.0), ("email_opens", 1.2), ("content_downloads", 0.4)):
        people[name] = draw.poisson(rate * np.exp(0.6 * interest))
    moment = np.datetime64(now.replace(tzinfo=None), "us")
    ends, outcomes = _outcomes(draw, created, probability, people["budget"].to_numpy(), moment)
    watched = np.minimum(ends, np.minimum(moment, created + (WATCHED_DAYS * DAY)))
    events = _events(draw, created, (watched - created) / DAY, interest)
    age = (moment - created) / DAY
    truth = pd.DataFrame(
        {
            "external_id": people["external_id"],
            "probability_at_creation": probability,
            "probability_now": still_to_come(probability, age),
            "interest": interest,
        }
    )
    return Block(people, events, outcomes, truth)


def _people(
    draw: np.random.Generator, count: int, conditions: Conditions
) -> tuple[pd.DataFrame, np.ndarray]:
    """The leads' own attributes, and what they add to the log-odds."""
    industry, effect = _pick(draw, conditions.industries, count)
    title, more = _pick(draw, conditions.titles, count)
    effect = effect + more
    timeline, more = _pick(draw, conditions.timelines, count)
    effect = effect + more
    place, more = _pick(draw, conditions.places, count)
    effect = effect + more
    size = np.clip(np.exp(draw.normal(4.3, 1.4, count)), 1, 20_000).astype(int)
    budget = np.round(np.exp(draw.normal(9.2, 0.9, count)) * (size / 70) ** 0.2, -2)
    services = draw.integers(0, 4, count)
    phone = draw.random(count) < 0.45
    free = draw.random(count) < 0.25
    effect = effect + 0.35 * (np.log(budget) - 9.2) + 0.15 * services + 0.2 * phone - 0.7 * free
    frame = pd.DataFrame(
        {
            "first_name": draw.choice(FIRST_NAMES, count),
            "last_name": draw.choice(LAST_NAMES, count),
            "company_name": [
                f"{COMPANY_FIRST[a]}{COMPANY_LAST[b]}"
                for a, b in draw.integers(0, len(COMPANY_FIRST), (count, 2))
            ],
            "company_size": _blank(draw, size, 0.10),
            "industry": _blank(draw, industry, 0.06),
            "job_title": _blank(draw, title, 0.08),
            "location": _blank(draw, place, 0.05),
            "budget": _blank(draw, budget, 0.25),
            "timeline": _blank(draw, timeline, 0.20),
            "service_requirements": [
                [str(name) for name in draw.choice(SERVICES, wanted, replace=False)]
                for wanted in services
            ],
            "phone": [
                f"+1555{number:07d}" if has else None
                for number, has in zip(draw.integers(0, 10**7, count), phone, strict=True)
            ],
            "free_mail": free,
        }
    )
    return frame, effect


def _emails(draw: np.random.Generator, people: pd.DataFrame, seed: int, start: int) -> list[str]:
    domains = draw.choice(FREE_DOMAINS, len(people)).tolist()
    names = ("first_name", "last_name", "company_name", "free_mail")
    rows = zip(*(people[name].tolist() for name in names), domains, strict=True)
    return [
        f"{first}.{last}.{seed}x{start + i}@".lower()
        + (domain if free else f"{company.lower()}.example")
        for i, (first, last, company, free, domain) in enumerate(rows)
    ]


def _outcomes(
    draw: np.random.Generator,
    created: np.ndarray,
    probability: np.ndarray,
    budget: np.ndarray,
    now: np.datetime64,
) -> tuple[np.ndarray, pd.DataFrame]:
    """When each lead ends (far in the future if never), and the outcomes known by now."""
    count = len(created)
    converted = draw.random(count) < probability
    days = np.where(
        converted, _delay(draw, CONVERTS_AFTER, count), _delay(draw, IS_LOST_AFTER, count)
    )
    ends = created + (days * 86_400_000_000).astype("timedelta64[us]")
    never = ~converted & (draw.random(count) < STAYS_OPEN)
    ends = np.where(never, np.datetime64("2200-01-01", "us"), ends)
    known = np.flatnonzero(ends <= now)
    spent = pd.to_numeric(pd.Series(budget), errors="coerce").fillna(10_000.0).to_numpy()
    return ends, pd.DataFrame(
        {
            "lead": known,
            "outcome": np.where(converted[known], "converted", "lost"),
            "occurred_at": pd.to_datetime(ends[known], utc=True),
            "value": np.where(converted[known], spent[known], np.nan),
        }
    )


def _events(
    draw: np.random.Generator, created: np.ndarray, days: np.ndarray, interest: np.ndarray
) -> pd.DataFrame:
    """Poisson arrivals whose rate fades with age; ``days`` is how long each lead is watched."""
    reach = 1.0 - np.exp(-days / FADING_DAYS)
    leads, kinds, moments = [], [], []
    for kind, (rate, pull) in EVENTS.items():
        counts = draw.poisson(rate * FADING_DAYS * reach * np.exp(pull * interest - pull**2 / 2))
        who = np.repeat(np.arange(len(created)), counts)
        age = -FADING_DAYS * np.log1p(-draw.random(len(who)) * reach[who])
        leads.append(who)
        kinds.append(np.full(len(who), kind, dtype=object))
        moments.append(created[who] + (age * 86_400_000_000).astype("timedelta64[us]"))
    frame = pd.DataFrame({"lead": np.concatenate(leads), "type": np.concatenate(kinds)})
    frame["occurred_at"] = pd.to_datetime(np.concatenate(moments), utc=True)
    return frame.sort_values(["lead", "occurred_at"], ignore_index=True)


def still_to_come(probability: np.ndarray, age: np.ndarray) -> np.ndarray:
    """The true probability that a lead converts later, given that it is open at this age (days).

    Bayes: what is left of the converting over what is left of both and those that stay open.
    """
    converting = probability * _left(age, CONVERTS_AFTER)
    other = (1 - probability) * (STAYS_OPEN + (1 - STAYS_OPEN) * _left(age, IS_LOST_AFTER))
    return np.asarray(converting / np.maximum(converting + other, 1e-300))


def _left(age: np.ndarray, delay: tuple[float, float, float, float]) -> np.ndarray:
    from scipy.stats import beta

    start, length, a, b = delay
    return np.asarray(beta.sf(np.clip((age - start) / length, 0, 1), a, b))


def _delay(
    draw: np.random.Generator, delay: tuple[float, float, float, float], count: int
) -> np.ndarray:
    start, length, a, b = delay
    return np.asarray(start + length * draw.beta(a, b, count))


def _pick(
    draw: np.random.Generator, options: Mapping[str, tuple[float, float]], count: int
) -> tuple[np.ndarray, np.ndarray]:
    names = np.array(list(options), dtype=object)
    shares = np.array([share for share, _ in options.values()])
    effects = np.array([effect for _, effect in options.values()])
    drawn = draw.choice(len(names), count, p=shares / shares.sum())
    return names[drawn], effects[drawn]


def _blank(draw: np.random.Generator, values: Any, share: float) -> "pd.Series[Any]":
    """The values with a share of them missing."""
    return pd.Series(values, dtype=object).mask(draw.random(len(values)) < share, None)

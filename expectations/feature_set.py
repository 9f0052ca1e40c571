"""Expectations of a set of features before it counts: a suite of its own.

A new expectation is one more line of ``EXPECTED``. As with batches of leads, each is looked at in
memory first, and only what is not met is given to Great Expectations, which says of how many leads.
What is ``fatal`` keeps a set from counting; the rest is noted in its manifest.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from expectations import loading
from expectations.checkpoint import CheckNotMade
from expectations.lead_batch import whole_frames

if TYPE_CHECKING:
    import pandas as pd

    from models.reference import FeatureReference, Reference

LARGEST_COMPANY, LARGEST_COUNT, LARGEST_AMOUNT = 10_000_000, 10_000_000, 1e13
EMAIL_KINDS = ("none", "free", "company")
TRUTHS = (0.0, 1.0)
NEW_CATEGORIES, MISSING_MORE = 0.2, 0.2


@dataclass(frozen=True)
class Found:
    """Whether an expectation of a column is met; ``found``: what of it is not, in words."""

    column: str
    rule: str
    met: bool
    fatal: bool
    found: str = ""


@dataclass(frozen=True)
class Expected:
    """What is expected of a column: ``holds`` looks, ``expectation`` is the same for Great
    Expectations."""

    column: str
    rule: str
    holds: "Callable[[pd.DataFrame], bool]"
    expectation: Callable[[], Any]
    fatal: bool = True


def known(column: str) -> Expected:
    """Every lead has it."""
    return Expected(
        column,
        "is known of every lead",
        lambda frame: bool(frame[column].notna().all()),
        lambda: loading.expectation_types().ExpectColumnValuesToNotBeNull(column=column),
    )


def between(column: str, smallest: float, largest: float) -> Expected:
    """Where it is known it lies between these."""
    return Expected(
        column,
        f"is between {smallest:,g} and {largest:,g}",
        lambda frame: bool(frame[column].dropna().between(smallest, largest).all()),
        lambda: loading.expectation_types().ExpectColumnValuesToBeBetween(
            column=column, min_value=smallest, max_value=largest
        ),
    )


def one_of(column: str, values: Sequence[Any]) -> Expected:
    """Where it is known it is one of these."""
    return Expected(
        column,
        f"is one of {', '.join(f'{value}' for value in values)}",
        lambda frame: bool(frame[column].dropna().isin(values).all()),
        lambda: loading.expectation_types().ExpectColumnValuesToBeInSet(
            column=column, value_set=list(values)
        ),
    )


EXPECTED: tuple[Expected, ...] = (
    known("as_of"),
    known("email_kind"),
    one_of("email_kind", EMAIL_KINDS),
    known("has_phone"),
    one_of("has_phone", TRUTHS),
    between("company_size", 0, LARGEST_COMPANY),
    between("budget", 0, LARGEST_AMOUNT),
    between("timeline_months", 0, 1200),
    between("services_wanted", 0, 1000),
    known("website_visits"),
    between("website_visits", 0, LARGEST_COUNT),
    between("recent_visits", 0, LARGEST_COUNT),
    between("pricing_views", 0, LARGEST_COUNT),
    between("content_downloads", 0, LARGEST_COUNT),
    between("forms_sent", 0, LARGEST_COUNT),
    between("email_opens", 0, LARGEST_COUNT),
    between("email_clicks", 0, LARGEST_COUNT),
    between("email_replies", 0, LARGEST_COUNT),
    between("meetings", 0, LARGEST_COUNT),
    between("days_since_active", 0, 365 * 100),
    known("age_days"),
    between("age_days", -1, 365 * 100),
    between("ai_score", 0, 100),
    known("not_recorded"),
)


def few_new_categories(before: "FeatureReference") -> Expected:
    """Most values are words that were common, or rare ones among others, in the set before."""
    rare = before.counts[-2] / max(1, sum(before.counts[:-1]))
    mostly = max(0.0, 1 - rare - NEW_CATEGORIES)
    return Expected(
        before.name,
        f"has at most {1 - mostly:.0%} of values that were rare or unknown in the set before",
        lambda frame: _share(frame[before.name].dropna().isin(before.categories)) >= mostly,
        lambda: loading.expectation_types().ExpectColumnValuesToBeInSet(
            column=before.name, value_set=list(before.categories), mostly=mostly
        ),
        fatal=False,
    )


def no_more_missing(before: "FeatureReference") -> Expected:
    """It is known of as many leads as in the set before, or nearly."""
    mostly = max(0.0, 1 - before.counts[-1] / max(1, before.leads) - MISSING_MORE)
    return Expected(
        before.name,
        f"is known of {mostly:.0%} or more, as in the set before",
        lambda frame: _share(frame[before.name].notna()) >= mostly,
        lambda: loading.expectation_types().ExpectColumnValuesToNotBeNull(
            column=before.name, mostly=mostly
        ),
        fatal=False,
    )


def look_at(
    frame: "pd.DataFrame", sample: "pd.DataFrame", before: "Reference | None", drift_bound: float
) -> tuple[Found, ...]:
    """Check a set against what is expected of any, and its distribution (by a sample of it) against
    that of the set before, where there is one.

    Raises:
        CheckNotMade: Great Expectations could not make one of the checks.
    """
    expected = [one for one in EXPECTED if one.column in frame]
    if before is not None and len(frame):
        kept = [one for one in before.features if one.name in frame]
        expected += [no_more_missing(one) for one in kept]
        expected += [few_new_categories(one) for one in kept if one.edges is None]
    found = _looked_at(frame, expected)
    return tuple(found if before is None else found + _drift(sample, before, drift_bound))


def _looked_at(frame: "pd.DataFrame", expected: Sequence[Expected]) -> list[Found]:
    met = [one.holds(frame) for one in expected]
    unmet = [one for one, holds in zip(expected, met, strict=True) if not holds]
    said = iter(_words(frame, unmet))
    return [
        Found(one.column, one.rule, holds, one.fatal, "" if holds else next(said))
        for one, holds in zip(expected, met, strict=True)
    ]


def _words(frame: "pd.DataFrame", unmet: Sequence[Expected]) -> list[str]:
    """Of how many leads each is not met, as Great Expectations counts them."""
    if not unmet:
        return []
    looked_at = frame[list(dict.fromkeys(one.column for one in unmet))]
    batch = whole_frames().get_batch(batch_parameters={"dataframe": looked_at})
    said = []
    for one in unmet:
        # One by one: results of a suite come in an order of their own.
        result = batch.validate(one.expectation(), result_format="BASIC")
        count = result.result.get("unexpected_count")
        if count is None:
            raise CheckNotMade(
                f"The check that {one.column} {one.rule} could not be made. This set of features "
                "does not count; the one before does."
            )
        said.append(f"not of {int(count):,} of {len(frame):,}")
    return said


def _drift(frame: "pd.DataFrame", before: "Reference", bound: float) -> list[Found]:
    from models.drift import measure

    return [
        Found(
            item.name,
            f"is distributed as in the set before, up to an index of {bound:g}",
            item.verdict != "shifted",
            False,
            f"{item.psi:.2f}; most of all {item.most}: {item.share_then:.0%} to "
            f"{item.share_now:.0%}"
            if item.verdict == "shifted"
            else "",
        )
        for item in measure(before, frame, bound).features
    ]


def _share(held: Any) -> float:
    return float(held.mean()) if len(held) else 1.0

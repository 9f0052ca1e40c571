"""Expectations of a batch of leads before it is stored: a Great Expectations suite.

Checks run in memory, on one batch at a time, with the suite's own context and without telemetry.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from expectations import loading
from expectations.checkpoint import CheckNotMade

if TYPE_CHECKING:
    import pandas as pd

Reason = dict[str, str]
EMAIL = r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+$"
FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST_COMPANY, LARGEST_COUNT, LARGEST_AMOUNT = 10_000_000, 1_000_000, 1e12
COUNTS = ("website_visits", "email_opens", "content_downloads")
AMOUNTS = ("budget", "value")
OUTCOMES = ("converted", "lost")
LONGEST = 500  # characters
TEXTS = ("first_name", "last_name", "company_name", "industry", "job_title", "location", "timeline")


def failing_rows(frame: "pd.DataFrame", now: datetime) -> dict[int, list[Reason]]:
    """Check a parsed batch.

    Args:
        frame: one line a row; the columns named in this module where they are known, and flags
            named ``FIELD|RULE`` that are True where parsing found the rule broken.
        now: nothing in the batch may be later.

    Returns:
        The reasons of each failing row by its position: ``field`` and ``rule``, never the value,
        because that may name a person.

    Raises:
        CheckNotMade: Great Expectations could not make one of the checks.
    """
    expectations = [*_flags(frame), *_rules(frame, now)]
    if not expectations:
        return {}
    batch = whole_frames().get_batch(batch_parameters={"dataframe": frame})
    found: dict[int, list[Reason]] = defaultdict(list)
    for result in _results(batch, expectations):
        said = result.expectation_config.meta
        for position in _positions(result):
            found[position].append({"field": said["field"], "rule": said["rule"]})
    return {position: _sorted(reasons) for position, reasons in sorted(found.items())}


def _results(batch: Any, expectations: list[Any]) -> list[Any]:
    library = loading.great_expectations()
    suite = library.ExpectationSuite(name="lead_batch", expectations=expectations)
    results: list[Any] = batch.validate(suite, result_format="COMPLETE").results
    return results


def _positions(result: Any) -> Iterable[int]:
    if "unexpected_index_list" not in result.result:
        said = result.expectation_config.meta
        raise CheckNotMade(
            f"The check that {said['field']} {said['rule']} could not be made. Nothing of this "
            "batch was stored; please report the file's shape."
        )
    return [int(position) for position in result.result["unexpected_index_list"]]


def _flags(frame: "pd.DataFrame") -> list[Any]:
    """Nothing that parsing found broken may pass."""
    flags = [str(name) for name in frame.columns if "|" in str(name)]
    # As with rules, a check that no row can fail is not made.
    names = [name for name in flags if frame[name].any()]
    return [
        loading.expectation_types().ExpectColumnValuesToBeInSet(
            column=name, value_set=[False], meta=_said(*name.split("|", 1))
        )
        for name in names
    ]


def _rules(frame: "pd.DataFrame", now: datetime) -> list[Any]:
    """The expectations that some row does not meet. Great Expectations takes a tenth of a second to
    see that a thousand rows meet all of them."""
    return [rule.expectation() for rule in rules_of(frame, now) if not rule.holds(frame)]


@dataclass(frozen=True)
class Rule:
    """A rule for the values of a column, where they are known. ``holds``: whether a whole batch
    keeps to it; ``expectation``: what says which rows do not."""

    column: str
    holds: "Callable[[pd.DataFrame], bool]"
    expectation: Callable[[], Any]


def rules_of(frame: "pd.DataFrame", now: datetime) -> list[Rule]:
    """The rules for the columns that a batch has; nothing in it may be later than ``now``."""
    rules = [
        _address(),
        _between("company_size", 0, LARGEST_COMPANY),
        *(_between(name, 0, LARGEST_COUNT) for name in COUNTS),
        *(_between(name, 0, LARGEST_AMOUNT) for name in AMOUNTS),
        *(_no_longer(name) for name in TEXTS),
        _between("created_at", FIRST_MOMENT, now),
        _between("occurred_at", FIRST_MOMENT, now),
        _outcome(),
        _in_order(),
    ]
    return [rule for rule in rules if rule.column in frame]


def _address() -> Rule:
    return Rule(
        "email",
        lambda frame: bool(frame["email"].dropna().astype(str).str.contains(EMAIL).all()),
        lambda: loading.expectation_types().ExpectColumnValuesToMatchRegex(
            column="email", regex=EMAIL, meta=_said("email", "is not an e-mail address")
        ),
    )


def _no_longer(name: str) -> Rule:
    said = _said(name, f"is longer than {LONGEST} characters")
    return Rule(
        name,
        lambda frame: bool((frame[name].dropna().astype(str).str.len() <= LONGEST).all()),
        lambda: loading.expectation_types().ExpectColumnValueLengthsToBeBetween(
            column=name, max_value=LONGEST, meta=said
        ),
    )


def _between(name: str, smallest: Any, largest: Any) -> Rule:
    if isinstance(largest, datetime):
        rule = "is in the future or before 1970"
    else:
        rule = f"is not between {smallest:,} and {largest:,.0f}"
    return Rule(
        name,
        lambda frame: bool(frame[name].dropna().between(smallest, largest).all()),
        lambda: loading.expectation_types().ExpectColumnValuesToBeBetween(
            column=name, min_value=smallest, max_value=largest, meta=_said(name, rule)
        ),
    )


def _outcome() -> Rule:
    return Rule(
        "outcome",
        lambda frame: bool(frame["outcome"].dropna().isin(OUTCOMES).all()),
        lambda: loading.expectation_types().ExpectColumnValuesToBeInSet(
            column="outcome",
            value_set=list(OUTCOMES),
            meta=_said("outcome", "is neither converted nor lost"),
        ),
    )


def _in_order() -> Rule:
    def holds(frame: "pd.DataFrame") -> bool:
        both = frame[["created_at", "occurred_at"]].dropna()
        return bool((both["created_at"] <= both["occurred_at"]).all())

    return Rule(
        "occurred_at",
        holds,
        lambda: loading.expectation_types().ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="occurred_at",
            column_B="created_at",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            meta=_said("occurred_at", "is before the lead came in"),
        ),
    )


def _said(field: str, rule: str) -> Reason:
    return {"field": field, "rule": rule}


def _sorted(reasons: list[Reason]) -> list[Reason]:
    # What a row that could not be read says of its fields means nothing.
    unread = [reason for reason in reasons if reason["field"] == "row"]
    return unread or sorted(reasons, key=lambda reason: (reason["field"], reason["rule"]))


@lru_cache
def whole_frames() -> Any:
    """Where frames are handed to Great Expectations; nothing of them is kept."""
    source = loading.context_in_memory().data_sources.add_pandas("leads")
    return source.add_dataframe_asset("batch").add_batch_definition_whole_dataframe("whole")

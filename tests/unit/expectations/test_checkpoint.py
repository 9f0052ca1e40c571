"""What a checkpoint says of a frame."""

import importlib
import pkgutil

import pandas as pd
import pytest

import expectations
from expectations.checkpoint import CheckNotMade, Checks, checked
from expectations.expected import (
    Expected,
    NoSuchSuite,
    any_kind,
    between,
    critical,
    filled,
    mean,
    suite_of,
    unique,
    warning,
)

PEOPLE = pd.DataFrame(
    {"id": [f"lead_{n}" for n in range(10)], "age": range(10), "name": ["Ada Byron"] * 10}
)
SUITE = (
    critical("Nobody is older than 7", between("age", 0, 7)),
    warning("The mean age is below 4", mean("age", largest=4)),
    warning("Names are there once", unique("name")),
    warning("Everybody has a name", filled("name")),
    warning("There are a hundred", any_kind("TableRowCountToBeBetween", min_value=100)),
)


def test_it_says_in_words_what_does_not_hold_with_counts_and_ids_and_never_a_value() -> None:
    found = checked("people", PEOPLE, SUITE)
    assert found.words == "people: 1 of 5 expectations hold in 10 rows."
    assert [one.words for one in found.failed] == [
        "Nobody is older than 7: not so in 2 of 10 rows (for instance lead_8, lead_9)",
        "The mean age is below 4: not so, it is 4.5",
        "Names are there once: not so in 10 of 10 rows (for instance lead_0, lead_1, lead_2, "
        "lead_3, lead_4)",
        "There are a hundred: not so, it is 10",
    ]
    assert [one.says for one in found.stops] == ["Nobody is older than 7"]
    assert "Ada" not in str(found)


def test_what_holds_and_what_is_empty_stops_nothing() -> None:
    checks = Checks()
    assert checks.checked("people", PEOPLE[:5], SUITE[:1]).held
    nobody = checks.checked("nobody", PEOPLE[:0], SUITE)
    assert nobody.held
    assert nobody.words == "nobody: there was nothing to look at."


def test_an_expectation_of_a_column_that_is_not_there_is_no_pass() -> None:
    with pytest.raises(CheckNotMade, match="Nobody is taller"):
        checked("people", PEOPLE, [critical("Nobody is taller than 2", between("height", 0, 2))])
    with pytest.raises(NoSuchSuite, match="no file expectations/nobody"):
        checked("nobody", PEOPLE)
    with pytest.raises(NoSuchSuite, match="states no EXPECTATIONS"):
        suite_of("checkpoint")


def test_each_line_of_each_suite_is_an_expectation_that_there_is() -> None:
    found: dict[str, tuple[Expected, ...]] = {}
    for module in pkgutil.iter_modules(expectations.__path__):
        stated = getattr(
            importlib.import_module(f"expectations.{module.name}"), "EXPECTATIONS", None
        )
        if stated is not None:
            found[module.name] = stated
    assert {"leads", "events", "outcomes", "scores", "score_days"} <= set(found)
    for name, suite in found.items():
        assert len({one.says for one in suite}) == len(suite), name
        for one in suite:
            assert one.expectation().severity == one.severity

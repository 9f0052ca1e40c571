"""What a person reads at the gate says first what is proposed, and why."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from models.comparison import compare, level_shifts
from models.gate_report import Evidence, headline, proposal, write_gate_report
from models.leak import Leak
from models.leaks import named_once
from models.segments import segments
from tests.unit.models.made_up_leads import FEATURES, make

LEADS = make(1500, seed=6)
NOISE = np.random.default_rng(1).random(len(LEADS))
LEVELS = {"cold": 0.0, "warm": 50.0, "hot": 70.0}


def evidence(champion: np.ndarray, challenger: np.ndarray) -> Evidence:
    return Evidence(
        champion="champion version 4",
        judged_on="Both were judged on 1,500 leads.",
        comparison=compare(champion, challenger, LEADS.labels),
        shifts=level_shifts(100 * champion, 100 * challenger, LEVELS),
        segments=segments(LEADS.frame, LEADS.labels, challenger, FEATURES),
        leaks=(),
    )


@cache
def better() -> Evidence:
    return evidence(NOISE, LEADS.chance)


@cache
def worse() -> Evidence:
    return evidence(LEADS.chance, NOISE)


@cache
def same() -> Evidence:
    return evidence(LEADS.chance, LEADS.chance)


LEAK = Leak("attributes.stage", "separates", "Stage tells it all.", 0.99)


@pytest.mark.parametrize(
    ("made", "proposed", "why"),
    [
        (better, "approve", "is better than champion version 4"),
        (same, "reject", "is not clearly better than champion version 4"),
        (worse, "reject", "is worse than champion version 4"),
    ],
)
def test_the_first_line_proposes_with_the_reason(
    made: Callable[[], Evidence], proposed: str, why: str
) -> None:
    found = made()
    first = write_gate_report(found).splitlines()[0]
    assert first == f"# {headline(found)}"
    assert first.startswith(f"# Proposed: {proposed}. ")
    assert why in first
    assert proposal(found) == proposed
    assert found.comparison is not None
    assert f"{found.comparison.auc.low:+.3f} to {found.comparison.auc.high:+.3f}" in first


def test_a_leak_comes_before_everything_else_however_good_the_challenger() -> None:
    report = write_gate_report(replace(better(), leaks=(LEAK,)), "# What was learned")
    first = report.splitlines()[0]
    assert first.startswith("# Proposed: reject, unless you accept")
    assert "attributes.stage" in first
    assert report.index("Stage tells it all.") < report.index("| AUC |")
    assert "`accept attributes.stage`" in report
    assert report.index("| AUC |") < report.index("# What was learned")


def test_the_evidence_is_all_there() -> None:
    report = write_gate_report(better())
    assert "95 % interval" in report
    moved = sum(count for (old, new), count in better().shifts.items() if old != new)
    assert f"## {moved:,} of 1,500 leads would change level" in report
    assert "| now, then → | cold | warm | hot |" in report
    assert "| Job level: executive |" in report
    assert "Leaks" not in report


def untold() -> Evidence:
    return replace(
        same(),
        comparison=None,
        needed="17 later leads that converted",
        judged_on="There is no verdict: too few.",
    )


def test_what_cannot_be_told_yet_is_not_called_worse_and_says_what_is_missing() -> None:
    report = write_gate_report(untold())
    first = report.splitlines()[0]
    assert first.startswith("# Proposed: reject for now. Whether the challenger is better than ")
    assert first.endswith("cannot be told yet: 17 later leads that converted are needed")
    assert "## Champion and challenger: cannot be told yet" in report
    assert "There is no verdict: too few." in report
    assert "AUC |" not in report.split("## All segments")[0]
    assert "would change level" in report
    assert proposal(untold()) == "reject"


def test_a_leak_is_named_where_nothing_can_be_told_too() -> None:
    first = write_gate_report(replace(untold(), leaks=(LEAK,))).splitlines()[0]
    assert first.startswith("# Proposed: reject, unless you accept what looks like a leak")
    assert "cannot be told yet" in first
    assert proposal(replace(better(), leaks=(LEAK,))) == "reject"


def test_segments_that_are_missed_are_counted_and_marked() -> None:
    report = write_gate_report(worse())
    off = sum(part.off for part in worse().segments)
    assert off > 0
    assert f"predictions miss beyond chance in {off}" in report
    few, every = report.split("## All segments")
    assert every.count("**off**") == off
    assert few.count("**off**") == min(off, 5)


def test_a_feature_is_named_once_by_whoever_names_it_first() -> None:
    late = replace(LEAK, kind="known after the outcome")
    other = replace(LEAK, feature="budget")
    assert named_once([LEAK, late, other]) == (LEAK, other)

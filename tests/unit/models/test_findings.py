"""What a training found is said in three lines, and notes leave a report's first line the first."""

from dataclasses import replace

import pytest

from models.findings import findings, noted
from models.leak import Leak
from tests.integration.registered_models import trained

pytestmark = pytest.mark.uncounted


def test_learner_ranking_with_its_interval_and_leaks_are_told_in_a_line_each() -> None:
    training = trained(1)
    learner, ranking, leaks = findings(training)
    assert learner.startswith(f"Learner: {training.chosen}, from 800 leads (")
    assert f"AUC {training.latest.auc:.3f} (90 % interval {training.auc_low:.3f} to " in ranking
    assert leaks == "Leaks: none found"
    late = Leak("attributes.stage", "known after the outcome", "It came in late.", 0.9)
    assert findings(replace(training, leaks=(late, late)))[2] == (
        "Leaks: attributes.stage: may know the outcome"
    )


def test_a_note_stands_under_the_proposal() -> None:
    report = "# Proposed: approve. Better\n\n## Champion and challenger"
    told = noted(report, "**Why it was trained.** Leads differ.")
    assert told.splitlines() == [
        "# Proposed: approve. Better",
        "",
        "> **Why it was trained.** Leads differ.",
        "",
        "## Champion and challenger",
    ]
    assert noted(report, "") == report

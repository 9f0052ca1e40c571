"""What decides is a sentence and three figures, and of many segments the few that weigh most."""

from dataclasses import replace

import numpy as np

from models.evaluation import calibration_table, lift_table
from models.gate_report import Curves, Evidence, figures, verdict, write_gate_report
from models.segments import MOST_THAT_MATTER, that_matter
from tests.unit.models.made_up_leads import make
from tests.unit.models.test_gate_report import NOISE, better, untold, worse

LABELS = make(1500, seed=6).labels


def curves(probability: np.ndarray) -> Curves:
    return Curves(calibration_table(probability, LABELS), lift_table(probability, LABELS))


def with_curves(found: Evidence, challenger: np.ndarray) -> Evidence:
    return replace(found, curves=(curves(NOISE), curves(challenger)))


def test_three_figures_at_most_say_how_much_better_and_what_changes() -> None:
    found = with_curves(better(), make(1500, seed=6).chance)
    shown = figures(found)
    assert [one.name for one in shown] == [
        "Ranks buyers first (AUC)",
        "Its best tenth converts",
        "Leads that change level",
    ]
    assert float(shown[0].value) > float(shown[0].note.split()[1].rstrip(";"))
    assert verdict(found) == "Proposed: approve. The challenger is better than champion version 4."
    first = write_gate_report(found).split("## ")[0]
    assert all(one.value in first for one in shown), "before all else"
    assert [one.name for one in figures(untold())] == ["Leads that change level"]


def test_the_segments_that_matter_are_few_and_those_missed_by_most() -> None:
    few = that_matter(worse().segments)
    missed = [abs(part.gap) * part.leads for part in few]
    assert len(few) == MOST_THAT_MATTER
    assert missed == sorted(missed, reverse=True)
    assert all(part.off for part in few)
    assert that_matter([replace(part, gap_low=-1, gap_high=1) for part in few]) == []

"""What the page of a promotion shows beside its buttons."""

from leadflow.scoring.learning.gate_pictures import pictured
from models.segments import MOST_THAT_MATTER
from tests.unit.models.test_gate_figures import with_curves
from tests.unit.models.test_gate_report import NOISE, untold, worse


def test_the_page_of_a_promotion_has_a_finding_for_each_chart_and_its_table() -> None:
    shown = pictured(with_curves(worse(), NOISE), "9")
    assert shown.asks == "Let version 9 of the model serve?"
    assert shown.verdict.startswith("Proposed: reject. ")
    titles = [chart.title for chart in shown.charts]
    assert titles[0].startswith("Its best tenth converts ")
    assert titles[1].startswith("Its chances miss by ")
    assert titles[2].endswith(" of 1,500 leads would change level")
    assert all(chart.svg and chart.rows for chart in shown.charts)
    assert shown.matter is not None
    assert len(shown.matter.rows) == MOST_THAT_MATTER
    assert pictured(untold(), "9").charts == (), "nothing can be told, and no lead moves"

"""What a simulated year is judged by, and what its page says."""

from xml.etree import ElementTree

import numpy as np
import pytest

from leadflow.simulation.year.happened import Happened, Stretch, Year
from leadflow.simulation.year.judging import standard_error, true_auc
from leadflow.simulation.year.page import draw, findings, headline, write_page
from leadflow.simulation.year.plan import Plan


def year(second: float = 0.79) -> Year:
    """A year in which version 1 serves until day 190, and version 2 from then on."""
    return Year(
        plan=Plan(),
        horizon=90,
        happened=[
            Happened(1, "training", "Enough <to> learn from."),
            Happened(1, "promotion", "Version 1 serves."),
            Happened(170, "training", "Leads from after the change."),
            Happened(170, "promotion", "Version 2 serves."),
        ],
        stretches=[
            Stretch(0, "1", (0.78, 0.70, 0.72)),
            Stretch(170, "2", (0.70, 0.79, second)),
        ],
        references=(0.785, 0.795, 0.795),
        ceilings=(0.84, 0.84, 0.85),
        errors=(0.002, 0.0021, 0.0022),
    )


def test_a_change_is_followed_thirty_days_after_its_first_outcomes_or_is_said_not_to_be() -> None:
    first, second = year().followed
    assert (first.changed, first.by, first.holds) == (60, 180, True)
    assert (second.changed, second.by, second.holds) == (210, 330, True)
    behind = year(second=0.75)
    assert not behind.followed[1].holds
    assert headline(behind).startswith("What serves did not follow 1 of 2 changes in time")
    assert "NOT within" in findings(behind)[1]


def test_a_promotion_is_held_against_what_it_replaced_over_the_next_quarter() -> None:
    (promoted,) = year().promoted
    days = 40 / 91
    assert promoted.before == pytest.approx(0.70 * days + 0.72 * (1 - days))
    assert promoted.after == pytest.approx(0.79)
    assert promoted.holds
    assert not year(second=0.60).promoted[0].holds


def test_the_page_says_everything_that_happened_and_who_decided() -> None:
    page = write_page(year())
    assert "followed 2 of 2 changes of the market in time, with 2 trainings" in page
    assert "Enough &lt;to&gt; learn from." in page
    assert "a rule here, and no person" in page
    picture = ElementTree.fromstring(draw(year()))  # noqa: S314
    assert len(picture.findall("{http://www.w3.org/2000/svg}circle")) == 4


def test_the_auc_by_true_chances_is_what_drawn_outcomes_come_to() -> None:
    from models.evaluation import auc

    draw_ = np.random.default_rng(3)
    truth = draw_.beta(1, 8, 3000)
    said = truth + draw_.normal(0, 0.05, 3000)
    drawn = [auc(said, (draw_.random(3000) < truth).astype(np.int64)) for _ in range(300)]
    assert true_auc(said, truth) == pytest.approx(float(np.mean(drawn)), abs=0.004)
    assert true_auc(np.zeros(3000), truth) == pytest.approx(0.5)
    assert 0.001 < standard_error(said, truth) < 0.01

"""Two models are compared on leads that neither learned from, where there are enough."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from leadflow.scoring.learning.challenger_report import FEWEST, Opponent, later_leads, score
from models.rubric import Rubric
from tests.unit.models.made_up_leads import Leads, make

START = datetime(2025, 1, 1, tzinfo=UTC)  # the made-up leads are an hour apart from here on


@pytest.fixture(scope="module")
def leads() -> Leads:
    return make(1000, seed=2)


def learned(hours: int | None, name: str = "version 1") -> Opponent:
    until = None if hours is None else datetime.fromtimestamp(START.timestamp() + hours * 3600, UTC)
    return Opponent(Rubric.load(), name, until)


def test_leads_later_than_both_learned_from_are_taken(leads: Leads) -> None:
    both = [learned(400), learned(700, "version 2")]
    judged = later_leads(leads.frame, leads.labels, leads.moments, both)
    assert judged.rows.tolist() == list(range(700, 1000))
    assert judged.frame.index.tolist() == leads.frame.index[700:].tolist()
    assert judged.labels.tolist() == leads.labels[700:].tolist()
    assert "all later than those version 1 and version 2 learned from" in judged.words


@pytest.mark.parametrize("otherwise", [1.0, 0.2])
def test_where_too_few_are_later_it_is_said_whom_that_favours(
    leads: Leads, otherwise: float
) -> None:
    judged = later_leads(leads.frame, leads.labels, leads.moments, [learned(990)], otherwise)
    assert len(judged.labels) == 1000 * otherwise
    assert "Too few leads are later" in judged.words
    assert "favoured" in judged.words


def test_the_rubric_learned_from_nothing(leads: Leads) -> None:
    judged = later_leads(leads.frame, leads.labels, leads.moments, [learned(None)], 0.2)
    assert judged.rows.tolist() == list(range(800, 1000))
    assert "learned" not in judged.words


def test_the_newest_are_not_enough_where_hardly_any_of_them_converted() -> None:
    labels = np.zeros(1000, dtype=np.int64)
    labels[: 2 * FEWEST] = 1
    frame = pd.DataFrame({"visits": np.arange(1000.0)})
    moments = np.datetime64("2025-01-01T00", "h") + np.arange(1000)
    judged = later_leads(frame, labels, moments, [learned(None)], 0.2)
    assert len(judged.labels) == 1000


def test_a_column_that_is_no_longer_there_counts_as_not_known() -> None:
    rubric = Rubric.load()
    bare = pd.DataFrame({"country": ["DE", "FR"]})
    unknown = pd.DataFrame({feature.name: [None, None] for feature in rubric.features})
    assert score(rubric, bare).total.tolist() == rubric.score(unknown).total.tolist()

"""A chance is said in words that somebody without statistics understands."""

import pytest

from leadflow.scoring.how_sure import SURENESS, chance_in_words, how_sure
from models.calibration import CONFIDENCES


def test_every_confidence_there_is_has_words() -> None:
    assert set(SURENESS) == set(CONFIDENCES)
    for confidence in CONFIDENCES:
        assert how_sure(confidence) != confidence


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (
            (0.4557, 0.2605, 0.664),
            "about 46 of 100 such leads buy, 9 times in 10 between 26 and 66",
        ),
        (
            (0.021, 0.012, 0.037),
            "about 2.1 of 100 such leads buy, 9 times in 10 between 1.2 and 3.7",
        ),
        ((0.62, 0.60, 0.64), "about 62 of 100 such leads buy, 9 times in 10 between 60 and 64"),
        ((0.62, 0.618, 0.622), "about 62 of 100 such leads buy"),
        ((0.62, 0.01, 0.99), "about 62 of 100 such leads buy, but hardly any were like it"),
    ],
)
def test_the_chance_is_never_said_to_be_at_an_end_of_its_range(
    chance: tuple[float, float, float], said: str
) -> None:
    assert chance_in_words(*chance) == said

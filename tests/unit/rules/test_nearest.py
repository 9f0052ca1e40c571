"""What is offered for a misspelt name is the nearest one, whatever its case."""

import pytest

from leadflow.conditions.problems import near_to, nearest


@pytest.mark.parametrize("written", ["MEETING", "Meeting", "meating", "MEATING"])
def test_the_nearest_name_is_offered_whatever_the_case(written: str) -> None:
    assert nearest(written, ["call", "meeting", "website_visit"]) == "Did you mean meeting?"


def test_names_are_offered_as_they_are_written() -> None:
    assert near_to("email", ["E-Mail", "Plan"], most=1) == ["E-Mail"]
    assert nearest("zzz", ["b", "A"]) == "There are A, b."

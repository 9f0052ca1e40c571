"""A tag has one form, however it is typed."""

import pytest

from leadflow.follow_ups.tag_names import LONGEST, TagInvalid, tag_name, tag_names


@pytest.mark.parametrize("said", ["VIP", "vip", "  Vip ", "v\u200bip"])
def test_what_is_spelled_alike_is_one_tag(said: str) -> None:
    assert tag_name(said) == "vip"


def test_letters_of_every_script_are_small_and_composed() -> None:
    assert tag_name("E\u0301COLE  Дом") == "école дом"
    assert tag_names(["b", "A", " a"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("", "letter or digit"),
        ("...", "letter or digit"),
        ("a" * (LONGEST + 1), "shorter"),
        ("a,b", "without"),
        ("a/b", "without"),
        ("a\x07b", "without"),
    ],
)
def test_what_cannot_be_a_tag_is_refused_with_what_to_write(said: str, advice: str) -> None:
    with pytest.raises(TagInvalid, match=advice):
        tag_name(said)

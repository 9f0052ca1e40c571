"""Whoever approves an export reads what it searches for as a sentence."""

import pytest

from leadflow.exports.search_words import search_words

WHERE = {"company_size": {"operator": "greater_than", "value": 50}}


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ({"sort": "-score"}, "All leads"),
        ({"status": "open"}, "Open leads"),
        (
            {"status": "open", "level": ["hot", "warm"], "owner": "Ann Able"},
            "Open leads whose level is hot or warm and that Ann Able has",
        ),
        ({"owner": "nobody"}, "Leads that nobody has"),
        (
            {"source": ["fair"], "where": WHERE},
            "Leads that came from fair and of which is true: company size is more than 50",
        ),
    ],
)
def test_a_search_is_a_sentence(search: dict[str, object], said: str) -> None:
    assert search_words(search) == said

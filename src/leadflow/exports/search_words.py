"""What a search for leads asks for, in words for whoever approves an export of them. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from leadflow.conditions.wording import in_words
from leadflow.search.schemas import NOBODY

STATUSES = {"open": "open leads", "converted": "leads that are won", "lost": "leads that are lost"}


def search_words(search: Mapping[str, Any]) -> str:
    """One sentence, which may name somebody: ``Open leads whose level is hot``."""
    whose = " and ".join(_conditions(search))
    which = STATUSES.get(search.get("status") or "", "leads")
    said = f"{which} {whose}" if whose else which if search.get("status") else "all leads"
    return said[0].upper() + said[1:]


def _conditions(search: Mapping[str, Any]) -> Iterator[str]:
    for name, words in (("level", "whose level is"), ("source", "that came from")):
        if search.get(name):
            yield f"{words} {' or '.join(search[name])}"
    owner = search.get("owner")
    if owner:
        yield "that nobody has" if owner == NOBODY else f"that {owner} has"
    for name, words in (
        ("name", "whose name begins with"),
        ("company", "whose company's name has"),
        ("created_since", "that came since"),
        ("created_until", "that came before"),
        ("scored_since", "that were scored since"),
    ):
        if search.get(name):
            yield f"{words} {search[name]}"
    if search.get("where"):
        yield f"of which is true: {in_words(search['where'])}"

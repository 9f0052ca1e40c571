"""What a mapping makes of each column of its file, in the words of a proposal."""

from collections import defaultdict
from collections.abc import Sequence

from leadflow.leads.files.mapping import Mapping
from leadflow.leads.files.proposing.draft import Proposed

SAID, UNSAID = "as the mapping says", "the mapping does not name it"
NOT_STORED = "not stored"


def columns_meant(mapping: Mapping, columns: Sequence[str]) -> list[Proposed]:
    """A line for each column that the file has."""
    becomes: dict[str, list[str]] = defaultdict(list)
    for place, column in mapping.named_columns():
        becomes[column].append(_words(place))
    return [
        Proposed(column, ", ".join(becomes[column]), SAID)
        if column in becomes
        else Proposed(column, NOT_STORED, mapping.ignore.get(column, UNSAID))
        for column in columns
    ]


def _words(place: str) -> str:
    kind, _, name = place.partition(".")
    if kind == "fields":
        return name
    if kind == "attributes":
        return f"attribute {name}"
    return "outcome" if place == "outcome.column" else place

"""What becomes of leads that are to come into a campaign, by name and in words."""

from collections.abc import Mapping
from typing import Literal

# What became of a lead that was to come in.
Entry = Literal[
    "enrolled",
    "held_out",
    "in_it",
    "was_in_it",
    "too_soon",
    "too_often",
    "said_no",
    "merged",
    "unknown",
]
IN_WORDS: Mapping[Entry, str] = {
    "enrolled": "is in it now",
    "held_out": "is kept out, to compare with",
    "in_it": "is in it already",
    "was_in_it": "has been in it, and the campaign lets nobody in twice",
    "too_soon": "has been in it too short a time ago",
    "too_often": "has been in it as often as the campaign lets somebody in",
    "said_no": "does not want mail of this kind",
    "merged": "has been merged into another lead: enrol that one",
    "unknown": "is no lead that there is",
}
# Of a preview, before anybody has come in.
AHEAD: Mapping[Entry, str] = {
    **IN_WORDS,
    "enrolled": "would come in",
    "held_out": "would be kept out, to compare with",
}
# Of a lead that is kept out to compare with, also how it ends.
HELD_OUT = "held_out"
# What the campaign says of whoever has been in it, and what comes before that: a no of their own.
OF_THE_CAMPAIGN: frozenset[Entry] = frozenset(("was_in_it", "too_soon", "too_often"))
NOES = frozenset(("opted_out", "asked_by_person", "complaint", "erased"))


class KeyNotTaken(ValueError):
    """A key is said for a campaign that goes by none."""

    def __init__(self, campaign: str) -> None:
        super().__init__(
            f"{campaign} is about the lead alone and takes no key. Leave it out (of a file, the "
            "column), or have the campaign say `reentry: {allow: per_key}`: then a lead comes in "
            "once for each order, trial or event."
        )


class NotEnrolled(ValueError):
    """A lead that was to come in does not; the message says why."""

    def __init__(self, lead_id: str, campaign: str, entry: Entry) -> None:
        self.entry = entry
        super().__init__(f"{lead_id} does not come into {campaign}: it {IN_WORDS[entry]}.")

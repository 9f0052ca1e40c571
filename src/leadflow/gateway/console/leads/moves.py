"""Moving a lead from one column of the board to another: what that is, or why it cannot be."""

from dataclasses import dataclass
from typing import Literal

from leadflow.search.stages import ENDS, Stage

COLUMNS: dict[Stage, str] = {
    "unassigned": "Nobody has it",
    "given": "Given",
    "taken": "Accepted",
    "in_touch": "In touch",
    "converted": "Won",
    "lost": "Lost",
}
Does = Literal["give", "accept", "touch", "decline", "return", "converted", "lost", "reopened"]
# What somebody needs for it.
PERMISSIONS: dict[Does, str] = {
    "give": "lead.reassign",
    "accept": "lead.work",
    "touch": "lead.work",
    "decline": "lead.work",
    "return": "lead.work",
    "converted": "lead.fact",
    "lost": "lead.fact",
    "reopened": "lead.fact",
}
WHAT: dict[Does, str] = {
    "give": "A salesperson has it then, and the time until they should get in touch starts.",
    "accept": "Whoever has it has accepted it then.",
    "touch": "Whoever has it got in touch just now: the clock stops.",
    "decline": "Whoever has it does not take it. The next sweep gives it to somebody else.",
    "return": "It is given back. The next sweep gives it to somebody else.",
    "converted": "It is won as of now. What it was worth can be said on its page.",
    "lost": "It is lost as of now.",
    "reopened": "It is open again. The next sweep hands it out where a rule says so.",
}
DONE: dict[Does, str] = {
    "give": "It is theirs now.",
    "accept": "Accepted.",
    "touch": "Noted that they got in touch: the clock has stopped.",
    "decline": "Declined. The next sweep gives it to somebody else.",
    "return": "Given back. The next sweep gives it to somebody else.",
    "converted": "It is won.",
    "lost": "It is lost.",
    "reopened": "It is open again.",
}
FIRST_GIVE = "Nobody has it. Move it to “Given” first, and say who is to have it."
FIRST_REOPEN = "It has ended. Move it to “Nobody has it” first: it is open again then."
NOT_BACK = (
    "That has happened and is not taken back. To give it to somebody else, open the lead; to let "
    "it go, move it to “Nobody has it”."
)


@dataclass(frozen=True)
class Refused:
    """It cannot be moved there, and why."""

    why: str


def move(at: Stage, to: Stage) -> Does | Refused:
    """What moving a lead is."""
    if at == to:
        return Refused("It is there already.")
    if to == "converted" or to == "lost":
        return to
    if at in ENDS:
        return "reopened" if to == "unassigned" else Refused(FIRST_REOPEN)
    if at == "unassigned":
        return "give" if to == "given" else Refused(FIRST_GIVE)
    if to == "unassigned":
        return "decline" if at == "given" else "return"
    if to == "in_touch":
        return "touch"
    return "accept" if (at, to) == ("given", "taken") else Refused(NOT_BACK)

"""Why somebody is not written to, in words."""

from dataclasses import dataclass
from typing import Literal, get_args

SuppressionReason = Literal["hard_bounce", "complaint", "opted_out", "asked_by_person", "erased"]
SUPPRESSION_REASONS: tuple[SuppressionReason, ...] = get_args(SuppressionReason)
# Which purposes an address is suppressed for; of several reasons the first is told.
STOPS: dict[SuppressionReason, tuple[str, ...]] = {
    "hard_bounce": ("marketing", "service", "legal"),
    "erased": ("marketing", "service"),
    "asked_by_person": ("marketing", "service"),
    "complaint": ("marketing", "service"),
    "opted_out": ("marketing",),
}
IN_WORDS = {
    "no_lead": "There is no such lead.",
    "merged": "The lead was merged into another: write to that one.",
    "no_address": "The lead has no e-mail address.",
    "hard_bounce": "The address does not exist: mail to it came back.",
    "erased": "Whoever had this address wanted to be forgotten.",
    "asked_by_person": "Whoever has this address asked not to be written to.",
    "complaint": "Whoever has this address marked our mail as spam.",
    "opted_out": "The person does not want mail of this kind.",
    "no_consent": "Nothing says that the person may be sent marketing: neither a consent nor "
    "another lawful reason is in the log, and the lead's country needs one.",
}


@dataclass(frozen=True)
class Refusal:
    """Why a lead is not written to: by name, and in words."""

    name: str

    @property
    def words(self) -> str:
        """For people."""
        return IN_WORDS[self.name]

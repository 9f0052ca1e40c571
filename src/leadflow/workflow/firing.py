"""What becomes of rules that fit: each acts, or has acted as often as it may. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from leadflow.rules.schemas import Rule
from leadflow.workflow.matching import Happened
from leadflow.workflow.terms import MOST_A_DAY, Terms, terms_of

# Rules that led to rules that led to rules … end here.
DEEPEST = 5
DAY = timedelta(days=1)
Status = Literal["fired", "limited", "capped"]


@dataclass(frozen=True)
class Fired:
    """A rule that fitted an event: what came of it, and when it acts (None: at once)."""

    rule: Rule
    event: Happened
    status: Status
    acts_at: datetime | None


@dataclass
class Counts:
    """How often rules have acted: for each lead within the rule's own time, for each lead within a
    day, for all leads within a day."""

    per_lead: Counter[tuple[str, str]] = field(default_factory=Counter)
    lead_today: Counter[tuple[str, str]] = field(default_factory=Counter)
    today: Counter[str] = field(default_factory=Counter)

    def add(self, rule_id: str, lead_id: str) -> None:
        """One more."""
        self.per_lead[rule_id, lead_id] += 1
        self.lead_today[rule_id, lead_id] += 1
        self.today[rule_id] += 1


def fire(happened: Sequence[Happened], counts: Counts) -> list[Fired]:
    """What becomes of every rule that fits, event after event, the rules in their order until one
    says stop. ``counts`` are those before; what acts is added to them."""
    made = []
    for event in happened:
        for rule in event.rules:
            terms = terms_of(rule)
            status = _status(rule, terms, event, counts)
            if status == "fired":
                counts.add(rule.rule_id, event.lead_id)
            made.append(Fired(rule, event, status, terms.acts_at(event.at)))
            if terms.stop and status == "fired":
                break
    return made


def limited(rules: Sequence[Rule]) -> Mapping[str, timedelta | None]:
    """Over which time a rule's firings for one lead count, by rule; None: ever."""
    return {rule.rule_id: terms_of(rule).limits.within for rule in rules}


def _status(rule: Rule, terms: Terms, event: Happened, counts: Counts) -> Status:
    key, limits = (rule.rule_id, event.lead_id), terms.limits
    if event.depth >= DEEPEST or counts.lead_today[key] >= MOST_A_DAY:
        return "capped"
    if limits.per_lead is not None and counts.per_lead[key] >= limits.per_lead:
        return "limited"
    if limits.per_day is not None and counts.today[rule.rule_id] >= limits.per_day:
        return "limited"
    return "fired"

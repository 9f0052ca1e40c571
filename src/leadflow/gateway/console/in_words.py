"""Who did something, and what became of a question, in words for whoever has never seen the
program. Pure."""

from collections.abc import Mapping
from typing import Any

from leadflow.accounts.permissions import Role
from leadflow.gateway.api.review.approvals import TITLES

# What does something by itself, by the name it writes down.
BY_ITSELF = {
    "leadflow": "Leadflow",
    "assign_leads": "the hand-out of leads",
    "escalate_assignments": "the watch over first contacts",
    "train_model": "the training",
    "monitor_model": "the watch over the model",
    "sample_quality": "the quality sample",
    "dispatch_campaigns": "the sending of mails",
    "message_feedback": "the mailboxes",
}
# Of these, what the rest of the name is.
OF = {"key:": "the program", "policy:": "the policy", "rule:": "the rule", "source:": "the source"}
DOORS = {
    "page": "on this page",
    "prefect": "in Prefect",
    "terminal": "at the terminal",
    "api": "by a program",
}
STATUSES = {
    "waiting": "waits for a decision",
    "approved": "approved",
    "rejected": "rejected",
    "expired": "ended: nobody decided in time",
    "void": "void, no longer asked",
}
STEPS = {
    "asked": "Asked",
    "reminded": "Reminded",
    "escalated": "More may decide",
    "refused": "A decision that did not count",
    "approve_vote": "Approves",
    "reject_vote": "Rejects",
    "approved": "Approved",
    "rejected": "Rejected",
    "expired": "Ended",
    "void": "Void, no longer asked",
    "carried_out": "Carried out",
}

# How it was decided who gets a lead.
WAYS = {
    "round_robin": "In turn",
    "skill_based": "By skill",
    "territory_based": "By territory",
    "workload_balanced": "By who has most room",
    "performance_weighted": "By how well each converts such leads",
    "hybrid": "By skill, territory, room, turn and how well each converts such leads",
    "optimal": "So that all leads together are worth most",
}
PARTS = {
    "owed": "turns owed",
    "share": "share of all",
    "load": "leads in work",
    "limit": "most in work",
    "probability": "chance",
    "newcomer": "new here",
    "capacity": "room",
    "fairness": "turn",
    "performance": "converts",
    "value": "worth",
}


def doer(actor: str) -> str:
    """Who did it, where it is no person whose name is known."""
    if actor in BY_ITSELF:
        return BY_ITSELF[actor]
    for beginning, what in OF.items():
        if actor.startswith(beginning):
            return f"{what} {plain(actor.removeprefix(beginning))}"
    return actor if "@" in actor else plain(actor)


def plain(name: str) -> str:
    """A name of ours as people write it: ``score_override`` is ``score override``."""
    return name.replace("_", " ")


def roles_in(text: str) -> str:
    """A sentence with the roles in it as people write them."""
    for role in Role:
        text = text.replace(role.value, plain(role.value))
    return text


def more_of(detail: Mapping[str, Any], people: Mapping[str, str], levels: int) -> str:
    """What else is known of a step: at which level, how, and why."""
    said = []
    if "level" in detail and levels > 1:
        said.append(f"level {detail['level'] + 1} of {levels}")
    if "to" in detail:
        said.append(f"now {plain(str(detail['to']))} too")
    stands_for = detail.get("counts_for")
    if stands_for is not None and stands_for in people:
        said.append(f"in the place of {people[stands_for]}")
    if "door" in detail:
        said.append(DOORS.get(detail["door"], plain(str(detail["door"]))))
    if "why" in detail:
        why = str(detail["why"])
        said.append(TITLES.get(why, why.replace("-", " ") if why.islower() else why))
    return "; ".join(said)

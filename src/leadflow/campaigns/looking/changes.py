"""What a new version of a campaign says otherwise than the one before it, in words. Pure."""

from collections.abc import Mapping
from typing import Any

from leadflow.campaigns.definitions.schemas import Campaign

WHOLE = {
    "name": "its name",
    "type": "its type",
    "purpose": "its purpose",
    "description": "its description",
    "zone": "its time zone",
    "enter": "who comes in",
    "exit": "what takes leads out",
    "goal": "its goal",
    "holdout": "how many are held out",
    "reentry": "whether leads come in again",
    "limits": "how many messages at most",
    "quiet_hours": "its quiet hours",
    "open_hours": "its open hours",
    "holidays": "whether it is closed on holidays",
    "late": "what becomes of late messages",
}


def changes(before: Campaign, after: Campaign) -> list[str]:
    """Each thing that differs: what holds for all of it, then steps, then contents."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    found = [words for name, words in WHOLE.items() if old[name] != new[name]]
    steps = [{one["step"]: one for one in each["steps"]} for each in (old, new)]
    found += _each("step", steps[0], steps[1])
    both = steps[0].keys() & steps[1].keys()
    if [one for one in steps[0] if one in both] != [one for one in steps[1] if one in both]:
        found.append("the order of its steps")
    return found + _each("content", old["contents"], new["contents"])


def _each(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    found = [f"the {what} “{name}” is new" for name in new if name not in old]
    found += [f"the {what} “{name}” is gone" for name in old if name not in new]
    return found + [
        f"the {what} “{name}”" for name in new if name in old and old[name] != new[name]
    ]

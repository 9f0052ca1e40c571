"""What pydantic finds wrong with a campaign, as problems with places that a person finds."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from leadflow.campaigns.definitions.schemas import Campaign, CampaignFile
from leadflow.campaigns.definitions.steps import Step
from leadflow.conditions.problems import Problem, nearest
from leadflow.refusals import in_words

_MISSING = {
    "within": "A `listen` needs `within`, the longest time it waits, such as P5D: without one "
    "nobody who does nothing would ever leave it.",
    "otherwise": "Say which step those go on with for whom it did not happen in time: `otherwise`.",
    "zone": "Say in which time zone a lead is taken to be where nobody can tell, such as "
    "Europe/Berlin.",
}


def explained(error: ValidationError) -> list[Problem]:
    """Each fault once, with its place."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False, include_input=False):
        place = _place(item["loc"])
        found.setdefault(place, Problem(place, _said(dict(item))))
    return list(found.values())


def _place(loc: Iterable[int | str]) -> str:
    at = ""
    for part in loc:
        if isinstance(part, int):
            at += f"[{part}]"
        # What stands in angle brackets is a branch of ours, which nobody has written.
        elif not part.startswith("<"):
            at += f".{part}"
    return at.removeprefix(".")


def _said(item: dict[str, Any]) -> str:
    last = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "missing":
        return _MISSING.get(last, "This is required.")
    if item["type"] == "extra_forbidden":
        keys = _keys_beside(item["loc"])
        return f"There is no such key. {nearest(last, keys)}" if keys else "There is no such key."
    said = in_words(item)
    return f"{said[0].upper()}{said[1:]}."


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """What may stand where a key stands that nobody knows: of the whole, a campaign or a step."""
    if len(loc) == 1:
        return list(CampaignFile.model_fields)
    if len(loc) == 3:
        return list(Campaign.model_fields)
    return list(Step.model_fields) if len(loc) == 5 and loc[2] == "steps" else []

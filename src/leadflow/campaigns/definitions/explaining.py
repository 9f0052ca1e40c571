"""What pydantic finds wrong with a campaign, as problems with places that a person finds."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from leadflow.campaigns.definitions import schemas, steps
from leadflow.campaigns.definitions.plain_faults import plainly
from leadflow.conditions.problems import Problem, nearest

# The place of what is wrong with a file as a whole.
WHOLE = "the file"
_WHOLE = (
    "There is nothing in it that could be read: it begins with `campaigns:`, or with `scenarios:` "
    "where it is one of scenarios, and what belongs to that stands below, further in."
)
_MISSING = {
    "within": "A `listen` needs `within`, the longest time it waits, such as P5D: without one "
    "nobody who does nothing would ever leave it.",
    "otherwise": "Say which step those go on with for whom it did not happen in time: `otherwise`.",
    "zone": "Say in which time zone a lead is taken to be where nobody can tell, such as "
    "Europe/Berlin.",
    "until": "Say what is waited for under `until`, such as {until: {weekdays: [tue], at: 09:30}}.",
}
# What a text should look like, by the end of the pattern that it does not match.
_FORMS = {
    "[a-z][a-z0-9_]{0,62}$": "Write small letters, digits and _, beginning with a letter.",
    "[0-5]\\d$": 'Write an hour such as "09:30".',
    "[a-z][a-z0-9_.]{0,99}$": "Write the name of an event, such as lead.did.demo_request.",
}
Beside = Mapping[str, type[BaseModel]]
# What may stand in a thing, by the name under which the thing stands.
BESIDE: Beside = {
    "campaigns": schemas.Campaign,
    "enter": schemas.Trigger,
    "goal": schemas.Trigger,
    "exit": schemas.Exit,
    "reentry": schemas.Reentry,
    "limits": schemas.Limits,
    "frames": schemas.Frame,
    "quiet_hours": schemas.QuietHours,
    "late": schemas.Late,
    "contents": schemas.Content,
    "steps": steps.Step,
    "wait": steps.UntilThen,
    "until": steps.Until,
    "listen": steps.Listen,
    "switch": steps.Case,
}


def explained(error: ValidationError, whole: type[BaseModel], beside: Beside) -> list[Problem]:
    """Each fault once, with its place; ``whole`` is what the file should be."""
    found: dict[str, Problem] = {}
    items = error.errors(include_url=False, include_input=False)
    for item in items:
        # Of a list whose things are wrong pydantic says too that it has none.
        if item["type"] == "too_short" and any(
            len(one["loc"]) > len(item["loc"]) and one["loc"][: len(item["loc"])] == item["loc"]
            for one in items
        ):
            continue
        place = _place(item["loc"])
        found.setdefault(place, Problem(place or WHOLE, _said(dict(item), whole, beside)))
    return list(found.values())


def _place(loc: Iterable[int | str]) -> str:
    at = ""
    for part in loc:
        if isinstance(part, int):
            at += f"[{part}]"
        # What stands in brackets is a branch or a key as pydantic calls it; nobody has written it.
        elif not part.startswith(("<", "[")):
            at += f".{part}"
    return at.removeprefix(".")


def _said(item: dict[str, Any], whole: type[BaseModel], beside: Beside) -> str:
    last = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "missing":
        return _MISSING.get(last, "This is required.")
    if item["type"] == "extra_forbidden":
        parents = [part for part in item["loc"][:-1] if part in beside]
        model = beside[parents[-1]] if parents else whole
        return f"There is no such key. {nearest(last, model.model_fields)}"
    if not item["loc"]:
        return _WHOLE
    if item["type"] == "string_pattern_mismatch":
        pattern = str(item["ctx"]["pattern"])
        fitting = (words for end, words in _FORMS.items() if pattern.endswith(end))
        return next(fitting, "It is not written as it should be.")
    return plainly(item)

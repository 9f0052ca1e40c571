"""Campaigns as tests write them."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.reading import CampaignsInvalid, read_campaigns
from leadflow.rules.field_catalogue import Known


def laid_out(words: str) -> str:
    """A body of one column with these words."""
    return f"<mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section>"


BODY = laid_out('Hello <a href="{{ unsubscribe_url }}">No more</a>')


class Actions(BaseModel):
    """What ``do`` may say in these tests."""

    model_config = ConfigDict(extra="forbid")

    tag: list[str] | None = None


def campaign(steps: list[dict[str, Any]], **others: Any) -> dict[str, Any]:
    """A campaign of these steps, with a content for each that is sent."""
    sent = [step["send"] for step in steps if isinstance(step.get("send"), str)]
    return {
        "name": "A series",
        "type": "educational",
        "zone": "Europe/Berlin",
        "steps": steps,
        "contents": {name: {"subject": "Hello", "body": BODY} for name in sent},
        **others,
    }


def program(steps: list[dict[str, Any]], **others: Any) -> Program:
    """The same, ready to be run."""
    return read_campaigns({"campaigns": {"series": campaign(steps, **others)}}, Actions)["series"]


def problems(written: dict[str, Any], known: Known | None = None) -> dict[str, str]:
    """What is wrong with one campaign, by place."""
    try:
        read_campaigns({"campaigns": {"series": written}}, Actions, known)
    except CampaignsInvalid as error:
        return {
            one.place.removeprefix("campaigns.series").removeprefix("."): one.problem
            for one in error.problems
        }
    return {}

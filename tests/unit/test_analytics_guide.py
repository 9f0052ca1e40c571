"""Every figure that analytics answer is defined in their guide, and nothing else is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from leadflow.analytics.schemas import CampaignsReport, LeadsReport
from leadflow.gateway.api.analytics.groups import AnalyticsOut, QualityOut, SystemOut
from leadflow.gateway.api.team.report_schemas import RecordOut, ReportOut
from leadflow.quality.schemas import ActionOut, ShareOut

GUIDE = Path(__file__).parents[2] / "docs" / "analytics.md"
# What stands in several places has a part of the guide of its own; an action is no figure.
APART: dict[type[BaseModel], str | None] = {RecordOut: "record", ShareOut: "share", ActionOut: None}
GROUPS: dict[str, type[BaseModel]] = {
    "leads": LeadsReport,
    "assignment": ReportOut,
    "campaigns": CampaignsReport,
    "system": SystemOut,
    "quality": QualityOut,
}


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def figures(model: type[BaseModel], path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        within = [found for found in models_in(field.annotation) if found not in APART]
        for inner in within:
            yield from figures(inner, f"{path}.{name}")
        if not within:
            yield f"{path}.{name}"


def test_every_figure_is_defined_and_nothing_else() -> None:
    answered = {name for path, model in GROUPS.items() for name in figures(model, path)}
    for model, path in APART.items():
        answered |= set(figures(model, path)) if path is not None else set()
    rows = re.findall(r"^\| (`[^|]+`) \|", GUIDE.read_text(), re.MULTILINE)
    defined = [name for row in rows for name in re.findall(r"`([a-z0-9_.]+)`", row)]
    assert set(defined) == answered
    assert len(defined) == len(answered)


def test_all_groups_together_are_the_groups() -> None:
    fields = AnalyticsOut.model_fields
    assert {name: fields[name].annotation for name in GROUPS} == GROUPS
    assert fields.keys() - GROUPS.keys() == {"since", "until"}

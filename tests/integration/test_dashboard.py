"""The dashboard and the alarms ask only for figures that there are, and each alarm is explained."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

PROJECT = Path(__file__).parents[2]
PANELS = json.loads((PROJECT / "deployments/grafana/leadflow.json").read_text())["panels"]
ALARMS = yaml.safe_load((PROJECT / "deployments/prometheus/leadflow_alerts.yml").read_text())
GUIDE = (PROJECT / "docs/operating.md").read_text()
RULES = [rule for group in ALARMS["groups"] for rule in group["rules"]]
FIGURE = re.compile(r"\bleadflow_\w+")


@pytest.fixture
def told(client: TestClient) -> set[str]:
    """The names of all figures that are told."""
    text = client.get("/metrics").text
    found: set[str] = set()
    for family in text_string_to_metric_families(text):
        parts = ("_bucket", "_count", "_sum") if family.type == "histogram" else ("",)
        parts = ("_total",) if family.type == "counter" else parts
        found |= {family.name + part for part in parts}
    return found


def asked_for() -> dict[str, set[str]]:
    """What each panel and each alarm asks for."""
    panels: dict[str, Any] = {
        panel["title"]: [target["expr"] for target in panel.get("targets", [])] for panel in PANELS
    }
    alarms = {rule["alert"]: [rule["expr"]] for rule in RULES}
    return {name: set(FIGURE.findall(" ".join(said))) for name, said in (panels | alarms).items()}


def test_every_figure_that_is_asked_for_is_told(told: set[str]) -> None:
    for name, figures in asked_for().items():
        assert figures <= told, f"{name} asks for {sorted(figures - told)}, which nobody tells."


def test_every_figure_that_is_told_is_explained(told: set[str]) -> None:
    bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in told}
    for name in (one for one in bare if one.startswith("leadflow_")):
        assert f"`{name}" in GUIDE, f"docs/operating.md does not say what {name} is."


def test_every_alarm_is_explained() -> None:
    for rule in RULES:
        assert f"| {rule['alert']} |" in GUIDE, rule["alert"]
        assert rule["annotations"]["summary"].endswith(".")


def test_panels_have_plain_titles_and_none_hides_another() -> None:
    places: set[tuple[int, int]] = set()
    for panel in PANELS:
        assert panel["title"]
        assert "leadflow_" not in panel["title"]
        at = panel["gridPos"]
        covered = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not covered & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= covered

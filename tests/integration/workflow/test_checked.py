"""Rules are checked as they would be stored, and those that count are always shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from leadflow.cli.main import app
from leadflow.conditions.problems import RuleSetInvalid
from leadflow.rules.text_format import read_yaml

runner = CliRunner()
OF_SOURCE = {"source": {"operator": "exists", "value": True}}
CIRCLE = {
    "rules": [
        {
            "rule_id": f"to_{value}",
            "name": f"To {value}",
            "on": ["lead.updated"],
            "conditions": OF_SOURCE,
            "actions": {"set": {"industry": value}},
        }
        for value in ("retail", "technology")
    ]
}


@pytest.fixture
def circle(tmp_path: Path) -> str:
    path = tmp_path / "circle.json"
    path.write_text(json.dumps(CIRCLE))
    return str(path)


@pytest.mark.parametrize(
    "words", [["check"], ["import", "--dry"], ["try"], ["import"]], ids=lambda words: words[-1]
)
def test_a_circle_is_refused_by_every_command(store: Any, circle: str, words: list[str]) -> None:
    done = runner.invoke(app, ["rules", *words, circle, "--kind", "workflow"])
    assert isinstance(done.exception, RuleSetInvalid)
    assert "to_retail → to_technology → to_retail" in str(done.exception)


def test_a_circle_is_refused_where_rules_are_tried_over_the_api(client: TestClient) -> None:
    answer = client.post("/rules/workflow/dry-run", json=CIRCLE)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/rule-invalid")


def test_until_some_are_stored_those_that_came_with_leadflow_are_shown(store: Any) -> None:
    listed = runner.invoke(app, ["rules", "list", "--kind", "workflow"])
    assert "high_score" in listed.output
    assert "leadflow rules show --kind workflow" in listed.output
    shown = runner.invoke(app, ["rules", "show", "--kind", "workflow"])
    assert [rule["rule_id"] for rule in read_yaml(shown.output)["rules"]] == [
        "high_score",
        "high_score_high_budget",
        "warm_or_hot",
    ]

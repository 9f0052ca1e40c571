"""The rules of the house that no other tool keeps."""

import ast
import re
from pathlib import Path
from statistics import median

import pytest
import yaml

from tests.gateways import application

PROJECT = Path(__file__).parents[2]
PACKAGES = ("src/leadflow", "flows", "tasks", "models", "features", "expectations", "deployments")


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", sources("features", "models"), ids=str)
def test_features_and_models_know_no_session(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("sqlalchemy.orm")


def test_services_never_commit() -> None:
    for path in sources("src/leadflow"):
        if path.name in ("service.py", "engine.py") or "writing" in path.name:
            assert ".commit(" not in path.read_text(), path


def test_flows_hold_no_sql_no_http_and_no_frames() -> None:
    for path in sources("flows"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", [])]
            modules = [getattr(node, "module", None) or "", *names]
            for module in modules:
                assert module.split(".")[0] not in ("sqlalchemy", "httpx", "pandas", "numpy"), path


def test_no_generic_rooms() -> None:
    for path in sources(*PACKAGES):
        assert path.stem not in ("utils", "helpers", "common", "manager"), path


def test_a_room_of_over_twenty_files_has_rooms_within() -> None:
    for init in (path for path in sources("src") if path.name == "__init__.py"):
        if "migrations" not in init.parts:
            assert len(list(init.parent.glob("*.py"))) <= 20, init.parent


def test_files_are_short_enough_to_read_at_once() -> None:
    lengths = {
        path: len(path.read_text().splitlines())
        for path in sources("src", "flows", "tasks", "features", "models")
        if "migrations" not in path.parts
    }
    assert {str(path): lines for path, lines in lengths.items() if lines > 300} == {}
    assert median(lengths.values()) <= 100


def test_hooks_run_the_programs_of_make_check() -> None:
    """With the same words, apart from those that mend what they find."""
    content = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())
    checked = (PROJECT / "Makefile").read_text().split("\ncheck:")[1].split("\n\n")[0]
    for hook in (hook for repo in content["repos"] for hook in repo["hooks"]):
        program, *words = hook["entry"].removeprefix(".venv/bin/").split()
        command = " ".join([program, *(word for word in words if word[:2] != "--")])
        assert f"$(BIN)/{command}" in checked, hook["id"]
        assert hook["language"] == "system", "nothing is downloaded"


def test_every_setting_is_documented() -> None:
    from leadflow.settings import Settings

    guide = (PROJECT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"`LEADFLOW_{name.upper()}`" in guide, name
        assert field.description, name


def test_deployments_name_modules_never_files() -> None:
    content = yaml.safe_load((PROJECT / "prefect.yaml").read_text())
    for item in content["deployments"]:
        assert ":" not in item["entrypoint"]
        assert "/" not in item["entrypoint"]


def test_no_two_schemas_of_the_api_share_a_name() -> None:
    """Two classes of one name are told apart by their modules, which no reader of the API knows."""
    named = application().openapi()["components"]["schemas"]
    assert [name for name in named if "__" in name] == []


def test_no_two_addresses_of_the_api_share_a_name() -> None:
    """Clients that are made from the description call each address by it."""
    paths = application().openapi()["paths"].values()
    names = [said["operationId"] for path in paths for said in path.values()]
    assert len(names) > 100
    assert sorted(names) == sorted(set(names))


def test_every_lock_has_a_number_of_its_own() -> None:
    found = [
        number
        for path in sources("src/leadflow")
        for number in re.findall(r"^[A-Z_]*LOCK = ([0-9_]+)$", path.read_text(), re.MULTILINE)
    ]
    assert len(found) > 5
    assert sorted(found) == sorted(set(found))

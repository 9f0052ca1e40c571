"""The flow of ``docs/adding.md`` runs on a real Prefect server, and its deployment is one."""

from pathlib import Path

import pytest
import yaml

from tests.guides import PROJECT, examples_in, run, sections

pytestmark = pytest.mark.servers
SECTION = sections("adding.md")["A flow"]


def test_the_example_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    (test,) = examples_in(SECTION, tmp_path, monkeypatch)
    run(test, request)


def test_the_deployment_is_written_as_the_others_are() -> None:
    text = (PROJECT / "prefect.yaml").read_text()
    others = yaml.safe_load(text)["deployments"]
    *_, added = yaml.safe_load(f"{text}\n{_indented(SECTION.code('yaml'))}")["deployments"]
    assert set(added) == set(others[0])
    assert added["work_pool"] == others[0]["work_pool"]
    module, _, flow = added["entrypoint"].rpartition(".")
    assert module == f"flows.{added['name']}"
    assert flow == added["name"]


def _indented(block: str) -> str:
    return "".join(f"  {line}\n" for line in block.splitlines())

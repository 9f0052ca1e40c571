"""Every example of ``docs/adding.md`` works as it stands there."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader

from leadflow.gateway.console import rendering, routers
from tests import gateways
from tests.guides import Section, examples_in, run, sections

GUIDE = sections("adding.md")
ELSEWHERE = {"A flow", "A page"}


@pytest.mark.parametrize("heading", [heading for heading in GUIDE if heading not in ELSEWHERE])
def test_the_example_works(
    heading: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    found = examples_in(GUIDE[heading], tmp_path, monkeypatch)
    assert found, f"{heading} has no test"
    for test in found:
        run(test, request)


def test_the_page_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    section = GUIDE["A page"]
    (test,) = examples_in(section, tmp_path, monkeypatch)
    with_template(section, monkeypatch)
    router: Any = import_module("leadflow.gateway.console.sources").router
    monkeypatch.setattr(routers, "ROUTERS", (*routers.ROUTERS, router))
    monkeypatch.setattr(gateways, "MADE", [])
    run(test, request)


def with_template(section: Section, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = rendering._environment.loader
    assert loader is not None
    given = DictLoader({"sources.html": section.code("html")})
    monkeypatch.setattr(rendering._environment, "loader", ChoiceLoader([given, loader]))

"""Guides as tests read them: sections of Markdown, and the code blocks in each."""

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Section:
    """A section by its heading, and its code blocks as (language, text)."""

    heading: str
    blocks: tuple[tuple[str, str], ...]

    def code(self, language: str) -> str:
        """All blocks of a language, one after another."""
        return "\n\n".join(text for spoken, text in self.blocks if spoken == language)


def sections(name: str) -> dict[str, Section]:
    """The sections of a guide in ``docs/`` by their headings."""
    parts = SECTION.split((PROJECT / "docs" / name).read_text())[1:]
    return {
        heading: Section(heading, tuple(BLOCK.findall(body)))
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }


def examples_in(section: Section, folder: Path) -> list[Callable[..., None]]:
    """The Python of a section as one module, and the tests in it."""
    path = folder / f"{re.sub('[^a-z]+', '_', section.heading.lower())}.py"
    path.write_text(section.code("python"))
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return [value for name, value in vars(module).items() if name.startswith("test_")]


def run(test: Callable[..., None], request: pytest.FixtureRequest) -> None:
    """Call a test with the fixtures that it names."""
    code = test.__code__
    test(*(request.getfixturevalue(name) for name in code.co_varnames[: code.co_argcount]))

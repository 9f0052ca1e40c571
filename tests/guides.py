"""Guides as tests read them: sections of Markdown, and the code blocks in each."""

import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[1]
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
PLACE = re.compile(r"# (?P<path>[\w/]+\.py)")
PASTED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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


def to_paste(text: str) -> list[str]:
    """Every line of a guide's text to paste at a terminal, one that goes on over several as one."""
    found: list[str] = []
    open_one = ""
    blocks = (block for language, block in PASTED.findall(text) if not language)
    for line in "".join(blocks).splitlines():
        open_one = f"{open_one}\n{line}" if open_one else line
        read = subprocess.run(["bash", "-n", "-c", open_one], capture_output=True)
        if read.returncode == 0 and not line.endswith("\\"):
            found.append(open_one)
            open_one = ""
    assert not open_one
    return found


def examples_in(
    section: Section, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Callable[..., None]]:
    """The tests of a section, once each block of Python stands where its first line says.

    A file that there is gets the names that its block defines; a new one is a module of its own.
    Nothing is at hand that a block does not import itself.
    """
    tests: list[Callable[..., None]] = []
    for number, text in enumerate(text for spoken, text in section.blocks if spoken == "python"):
        said = PLACE.match(text)
        assert said is not None, f"{section.heading}: block {number} names no file"
        module = _load(said["path"], text, folder / f"block_{number}.py", monkeypatch)
        if said["path"].startswith("tests/"):
            tests += [each for name, each in vars(module).items() if name.startswith("test_")]
    return tests


def _load(path: str, text: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    name = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
    exists = (PROJECT / path).exists()
    file.write_text(text)
    found = importlib.util.spec_from_file_location(f"added_to_{name}" if exists else name, file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    if not exists:
        monkeypatch.setitem(sys.modules, name, module)
    found.loader.exec_module(module)
    if name.startswith("tests."):
        return module
    package, _, leaf = name.rpartition(".")
    if not exists:
        monkeypatch.setattr(importlib.import_module(package), leaf, module, raising=False)
        return module
    into = importlib.import_module(name)
    own = {
        each: value
        for each, value in vars(module).items()
        if not each.startswith("__") and getattr(into, each, None) is not value
    }
    for each, value in own.items():
        monkeypatch.setattr(into, each, value, raising=False)
    return module


def run(test: Callable[..., None], request: pytest.FixtureRequest) -> None:
    """Call a test with the fixtures that it names."""
    code = test.__code__
    test(*(request.getfixturevalue(name) for name in code.co_varnames[: code.co_argcount]))

"""Whoever follows a guide finds what it names."""

import re
import shlex
from pathlib import Path

import pytest

from leadflow.composition import ROOMS
from tests.parser import parser

PROJECT = Path(__file__).parents[2]
GUIDES = [*sorted(PROJECT.glob("*.md")), *sorted((PROJECT / "docs").rglob("*.md"))]
MAKE = re.compile(r"\bmake ((?:bench-)?[a-z]+)(?![\w-])")
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
CALL = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?leadflow ([a-z].*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


def code_in(path: Path) -> str:
    """All that is set as code, each piece on lines of its own."""
    return "\n".join(block or inline for block, inline in CODE.findall(path.read_text()))


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_make_target_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    targets |= {f"bench-{found.stem}" for found in (PROJECT / "benchmarks").glob("*.py")}
    assert set(MAKE.findall(code_in(path))) <= targets


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_command_named_exists_with_its_options(path: Path) -> None:
    wrong = [line for line in CALL.findall(code_in(path)) if not exists(line)]
    assert wrong == []


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    missing = [
        to for to in LINK.findall(path.read_text()) if not (path.parent / to).resolve().exists()
    ]
    assert missing == []


def test_every_queue_is_in_the_guide_for_operating() -> None:
    guide = (PROJECT / "docs" / "operating.md").read_text()
    [row] = re.findall(r"^\| `leadflow_queue_length.*", guide, re.MULTILINE)
    queues = {queue.name for room in ROOMS for queue in room.queues}
    assert queues
    assert {name for name in queues if f"`{name}` (" not in row} == set()


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert exists("audit verify --since 3   # what a comment says")
    assert not exists("audit verfy")
    assert not exists("audit verify --sinse 3")


def exists(line: str) -> bool:
    """Whether there is a command that such a line calls, with the options it gives."""
    command = parser()
    words = shlex.split(line.split("#")[0].replace("'", "").replace("…", ""))
    while words and getattr(command, "commands", {}):
        if words[0] not in command.commands:
            return words[0].isupper() or "|" in words[0] or command_itself_answers(command)
        command = command.commands[words.pop(0)]
    options = {name for taken in command.params for name in (*taken.opts, *taken.secondary_opts)}
    given = {word.split("=")[0] for word in words if word.startswith("--")}
    return given <= options | {"--help"}


def command_itself_answers(command: object) -> bool:
    return bool(getattr(command, "invoke_without_command", False))

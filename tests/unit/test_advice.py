"""Whatever an error, a refusal, a page or a finding advises can be done as it is said."""

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer._click.exceptions import BadParameter, ClickException, MissingParameter

from leadflow.gateway.http.permissions import every_route
from leadflow.settings import Settings
from tests.gateways import application
from tests.parser import parser

PROJECT = Path(__file__).parents[2]
ROOMS = ("src", "models", "features", "expectations", "tasks", "flows", "deployments")
VALUE = "1"
"""Stands for what is put into a message as it is said."""
CALL = re.compile(r"(?<![\w./-])leadflow ((?:[a-z][\w-]*)[^\n`;()<\[]*)")
ADDRESS = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}-]*)")
SETTING = re.compile(r"\bLEADFLOW_[A-Z][A-Z_]*[A-Z]\b")
TARGET = re.compile(r"\bmake ((?:bench-|test-)?[a-z]+)\b(?= |$|[.)`])")
GUIDE = re.compile(r"\b(?:docs/[\w/-]+\.md|[A-Z]+\.md)\b")
# Not settings: what developers see more with, and a word between our own processes.
OTHER_VARIABLES = {"LEADFLOW_DEBUG", "LEADFLOW_MLFLOW_SIGN_IN", "LEADFLOW_TESTS"}
# The audit log's name for who imports.
NO_ADVICE = {"leadflow import"}


@cache
def said_in(path: Path) -> tuple[str, ...]:
    """Every text of a file that somebody may read when it runs; docstrings of commands too."""
    return tuple(_said_in(path))


def _said_in(path: Path) -> Iterator[str]:
    if path.suffix == ".html":
        yield path.read_text()
        return
    tree = ast.parse(path.read_text())
    if ast.get_docstring(tree) is not None:
        tree.body.pop(0)
    within = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (
                part.value if isinstance(part, ast.Constant) else VALUE for part in node.values
            )
            yield "".join(str(part) for part in parts)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in within
        ):
            yield node.value


def sources() -> list[Path]:
    found = [path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py"))]
    pages = sorted((PROJECT / "src").rglob("*.html"))
    return [path for path in found if "migrations" not in path.parts] + pages


def named(pattern: re.Pattern[str]) -> dict[Any, str]:
    """What of this kind is named, and where."""
    return {
        found: str(path.relative_to(PROJECT))
        for path in sources()
        for text in said_in(path)
        if text not in NO_ADVICE
        for found in pattern.findall(text)
    }


def wrong_with(line: str) -> str | None:
    """Why nobody can type this line, None where everybody can."""
    command = parser()
    words, name = _words(line), ["leadflow"]
    while getattr(command, "commands", {}) and words and words[0] in command.commands:
        command = command.commands[words[0]]
        name.append(words.pop(0))
    if getattr(command, "commands", {}) and not command.invoke_without_command:
        return (
            None if len(name) > 1 and not words else f"no command {' '.join([*name, *words[:1]])}"
        )
    try:
        command.make_context(name[-1], _of_the_command(command, words))
    except MissingParameter as error:
        return f"{' '.join(name)}: {error.format_message()}"
    except BadParameter as error:
        # A word in capitals, or a value that is not known here, stands for somebody's own.
        given = [word for word in words if not word.startswith("--")]
        own = all(word == VALUE or word.isupper() or "=" in word for word in given)
        return None if own else error.format_message()
    except ClickException as error:
        return f"{' '.join(name)}: {error.format_message()}"
    return None


def _words(line: str) -> list[str]:
    end = re.split(r"[.,:](?:\s|$)|\s(?:or|and|then|has|is|so|says|lists|does)\s", f"{line} ")[0]
    try:
        return shlex.split(end.replace("…", VALUE).replace("'", "").rstrip('".,:'))
    except ValueError:
        return shlex.split(end.replace('"', "").replace("…", VALUE).replace("'", ""))


def _of_the_command(command: Any, words: list[str]) -> list[str]:
    """Without the rest of the sentence, which begins with a word in small letters."""
    kept: list[str] = []
    flags = {name for one in command.params if getattr(one, "is_flag", False) for name in one.opts}
    places = sum(one.param_type_name == "argument" for one in command.params)
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        if not word.startswith("-") and (not before.startswith("--") or before in flags):
            places -= 1
            if places < 0:
                break
        kept.append(word)
    return kept


def test_every_command_that_is_advised_can_be_typed_as_it_stands() -> None:
    found = {f"{path}: {line}": wrong_with(line) for line, path in named(CALL).items()}
    assert {line: wrong for line, wrong in found.items() if wrong is not None} == {}
    assert len(found) > 40


@pytest.mark.parametrize(
    "line",
    [
        "models rollback 1",
        "models rolback 1 --reason 1",
        "audit resume",
        "outbox settle",
        "people list --everybody",
        "nothing",
    ],
)
def test_advice_that_does_not_work_is_noticed(line: str) -> None:
    assert wrong_with(line) is not None


@pytest.mark.parametrize(
    "line",
    [
        'models rollback rubric --reason "why"',
        "down, then leadflow up.",
        "audit verify --since 1",
        "keys create prometheus --scope metrics.read",
    ],
)
def test_advice_that_works_is_taken_for_it(line: str) -> None:
    assert wrong_with(line) is None


def test_every_setting_that_is_named_exists() -> None:
    fields = {f"LEADFLOW_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    found = named(SETTING)
    assert {name: where for name, where in found.items() if name not in fields} == {}
    assert len(found) > 10


def test_every_address_that_is_named_is_answered() -> None:
    there = {
        (method, re.sub(r"\{[^}]*\}", "*", route.path))
        for route in every_route(application())
        for method in route.methods or ()
    }
    own = re.compile(r"\{[^}]*\}|\b(?:ID|[A-Z]+)\b")
    found = {
        (method, own.sub("*", path).replace(f"/{VALUE}", "/*").rstrip("/") or "/"): where
        for (method, path), where in named(ADDRESS).items()
        if not where.startswith(("src/leadflow/integrations/prefect", "deployments"))
    }
    assert {one: where for one, where in found.items() if one not in there} == {}
    assert len(found) > 3


def test_every_make_target_and_guide_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert {
        name: where
        for name, where in named(TARGET).items()
        if name in targets or name.startswith(("bench-", "test-"))
    }.keys() <= targets | {f"bench-{one.stem}" for one in (PROJECT / "benchmarks").glob("*.py")}
    guides = named(GUIDE)
    assert {name: where for name, where in guides.items() if not (PROJECT / name).exists()} == {}


def test_what_the_alarms_advise_is_there() -> None:
    content = yaml.safe_load((PROJECT / "deployments/prometheus/leadflow_alerts.yml").read_text())
    rules = [rule for group in content["groups"] for rule in group["rules"]]
    assert all(wrong_with(line) is None for rule in rules for line in CALL.findall(str(rule)))

"""The code that a registered model brings along, so that it opens where Leadflow is not installed.

The modules that scoring needs, and those alone, are gathered in one package whose name holds a hash
of them: it meets no other package called ``models``, and two models that were made by different
code open side by side in one process.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

FIRST = "models.pyfunc"
OURS = ("models", "features")
ROOT = Path(__file__).parents[1]
# What no model that is opened elsewhere may ask for.
OF_THE_HOUSE = frozenset({"leadflow", "deployments", "flows", "tasks", "expectations", "prefect"})
_IMPORT = re.compile(rf"^(\s*from )({'|'.join(OURS)})(?=[. ])", re.MULTILINE)


class NotSelfContained(RuntimeError):
    """What scores imports a part of the house that no model brings along."""


def package_name() -> str:
    """The package's name: the same as long as no module of it changes."""
    digest = sha256()
    for name, text in _modules():
        digest.update(f"{name}\0{text}\0".encode())
    return f"leadflow_scorecard_{digest.hexdigest()[:12]}"


def write_package(directory: Path) -> Path:
    """Write the package into the folder; returns its own folder."""
    package = directory / package_name()
    for name in OURS:
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").touch()
    (package / "__init__.py").write_text('"""Scores leads by the scorecard beside it."""\n')
    for name, text in _modules():
        renamed = _IMPORT.sub(rf"\g<1>{package.name}.\g<2>", text)
        (package / f"{name.replace('.', '/')}.py").write_text(renamed)
    return package


def outside_packages() -> frozenset[str]:
    """The packages of others that the code imports as it is loaded, the standard library among
    them."""
    trees = (ast.parse(text) for _, text in _modules())
    named = (name for tree in trees for name in _imported(tree.body))
    return frozenset(name.split(".")[0] for name in named) - frozenset(OURS)


@cache
def _modules() -> tuple[tuple[str, str], ...]:
    """Name and text of each module that the first one needs, by name."""
    found: dict[str, str] = {}
    waiting = [FIRST]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = (ROOT / f"{name.replace('.', '/')}.py").read_text()
        for needed in _imported(ast.walk(ast.parse(found[name]))):
            head = needed.split(".")[0]
            if head in OF_THE_HOUSE:
                raise NotSelfContained(f"{name} imports {needed}, and is needed to score.")
            if head in OURS:
                waiting.append(needed)
    return tuple(sorted(found.items()))


def _imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The modules that these statements import."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)

"""Files of campaigns and of their scenarios: read with every fault's file and line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import yaml

from leadflow import plain_yaml
from leadflow.campaigns.definitions.explaining import WHOLE
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.scenarios.reading import read_scenarios
from leadflow.campaigns.scenarios.schemas import Scenario
from leadflow.conditions.problems import Problem, RuleSetInvalid
from leadflow.configuration.files import SUFFIXES, Fault
from leadflow.configuration.places import line_of
from leadflow.rules.text_format import TextRefused, load_rules

SCENARIOS = ".scenarios"
Read = Callable[[Any], dict[str, Program]]
T = TypeVar("T")


class FilesInvalid(ValueError):
    """Files that cannot be used; ``faults`` has everything that is wrong, by file and line."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        # The same of one line is said once.
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def campaign_files(paths: Sequence[Path]) -> list[Path]:
    """The files of campaigns that are named: those of a folder, however deep, and files.

    Raises:
        FilesInvalid: a path is not there, or a folder has none.
    """
    found: list[Path] = []
    for path in paths:
        inside = list(_inside(path)) if path.is_dir() else [path]
        if not path.exists():
            raise FilesInvalid([Fault(str(path), 1, "There is no such file or folder.")])
        if _is_scenarios(path):
            name = path.name.replace(SCENARIOS, "")
            said = f"These are scenarios. Name the campaigns that they are about: {name}."
            raise FilesInvalid([Fault(str(path), 1, said)])
        if not inside:
            said = "There are no campaigns in it: files whose names end in .yaml."
            raise FilesInvalid([Fault(str(path), 1, said)])
        found += inside
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and path.suffix in SUFFIXES and not hidden and not _is_scenarios(path):
            yield path


def _is_scenarios(path: Path) -> bool:
    return path.stem.endswith(SCENARIOS)


def scenarios_beside(path: Path) -> Path:
    """Where the scenarios of a file of campaigns stand: ``x.scenarios.yaml`` beside ``x.yaml``."""
    return path.with_name(f"{path.stem}{SCENARIOS}{path.suffix}")


def read_files(paths: Sequence[Path], read: Read) -> dict[Path, dict[str, Program]]:
    """The campaigns of each file.

    Raises:
        FilesInvalid: everything that is wrong with any of them.
    """
    found: dict[Path, dict[str, Program]] = {}
    faults: list[Fault] = []
    first: dict[str, Path] = {}
    for path in paths:
        try:
            found[path] = _read(path, read)
        except FilesInvalid as error:
            faults += error.faults
            continue
        for name in found[path]:
            if first.setdefault(name, path) != path:
                line = _line(path, f"campaigns.{name}")
                said = f"{first[name]} has a campaign {name} too; give each a name of its own."
                faults.append(Fault(str(path), line, said))
    if faults:
        raise FilesInvalid(faults)
    return found


def read_scenario_files(
    files: Mapping[Path, dict[str, Program]],
) -> dict[Path, tuple[Scenario, ...]]:
    """The scenarios beside each file of campaigns, which are about those; none where there is no
    such file.

    Raises:
        FilesInvalid: everything that is wrong with any of them.
    """
    found: dict[Path, tuple[Scenario, ...]] = {}
    faults: list[Fault] = []
    for path, programs in files.items():
        beside = scenarios_beside(path)
        about = partial(read_scenarios, programs=programs)
        try:
            found[path] = _read(beside, about) if beside.is_file() else ()
        except FilesInvalid as error:
            faults += error.faults
    if faults:
        raise FilesInvalid(faults)
    return found


def _read(path: Path, read: Callable[[Any], T]) -> T:
    try:
        return read(load_rules(path))
    except TextRefused as error:
        found = [Fault(str(path), error.line, one.problem) for one in error.problems]
        raise FilesInvalid(found) from error
    except RuleSetInvalid as error:
        found = [
            Fault(str(path), _line(path, one.place), _with_place(one)) for one in error.problems
        ]
        raise FilesInvalid(found) from error


def _with_place(problem: Problem) -> str:
    whole = problem.place == WHOLE
    return problem.problem if whole else f"{problem.place}: {problem.problem}"


def _line(path: Path, place: str) -> int:
    try:
        tree = plain_yaml.tree(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return 1
    return 1 if tree is None else line_of(tree, place)

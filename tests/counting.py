"""Lines are counted of our own code: what packages of others do as they are loaded is not watched.

Watching makes Python two to three times as slow, whoever's code it runs; and loading the packages
of others, Great Expectations, CrewAI and Prefect among them, is most of what a test run loads.
"""

import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

# Counted, or loads what is counted.
OURS = frozenset(
    {
        "benchmarks",
        "clients",
        "deployments",
        "expectations",
        "features",
        "flows",
        "leadflow",
        "models",
        "tasks",
        "tests",
    }
)


class Unwatched(MetaPathFinder):
    """Finds modules of others where Python does, and has them loaded without being watched."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As Python's own."""
        if fullname.partition(".")[0] in OURS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        loader = None if spec is None else spec.loader
        if isinstance(loader, SourceFileLoader):
            load = partial(unwatched, loader.exec_module)
            loader.exec_module = load  # type: ignore[method-assign]
        return spec


def unwatched(load: Callable[[ModuleType], None], module: ModuleType) -> None:
    """Load a module; whoever watches goes on in the very place afterwards."""
    watching = sys.gettrace()
    if watching is None:
        load(module)
        return
    sys.settrace(None)
    try:
        load(module)
    finally:
        sys.settrace(watching)


def load_others_unwatched() -> None:
    """From now on, in this process."""
    sys.meta_path.insert(sys.meta_path.index(PathFinder), Unwatched())

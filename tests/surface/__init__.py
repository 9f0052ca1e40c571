"""What others see of Leadflow, each part as lines of text that a diff shows well.

``make surface`` writes them; ``tests/unit/test_surface.py`` says when they are behind.
"""

from collections.abc import Callable
from pathlib import Path

from tests.surface.addresses import addresses, permissions
from tests.surface.commands import commands
from tests.surface.decisions import acts, decision_kinds, rule_actions
from tests.surface.deployments import deployments
from tests.surface.event_types import event_types
from tests.surface.settings import env_example, settings

PROJECT = Path(__file__).parents[2]
PARTS: dict[str, Callable[[], str]] = {
    "tests/surface/addresses.txt": addresses,
    "tests/surface/permissions.txt": permissions,
    "tests/surface/deployments.txt": deployments,
    "tests/surface/settings.txt": settings,
    "tests/surface/commands.txt": commands,
    "tests/surface/event_types.txt": event_types,
    "tests/surface/acts.txt": acts,
    "tests/surface/decision_kinds.txt": decision_kinds,
    "tests/surface/rule_actions.txt": rule_actions,
    ".env.example": env_example,
}


def write() -> list[str]:
    """Write every part as it is now; the files that changed."""
    changed = []
    for name, part in PARTS.items():
        path, wanted = PROJECT / name, part()
        if not path.exists() or path.read_text() != wanted:
            path.write_text(wanted)
            changed.append(name)
    return changed

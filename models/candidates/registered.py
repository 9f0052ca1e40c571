"""The kinds of model of your own that take part: of this room, of other packages, of a notebook."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import Any, TypeVar

from models import candidates
from models.candidates import CANDIDATES, SETTINGS, YARDSTICK
from models.candidates.own import OwnCandidate

logger = logging.getLogger(__name__)
GROUP = "leadflow.candidates"
NAME = re.compile(r"[a-z][a-z0-9 .-]{1,48}")
Kind = TypeVar("Kind", bound=type[OwnCandidate])
_registered: dict[str, OwnCandidate] = {}


class CandidateRefused(ValueError):
    """A class that cannot take part; the message says what to change."""


@dataclass(frozen=True)
class Own:
    """Your candidates by name, and why others of other packages take no part, by name."""

    present: Mapping[str, OwnCandidate]
    absent: Mapping[str, str]


def register(kind: Kind) -> Kind:
    """Let a class take part in the trainings of this process; the last one of a name counts.

    Raises:
        CandidateRefused: it has no name, or one that is taken.
    """
    name = getattr(kind, "name", "")
    if not (isinstance(kind, type) and issubclass(kind, OwnCandidate)):
        raise CandidateRefused(f"{kind!r} is no class derived from OwnCandidate.")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise CandidateRefused(
            f"{kind.__name__} needs a name of small letters, figures, spaces, points and hyphens, "
            "2 to 49 of them."
        )
    if name in (*CANDIDATES, YARDSTICK):
        raise CandidateRefused(f"There is a candidate called {name} already: choose another name.")
    _registered[name] = kind()
    return kind


def own_candidates() -> Own:
    """Every candidate of your own."""
    absent = _load()
    return Own(dict(sorted(_registered.items())), absent)


def settings_of(name: str, seed: int) -> Mapping[str, Any]:
    """What a candidate is set to: its hyperparameters by name."""
    own = own_candidates().present.get(name)
    if own is None:
        return SETTINGS.get(name, {})
    found: Mapping[str, Any] = own.classifier(seed).get_params()
    return found


@cache
def _load() -> Mapping[str, str]:
    """Read this room and what other packages offer, once; why what did not load did not."""
    for found in iter_modules(candidates.__path__):
        import_module(f"{candidates.__name__}.{found.name}")
    absent = {}
    for offered in entry_points(group=GROUP):
        try:
            register(offered.load())
        except Exception as error:
            # A package of others that is broken keeps nobody else from learning.
            logger.warning("candidate %s did not load", offered.name, exc_info=error)
            absent[offered.name] = f"it did not load ({type(error).__name__})"
    return absent

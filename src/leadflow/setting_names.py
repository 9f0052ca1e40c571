"""Names that look like settings and are none: a misspelt one would go unnoticed."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from leadflow.settings import Settings

PREFIX = "LEADFLOW_"
# Read from the environment and no settings of an installation: a traceback where there would be a
# sentence, how thorough tests are, and what the supervisor tells MLflow's pages.
OTHERS = frozenset({"LEADFLOW_DEBUG", "LEADFLOW_TESTS", "LEADFLOW_MLFLOW_SIGN_IN"})


def unknown_settings(variables: Mapping[str, str], file: Path) -> list[str]:
    """A sentence for each variable, and each line of the file ``.env``, that begins like a setting
    and is none; with the nearest that there is."""
    return [
        *_sentences(variables, "in the environment"),
        *_sentences(_names_in(file), f"in {file}"),
    ]


def _sentences(names: Iterable[str], where: str) -> list[str]:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | OTHERS
    said = []
    for name in sorted(names):
        if not name.upper().startswith(PREFIX) or name.upper() in known:
            continue
        near = get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else "docs/settings.md has those there are."
        said.append(f"{name} ({where}) is no setting: {hint}")
    return said


def _names_in(file: Path) -> list[str]:
    from dotenv import dotenv_values

    return list(dotenv_values(file)) if file.is_file() else []

"""The code that trained a model: the installed version, and the commit where there is one."""

import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class CodeVersion:
    """``package`` is the installed version; ``commit`` is empty outside a git checkout, and
    ``changed`` says that files differed from it."""

    package: str
    commit: str
    changed: bool

    def __str__(self) -> str:
        at = f" at {self.commit[:12]}" if self.commit else ""
        return f"{self.package}{at}{' with local changes' if self.changed else ''}"


def code_version(project: Path = PROJECT) -> CodeVersion:
    """The version of this code; asks git where the project is a checkout of its own."""
    try:
        package = version("leadflow")
    except PackageNotFoundError:
        package = "not installed"
    if not (project / ".git").exists():
        return CodeVersion(package, "", False)
    commit = _git(project, "rev-parse", "HEAD")
    return CodeVersion(package, commit, bool(commit and _git(project, "status", "--porcelain")))


def _git(project: Path, *words: str) -> str:
    """What git answers, or nothing where it does not."""
    try:
        answer = subprocess.run(
            ["git", *words], cwd=project, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""

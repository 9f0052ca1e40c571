"""Make the client from the gateway's own description of itself; ``make client`` runs it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from leadflow.gateway.application import create_app

HERE = Path(__file__).parent
CONFIG = HERE / "generator.yaml"
PACKAGE = "leadflow_client"


def generate(into: Path, description: dict[str, Any] | None = None) -> Path:
    """Write the package into a folder, in the place of an older one; returns where it is. It is
    made from this description of the API, or else from that of a new gateway.

    Raises:
        subprocess.CalledProcessError: some of the description cannot be made a client of.
    """
    with tempfile.TemporaryDirectory() as folder:
        document, made = Path(folder) / "openapi.json", Path(folder) / PACKAGE
        document.write_text(json.dumps(description or create_app().openapi()))
        # What is made is put in order by ruff, which is found beside this interpreter.
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        asked = ("generate", "--path", document, "--output-path", made, "--config", CONFIG)
        subprocess.run(
            [
                *(sys.executable, "-m", "openapi_python_client", *map(str, asked)),
                *("--meta", "none", "--fail-on-warning"),
            ],
            env=os.environ | {"PATH": tools},
            cwd=folder,
            check=True,
        )
        target = into / PACKAGE
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target, ignore=shutil.ignore_patterns(".ruff_cache"))
    return target


def main() -> None:
    """Write it beside this file."""
    target = generate(HERE)
    files = len(list(target.rglob("*.py")))
    sys.stdout.write(f"{files} files in {target}. Install it: pip install {HERE}\n")


if __name__ == "__main__":
    main()

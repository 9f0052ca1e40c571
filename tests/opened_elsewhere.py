"""Python without Leadflow: its own packages are there, nothing of the project is."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from sysconfig import get_path
from typing import Any

# Folders that an editable install names in ``.pth`` files are not looked at without ``site``.
BARE = """
import sys
sys.path.append({packages!r})
for name in ("leadflow", "models", "features", "prefect"):
    sys.modules[name] = None  # importing it fails
import json
import pandas as pd
{opening}
frame = pd.DataFrame(json.loads(sys.stdin.read()))
print(json.dumps(opened.predict(frame).to_dict("records")))
"""
BY_MLFLOW = "import mlflow.pyfunc; opened = mlflow.pyfunc.load_model({where!r})"
BY_HAND = """
sys.path.append({code!r})
from {package}.models.pyfunc import _load_pyfunc
opened = _load_pyfunc({files!r})
"""


def answers(opening: str, leads: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """What the model that ``opening`` opens says of leads, in a process of its own."""
    program = BARE.format(packages=get_path("purelib"), opening=opening)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        input=json.dumps([dict(lead) for lead in leads]),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path("/"),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found

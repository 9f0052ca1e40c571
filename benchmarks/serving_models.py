"""A registered model where there is no Leadflow: ``mlflow models serve`` in a bare environment.

Run it with ``python -m benchmarks.serving_models``; ``rows`` is for other benchmarks of features
and models. The environment is made anew, with what the model itself asks for and nothing else.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
from rich.console import Console

from benchmarks.rows import Row, publish
from models.pyfunc import NUMBERS, ScorecardFunction

WAIT_SECONDS, TURNS, MANY = 180.0, 50, 1000
ALIKE = 1e-9


def bare_environment(folder: Path, requirements: Path) -> Path:
    """A virtual environment with these packages alone; its Python."""
    python, uv = folder / "bin" / "python", Path(sys.executable).parent / "uv"
    for step in (
        ("venv", "--quiet", "--python", sys.executable, str(folder)),
        ("pip", "install", "--quiet", "--python", str(python), "-r", str(requirements)),
    ):
        # The project's own pins are not looked for above the working folder.
        subprocess.run([str(uv), *step], check=True, cwd=folder.parent)
    return python


@contextmanager
def model_server(python: Path, model: str, env: Mapping[str, str]) -> Iterator[str]:
    """``mlflow models serve`` of a model, ready; where it takes leads. ``env`` says where the
    registry is and how to sign in there."""
    from tests.servers import free_port

    port = free_port()
    command = [str(python), "-I", "-m", "mlflow", "models", "serve", "--model-uri", model]
    where = ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    path = f"{python.parent}:{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, *where],
            env={**kept, "PATH": path, **env},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/ping", server)
            yield f"http://127.0.0.1:{port}/invocations"
        finally:
            server.terminate()
            server.wait(WAIT_SECONDS)


def ask(address: str, frame: pd.DataFrame) -> pd.DataFrame:
    """What the server says of leads."""
    known = frame.astype(object).where(frame.notna(), None).to_dict("records")
    answer = httpx.post(address, json={"dataframe_records": known}, timeout=60)
    answer.raise_for_status()
    return pd.DataFrame(answer.json()["predictions"])


def apart(ours: pd.DataFrame, theirs: pd.DataFrame) -> float:
    """The largest difference of any number said of the same leads; infinite where reasons
    differ."""
    if ours["reasons"].tolist() != theirs["reasons"].tolist():
        return float("inf")
    numbers = list(NUMBERS)
    return float(np.abs(ours[numbers].to_numpy() - theirs[numbers].to_numpy()).max())


def rows(python: Path, model: str, env: Mapping[str, str], own: ScorecardFunction) -> list[Row]:
    """What a served model costs beside the same scorecard in this process; the leads are made
    up."""
    from tests.unit.models.made_up_leads import make

    leads = make(MANY, seed=7).frame
    begun = time.perf_counter()
    with model_server(python, model, env) as address:
        ready = time.perf_counter() - begun
        one = leads.head(1)
        difference = apart(own.predict(leads), ask(address, leads))
        return [
            Row("a served model differs from one in process", difference, "", None, ALIKE),
            Row("a served model is ready after", ready, "s"),
            _row("one lead", lambda: ask(address, one), lambda: own.predict(one)),
            _row(f"{MANY:,} leads", lambda: ask(address, leads), lambda: own.predict(leads)),
        ]


def _row(name: str, served: Callable[[], Any], here: Callable[[], Any]) -> Row:
    return Row(
        f"{name}, served", _middle(served), "ms", peer="in process", peer_value=_middle(here)
    )


def _middle(act: Callable[[], Any]) -> float:
    """Milliseconds, in the middle of many turns."""
    taken = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken)) * 1000


def _wait_until_ready(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the model server ended with {server.returncode}")
        try:
            if httpx.get(address, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise TimeoutError(f"no model server at {address}")


def served() -> list[Row]:
    """Learn from made-up leads, log the model, serve it in an environment that has nothing but what
    it asks for, measure."""
    from models.recording import quiet_mlflow
    from models.registered_model import log_scorecard
    from models.scorecard_files import write_scorecard
    from tests.unit.models.made_up_leads import learn, make

    scorecard = learn("additive boosting", make(2000))
    mlflow = quiet_mlflow()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        experiment = mlflow.create_experiment("served", (folder / "artifacts").as_uri())
        write_scorecard(scorecard, folder / "scorecard")
        with mlflow.start_run(experiment_id=experiment):
            logged = log_scorecard(mlflow, scorecard, folder / "scorecard")
        [requirements] = (folder / "artifacts").rglob("requirements.txt")
        python = bare_environment(folder / "bare", requirements)
        env = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
        return rows(python, logged.model_uri, env, ScorecardFunction(scorecard))


def main() -> int:
    """Measure, print and write; 1 if a bound does not hold."""
    from leadflow.settings import get_settings

    home, console = get_settings().home, Console(width=110)
    return publish("serving_models", "A served model", served(), home, console)


if __name__ == "__main__":
    sys.exit(main())

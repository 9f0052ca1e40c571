"""Ask a gateway of its own everything that its description says, as every role and as a program."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

HERE = Path(__file__).parent
PROGRAM = "program"
PASSWORD = "correct horse battery"
EXAMPLES = 60


def callers() -> list[str]:
    """Every role, and a program that may do whatever a program can."""
    from leadflow.accounts.permissions import Role

    return [PROGRAM, *(role.value for role in Role)]


def token_for(caller: str) -> str:
    """What shows that it is them."""
    from leadflow.accounts.keys import ANYBODY, create_key
    from leadflow.accounts.people import add_person
    from leadflow.accounts.permissions import SCOPES
    from leadflow.accounts.signing_in import sign_in
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        if caller == PROGRAM:
            return create_key(session, PROGRAM, sorted(SCOPES), [ANYBODY])
        name = f"contract-{caller}"
        add_person(session, name, name, [caller], "test", password=PASSWORD)
        token, why = sign_in(session, name, PASSWORD, datetime.now(UTC), 12, "test")
    assert token is not None, why
    return token


def ask(address: str, token: str, examples: int, *more: str) -> subprocess.CompletedProcess[str]:
    """Everything, with so many made-up requests an address; the exit code is 0 where all held."""
    command = ["schemathesis", "--config-file", str(HERE / "schemathesis.toml")]
    asked = ["run", f"{address}/openapi.json", "-n", str(examples), "--no-color", *more]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [str(Path(sys.executable).parent / command[0]), *command[1:], *asked],
            env=os.environ | {"LEADFLOW_CONTRACT_TOKEN": token},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@contextmanager
def gateway_of_its_own(home: Path) -> Iterator[str]:
    """The address of a gateway on an empty store."""
    from tests.servers import free_port

    for name in [name for name in os.environ if name.startswith("LEADFLOW_")]:
        del os.environ[name]
    ports = {f"LEADFLOW_{name}_PORT": str(free_port()) for name in ("GATEWAY", "PREFECT", "MLFLOW")}
    os.environ |= ports | {"LEADFLOW_HOME": str(home), "LEADFLOW_MODEL_NAME": "nothing-promoted"}

    from leadflow.composition import compose
    from leadflow.database import embedded
    from leadflow.settings import get_settings
    from leadflow.supervisor.child import Child
    from leadflow.supervisor.preparing import prepare_database
    from leadflow.supervisor.services import gateway

    compose()
    settings = get_settings()
    prepare_database(settings)
    child = Child(gateway(settings), settings.home / "logs")
    try:
        child.wait_healthy(120)
        yield settings.gateway_url
    finally:
        child.terminate()
        child.end(time.monotonic() + 15)
        embedded.stop(settings.home)


def main(examples: int, chosen: list[str]) -> int:
    """Ask as each caller; the exit code is 1 where anything did not hold."""
    broken, console = [], Console()
    with (
        tempfile.TemporaryDirectory(prefix="leadflow-contract-") as folder,
        gateway_of_its_own(Path(folder) / "home") as address,
    ):
        for caller in chosen or callers():
            begun = time.monotonic()
            answer = ask(address, token_for(caller), examples)
            held = answer.returncode == 0
            said = "held" if held else "BROKEN"
            console.print(f"{caller:18} {said} {time.monotonic() - begun:5.0f} s")
            if not held:
                broken.append(caller)
                console.print(answer.stdout, markup=False, highlight=False)
    return int(bool(broken))


if __name__ == "__main__":
    count = int(sys.argv[1]) if sys.argv[1:] else EXAMPLES
    sys.exit(main(count, sys.argv[2:]))

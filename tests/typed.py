"""Commands as they are typed: each in a process of its own, in which no room has been loaded yet.

A fresh interpreter spends three seconds on packages of others before it comes to ours. So one
process loads those, and the command line as it is before it has read a word, and each command is a
fork of it: what a command needs of ours and does not import itself, it does not have. There is one
such process in a test run.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What takes long to import, and is not ours.
OF_OTHERS = (
    "alembic.command",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "email_validator",
    "httpcore",
    "httpx",
    "inscriptis",
    "jinja2",
    "jsonschema",
    "numpy",
    "pandas",
    "psutil",
    "psycopg",
    "pydantic_settings",
    "sqlalchemy.orm",
    "structlog",
    "yaml",
)
LONGEST = 300
WIDE = {"COLUMNS": "200"}
FORKED: "list[subprocess.Popen[str]]" = []


@dataclass(frozen=True)
class Told:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


@dataclass
class Terminal:
    """Where commands are typed: one installation, in one folder."""

    process: "subprocess.Popen[str]"
    environment: dict[str, str]
    folder: Path

    def type(self, *words: str, typed: str = "", folder: Path | None = None, **more: str) -> Told:
        """Run ``leadflow`` with these words; ``typed`` is what is entered while it runs, ``more``
        are variables of the environment."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {
            "words": words,
            "typed": typed,
            "environment": self.environment | more,
            "folder": str(folder or self.folder),
        }
        try:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            return Told(**json.loads(self.process.stdout.readline()))
        except BaseException:
            # Its answer would be read by whoever types next.
            self.process.kill()
            self.process.wait()
            raise


@contextmanager
def terminal(folder: Path, **environment: str) -> Iterator[Terminal]:
    """A terminal in this folder."""
    if not FORKED or FORKED[-1].poll() is not None:
        FORKED.append(_loaded())
    yield Terminal(FORKED[-1], os.environ | WIDE | environment, folder)


def _loaded() -> "subprocess.Popen[str]":
    """The process of which each command is a fork."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.typed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env=os.environ | WIDE,
    )


def end() -> None:
    """End it, where there is one."""
    while FORKED:
        with FORKED.pop() as process:
            if process.stdin is not None and process.poll() is None:
                process.stdin.close()


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out:
        given.write(asked["typed"].encode())
        given.seek(0)
        with tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                for number, stream in enumerate((given, out, err)):
                    os.dup2(stream.fileno(), number)
                _run(asked)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said = []
            for stream in (out, err):
                stream.seek(0)
                said.append(stream.read().decode())
    return {"code": code, "out": said[0], "err": said[1]}


def _run(asked: dict[str, Any]) -> None:
    """In the fork: the command line, from its first word to its end."""
    import signal
    import traceback

    from leadflow.cli.console import console, errors
    from leadflow.cli.main import main

    signal.alarm(LONGEST)
    # Their buffers may hold what was meant for the process that this is a fork of.
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.clear()
    os.environ.update(asked["environment"])
    # They looked up how wide they are as the process began of which this is a fork.
    console.width = errors.width = int(os.environ["COLUMNS"])
    os.chdir(asked["folder"])
    sys.argv = ["leadflow", *asked["words"]]
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    try:
        import atexit

        atexit._run_exitfuncs()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    for package in OF_OTHERS:
        __import__(package)
    import leadflow.cli.main  # noqa: F401

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()

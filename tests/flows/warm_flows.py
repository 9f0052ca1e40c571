"""Flows for the tests of the warm worker: one that works, and the ways in which one does not."""

import time
from datetime import datetime
from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from sqlalchemy.orm import Session

from leadflow.settings import Settings


def never(session: Session, settings: Settings, now: datetime) -> bool:
    """There is nothing to do."""
    return False


@task
def step(words: str) -> str:
    create_markdown_artifact(words, key="warm-artifact")
    return words


@flow(timeout_seconds=60)
def works(words: str = "done") -> str:
    get_run_logger().info("said by the flow: %s", words)
    return step(words)


@flow(timeout_seconds=120)
def takes(seconds: float, mark: str) -> None:
    """Works for so long, in steps that can be broken into; leaves a file once it has begun."""
    Path(mark).touch()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.05)


@flow(timeout_seconds=2)
def hangs() -> None:
    while True:
        time.sleep(0.05)


@flow(timeout_seconds=2)
def hangs_for_good(seconds: float = 600) -> None:
    time.sleep(seconds)


@flow(timeout_seconds=60)
def fails() -> None:
    raise ValueError("as it should")


@flow(timeout_seconds=60)
def crashes() -> None:
    raise SystemExit(3)

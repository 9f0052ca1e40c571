"""Waiting as long as something is on its way, and saying what is waited for."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from leadflow.cli.console import aside
from leadflow.supervisor.child import ServiceFailed

PAUSE_SECONDS = 0.5
AGAIN_SECONDS = 60.0
T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """Where something is on its way, in words; ``over``: it is not, and never will be there."""

    words: str
    over: bool = False


def wait(
    done: Callable[[], T | None],
    look: Callable[[], Stage],
    say: Callable[[str], None] = aside,
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """What ``done`` gives, once it gives something. Each new stage is said; one that takes long is
    said again each minute.

    Raises:
        ServiceFailed: it is not on its way any more; the message says where it ended.
    """
    said, since = "", time.monotonic()
    while (found := done()) is None:
        stage = look()
        if stage.over:
            # It may have come about between the two looks.
            if (found := done()) is not None:
                return found
            raise ServiceFailed(stage.words)
        if stage.words != said:
            say(f"{stage.words} …")
            said, since = stage.words, time.monotonic()
        elif time.monotonic() - since > AGAIN_SECONDS:
            say(f"Still so: {stage.words} …")
            since = time.monotonic()
        pause(PAUSE_SECONDS)
    return found

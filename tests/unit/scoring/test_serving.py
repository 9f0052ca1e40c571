"""The scorer in memory follows the champion without a pause."""

import time

import pytest

from leadflow.scoring.levels import level
from leadflow.scoring.serving.process_scorer import ServingScorer
from leadflow.settings import Settings


class Named:
    """Stands for a scorer: only its version matters here."""

    features = ()
    regime = "model"

    def __init__(self, version: str) -> None:
        self.version = version

    def score(self, frame: object) -> object:
        raise AssertionError("not scored here")


def wait_until(check: object, seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_a_new_champion_is_picked_up_without_a_restart() -> None:
    champion = ["1"]
    serving = ServingScorer(
        load=lambda: Named(champion[0]),  # type: ignore[arg-type,return-value]
        version=lambda: champion[0],
        refresh_seconds=0.01,
    )
    serving.start()
    assert serving.current().version == "1"
    champion[0] = "2"
    wait_until(lambda: serving.current().version == "2")
    serving.stop()


def test_the_old_champion_goes_on_serving_while_the_registry_does_not_answer() -> None:
    broken = [False]

    def version() -> str:
        if broken[0]:
            raise ConnectionError("no answer")
        return "1"

    serving = ServingScorer(
        load=lambda: Named("1"),  # type: ignore[arg-type,return-value]
        version=version,
        refresh_seconds=0.01,
    )
    serving.start()
    serving.current()
    broken[0] = True
    wait_until(lambda: serving.error is not None)
    assert serving.current().version == "1"
    broken[0] = False
    wait_until(lambda: serving.error is None)
    serving.stop()


@pytest.mark.parametrize(
    ("total", "name"),
    [(100, "hot"), (70, "hot"), (69.9, "warm"), (50, "warm"), (30, "cold"), (29, "unqualified")],
)
def test_levels_begin_at_their_thresholds(total: float, name: str) -> None:
    assert level(total, Settings()) == name

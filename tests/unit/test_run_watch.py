"""Runs of killed processes: when the watch looks for them, and when it must not."""

from datetime import UTC, datetime, timedelta

from leadflow.background.run_watch import LOST_AFTER, RunWatch

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Prefect:
    """A Prefect server that notes what it is asked for."""

    def __init__(self) -> None:
        self.up, self.asked = True, list[str]()

    def healthy(self) -> bool:
        return self.up

    def start_lost_again(self, pool: str, now: datetime, patience: timedelta) -> list[str]:
        self.asked.append("start")
        return []

    def end_silent(self, pool: str, now: datetime, patience: timedelta) -> list[str]:
        self.asked.append("end")
        return ["a run"]

    def end_cancelling(self, pool: str, now: datetime, patience: timedelta) -> list[str]:
        return []


def test_silence_counts_only_while_the_server_could_be_heard() -> None:
    prefect = Prefect()
    watch = RunWatch(prefect, "pool")  # type: ignore[arg-type]
    watch.look(START)
    assert prefect.asked == ["start"]
    watch.look(START + LOST_AFTER)
    assert prefect.asked == ["start", "start", "end"]
    prefect.up = False
    watch.look(START + 2 * LOST_AFTER)
    prefect.up, prefect.asked = True, []
    watch.look(START + 3 * LOST_AFTER)
    assert prefect.asked == ["start"]
    watch.look(START + 4 * LOST_AFTER)
    assert prefect.asked == ["start", "start", "end"]

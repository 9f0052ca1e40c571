"""The demo waits for what is on its way, says what that is, and answers as is proposed."""

from pathlib import Path

import pytest

from leadflow.cli.demo.gate import proposed
from leadflow.cli.demo.people import ROLES, password_of
from leadflow.cli.demo.serving import taken_up
from leadflow.cli.demo.waiting import AGAIN_SECONDS, Stage, wait
from leadflow.settings import Settings
from leadflow.supervisor.child import ServiceFailed

LATE = Stage("its worker is still busy starting others")
AT_WORK = Stage("the gate's run is at work")


class Clockwork:
    """What a wait sees, one after another; its pauses take no time."""

    def __init__(self, stages: list[Stage], done_after: int | None) -> None:
        self.stages, self.done_after = stages, done_after
        self.looks, self.said = 0, list[str]()

    def done(self) -> str | None:
        over = self.done_after is not None and self.looks >= self.done_after
        return "answered" if over else None

    def look(self) -> Stage:
        self.looks += 1
        return self.stages[min(self.looks, len(self.stages)) - 1]

    def run(self) -> str:
        return wait(self.done, self.look, self.said.append, lambda seconds: None)


def test_it_waits_however_long_something_is_on_its_way_and_names_each_stage_once() -> None:
    night = Clockwork([LATE] * 5000 + [AT_WORK], done_after=5001)
    assert night.run() == "answered"
    assert night.said == [f"{LATE.words} …", f"{AT_WORK.words} …"]


def test_what_takes_minutes_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 100_000, int(AGAIN_SECONDS / 2)))
    monkeypatch.setattr("leadflow.cli.demo.waiting.time.monotonic", lambda: next(seconds))
    slow = Clockwork([LATE], done_after=9)
    assert slow.run() == "answered"
    assert slow.said[0] == f"{LATE.words} …"
    assert set(slow.said[1:]) == {f"Still so: {LATE.words} …"}


def test_what_is_not_on_its_way_any_more_is_not_waited_for() -> None:
    ended = Clockwork([LATE, Stage("The servers have ended.", over=True)], done_after=None)
    with pytest.raises(ServiceFailed, match="The servers have ended"):
        ended.run()
    assert ended.looks == 2


def test_what_came_about_in_the_last_moment_counts() -> None:
    assert Clockwork([Stage("It waits no more.", over=True)], done_after=1).run() == "answered"


@pytest.mark.parametrize(
    ("headline", "answer"),
    [
        ("Proposed: approve. The challenger is better than the expert rubric (AUC …)", "approve"),
        ("Proposed: reject. The challenger is worse than champion version 1", "reject"),
        ("Proposed: reject for now. Whether it is better cannot be told yet", "reject"),
        ("Proposed: reject, unless you accept what looks like a leak: x. It is better", "reject"),
        ("Somebody else's question", "reject"),
    ],
)
def test_the_demo_answers_as_is_proposed(headline: str, answer: str) -> None:
    assert proposed(headline) == answer


def test_a_password_of_the_demo_is_the_same_each_time_and_another_elsewhere(
    tmp_path: Path,
) -> None:
    here, elsewhere = (Settings(home=tmp_path / name) for name in ("here", "elsewhere"))
    first = {name: password_of(here, name) for name in ROLES}
    assert {name: password_of(here, name) for name in ROLES} == first
    others = {password_of(elsewhere, name) for name in ROLES}
    assert len({*first.values(), *others}) == 2 * len(ROLES)


def test_the_model_is_served_once_every_answer_of_the_gateway_names_it() -> None:
    old = {"status": "ok", "detail": "Scoring with rubric 1-ab4f1233"}
    new = {"status": "ok", "detail": "Scoring with blend 2"}
    starting = {"status": "starting", "detail": "Loading the champion."}
    assert taken_up("2", [new, new, new])
    for other in (old, starting, None, {"status": "down", "detail": "not version 2"}):
        assert not taken_up("2", [new, other, new])
    assert taken_up("1-ab4f1233", [old])
    assert not taken_up("2", [{"status": "ok", "detail": "Scoring with blend 12"}])

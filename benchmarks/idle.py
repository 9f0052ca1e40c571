"""What the servers of an installation use: processor time and memory, process by process."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from leadflow.supervisor.state import State


@dataclass(frozen=True)
class Use:
    """Seconds of processor time since each began, ended children included; megabytes, each shared
    page counted by its share (PSS); how many processes."""

    seconds: float
    megabytes: float
    processes: int

    def __add__(self, other: "Use") -> "Use":
        return Use(
            self.seconds + other.seconds,
            self.megabytes + other.megabytes,
            self.processes + other.processes,
        )


NOTHING = Use(0.0, 0.0, 0)


def use_by_server(state: State) -> dict[str, Use]:
    """Of the supervisor and of each server with all its descendants."""
    own = psutil.Process(state.supervisor.pid)
    found = {"supervisor": _use(own, with_ended=False)}
    for child in state.children:
        process = psutil.Process(child.pid)
        family = [process, *process.children(recursive=True)]
        found[child.name] = sum((_use(one, with_ended=True) for one in family), NOTHING)
    return found


def _use(process: psutil.Process, with_ended: bool) -> Use:
    try:
        times = process.cpu_times()
        ended = times.children_user + times.children_system if with_ended else 0.0
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except (psutil.Error, OSError):
        return NOTHING
    kilobytes = next(int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:")
    return Use(times.user + times.system + ended, kilobytes / 1024, 1)

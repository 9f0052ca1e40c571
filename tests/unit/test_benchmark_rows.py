"""What a benchmark measured is printed and kept, whatever kind of number it is."""

import json
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.rows import Row, publish


def test_numbers_of_numpy_are_judged_and_written(tmp_path: Path) -> None:
    rows = [
        Row("quick", np.float64(0.4), "ms", None, 0.5, "a peer", np.float64(12.0)),
        Row("slow", np.float64(390.0), "a second", 400.0),
        Row("shown only", float("nan"), ""),
    ]
    assert publish("sample", "A sample", rows, tmp_path, Console(quiet=True)) == 1
    written = json.loads((tmp_path / "bench" / "sample.json").read_text())
    assert [row["holds"] for row in written] == [True, False, None]
    assert publish("sample", "A sample", rows[:1], tmp_path, Console(quiet=True)) == 0

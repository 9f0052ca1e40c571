"""A background that dies in the middle of its work, again and again: see ``benchmarks.background``,
which does it fifty times."""

from rich.console import Console

from benchmarks.background import rows

KILLS = 3


def test_what_a_killed_background_had_begun_is_neither_lost_nor_done_twice() -> None:
    counted = {row.name: row for row in rows(Console(quiet=True), KILLS)}
    assert counted["acts written"].value == KILLS * 50
    assert [name for name, row in counted.items() if row.holds is False] == []

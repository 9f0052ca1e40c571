"""Leadflow's home is for its owner, however it was made."""

import os
import stat
from pathlib import Path

from leadflow.private import is_private, make_private


def test_others_get_nowhere_in_it(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    make_private(home)
    assert is_private(home)
    assert stat.S_IMODE(home.stat().st_mode) & 0o066 == 0


def test_one_that_was_open_is_closed_with_what_lies_in_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs").chmod(0o755)
    (home / "draft").write_text("words")
    (home / "draft").chmod(0o644)
    home.chmod(0o755)
    assert not is_private(home)
    make_private(home)
    assert is_private(home)
    if os.geteuid() == 0:
        # Others may get through it, to PostgreSQL's folder, and see nothing else.
        assert stat.S_IMODE((home / "logs").stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "draft").stat().st_mode) == 0o600

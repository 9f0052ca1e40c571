"""Why a backup is not made, not taken for one, or not restored; each says what to do."""

from pathlib import Path


class BackupFailed(RuntimeError):
    """No backup was made; nothing of it is left."""


class BackupBroken(RuntimeError):
    """The file is no whole backup: cut short, changed, or something else."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path} is not a whole backup: {what}. Take another one; which is whole: "
            "leadflow backup --check FILE"
        )


class RestoreRefused(RuntimeError):
    """Nothing was changed; the message says why, and what to do."""


class RestoreFailed(RuntimeError):
    """It was begun and could not be finished; what was there before is as it was."""

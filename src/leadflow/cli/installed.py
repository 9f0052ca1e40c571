"""Commands but `up` and `demo` are for an installation that is there."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadflow.settings import Settings


class NoInstallation(RuntimeError):
    """There is none where it was looked for; the message says where, and how to make one."""


def is_one(settings: "Settings") -> bool:
    """Whether there is a store, here or where a setting says."""
    embedded = settings.home / "postgres" / "PG_VERSION"
    return settings.database_url is not None or embedded.exists()


def require(settings: "Settings") -> None:
    """See that there is an installation, before something is read from it or written to it.

    Raises:
        NoInstallation: none was ever started there, or its key is gone.
    """
    home = settings.home
    has_data = is_one(settings)
    has_key = settings.secret_key is not None or (home / "secret.key").exists()
    if has_data and has_key:
        return
    if has_data and settings.database_url is None:
        raise NoInstallation(
            f"{home} has data and no secret.key, without which they cannot be read. Put your copy "
            "of it back there."
        )
    if "LEADFLOW_HOME" in os.environ:
        where = f"There is no Leadflow in {home}, which LEADFLOW_HOME names."
    else:
        where = f"There is no Leadflow in {home}, nor in this folder or one above it."
    raise NoInstallation(
        f"{where} Start one with: leadflow up (or leadflow demo). If there is one elsewhere, go to "
        "its folder, or set LEADFLOW_HOME."
    )

"""Bringing the database up to date, in a process that ends when it is done.

What migrations and the rooms' declarations load takes some 50 MB, which the supervisor would keep
for as long as it runs. Run as ``python -m leadflow.supervisor.preparing``, it prints one line of
JSON: what is wrong, or the error that ended it.
"""

import json
import os
import subprocess
import sys

from leadflow.settings import Settings
from leadflow.supervisor.environment import environment

OWN = "leadflow."


class NotPrepared(RuntimeError):
    """The database cannot be used; the message says what to do."""


def prepare_database(settings: Settings) -> list[str]:
    """Start PostgreSQL where it is embedded, bring the schema up to date, and put in what every
    installation has from the start.

    Returns:
        What is wrong, though everything but the learning of models goes on without it.
    """
    from datetime import UTC, datetime

    from leadflow.campaigns.shipped import welcome
    from leadflow.composition import compose, event_types
    from leadflow.database import cluster, migrate
    from leadflow.database.engine import engine_for, unit_of_work
    from leadflow.leads.events.types import put_in

    found = cluster.locate(settings)
    wrong = cluster.ensure_databases(found)
    engine = engine_for(found.leadflow, pool_size=1)
    migrate.upgrade(engine)
    with unit_of_work(engine) as session:
        compose()
        put_in(session, event_types(), datetime.now(UTC))
        welcome.put_in(session, datetime.now(UTC))
    engine.dispose()
    return wrong


def prepare_aside(settings: Settings) -> list[str]:
    """``prepare_database`` in a process of its own. The embedded server has to run already: whoever
    starts it is the one who ends it.

    Raises:
        NotPrepared: the database cannot be used.
    """
    done = subprocess.run(
        [sys.executable, "-m", "leadflow.supervisor.preparing"],
        env=os.environ | environment(settings),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if not lines:
        raise NotPrepared(
            f"The database could not be brought up to date (exit {done.returncode}); "
            "what is wrong stands above."
        )
    said = json.loads(lines[-1])
    if "error" in said:
        raise NotPrepared(said["error"])
    return [str(one) for one in said["wrong"]]


def main() -> None:
    """Prepare the database of this installation; an error of our own is said in its words."""
    from leadflow.settings import get_settings

    try:
        said: dict[str, object] = {"wrong": prepare_database(get_settings())}
    except Exception as error:
        if not type(error).__module__.startswith(OWN):
            raise
        said = {"error": str(error)}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()

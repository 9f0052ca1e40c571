"""Starting the supervisor in the background, and waiting until it is of use."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from leadflow.database import cluster
from leadflow.database.engine import engine_for
from leadflow.settings import Settings
from leadflow.supervisor import state
from leadflow.supervisor.child import ServiceFailed
from leadflow.supervisor.environment import environment
from leadflow.supervisor.ports import check_ports
from leadflow.supervisor.ready_to_send import check_sending


class Detached:
    """A supervisor that goes on when this process ends."""

    def __init__(self, settings: Settings) -> None:
        state.end_orphans(settings)
        check_ports(settings)
        check_sending(settings)
        self._settings = settings
        self._log = settings.home / "logs" / "up.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "leadflow.cli.main", "up"],
                env=os.environ | environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_database(self) -> None:
        """Until the schema is up to date: enough to bring leads in."""
        self._until(self._has_schema)

    def wait_ready(self) -> None:
        """Until everything can be used."""

        def ready() -> bool:
            found = state.running(self._settings)
            return found is not None and found.ready

        self._until(ready)

    def _has_schema(self) -> bool:
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory
        from sqlalchemy.exc import OperationalError

        from leadflow.database import embedded
        from leadflow.database.migrate import alembic_config

        # The supervisor starts the server, so that it is the one who ends it.
        own = self._settings.database_url is None
        if own and embedded.running_pid(self._settings.home) is None:
            return False
        if state.running(self._settings) is None:
            return False
        newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
        engine = engine_for(cluster.locate(self._settings).leadflow, pool_size=1)
        try:
            with engine.connect() as connection:
                return MigrationContext.configure(connection).get_current_revision() == newest
        except OperationalError:
            return False
        finally:
            engine.dispose()

    def _until(self, condition: Callable[[], bool]) -> None:
        """However long it takes: the supervisor itself gives up on a server that does not come."""
        while not condition():
            if self._process.poll() is not None:
                raise ServiceFailed(
                    "The servers did not start:\n" + self._log.read_text(errors="replace")[-3000:]
                )
            time.sleep(0.2)


def start_and_wait(settings: Settings) -> None:
    """Start everything in the background and return once it can be used.

    Raises:
        PortBusy: a port is taken.
        SendingNotSet: messages are to go to people, and something is missing for that.
        ServiceFailed: something did not come up; the message quotes its log.
    """
    Detached(settings).wait_ready()

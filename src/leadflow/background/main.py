"""The entry: ``python -m leadflow.background.main``. Several processes may run at once."""

import signal
import threading

from leadflow.background.process import running
from leadflow.composition import compose
from leadflow.database.engine import Use, work_for
from leadflow.observability import process as observed
from leadflow.settings import get_settings


def main() -> None:
    """Run until told to end."""
    observed.begin("background")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    compose()
    work_for(Use.BACKGROUND)
    with running(get_settings()):
        ended.wait()
    observed.end()


if __name__ == "__main__":
    main()

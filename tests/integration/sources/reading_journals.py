"""A journal of this machine as a source, and a process that reads it; ``python -m`` it."""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from leadflow.composition import compose
from leadflow.database.engine import unit_of_work
from leadflow.outward.exchange import Outward
from leadflow.settings import Settings, get_settings
from leadflow.sources import service
from leadflow.sources.definitions import Source
from leadflow.sources.journals.reading import Reader
from tests.journals import SECRET

NAME = "crm"


def near() -> Settings:
    """Settings that let journals of this machine be read."""
    return get_settings().model_copy(
        update={
            "webhook_allowed_networks": "127.0.0.0/8",
            "webhook_connect_seconds": 2.0,
            "webhook_answer_seconds": 3.0,
        }
    )


def source(url: str, **journal: Any) -> Source:
    """A source whose journal is at this URL."""
    said = {
        "url": f"{url}/journal",
        "query": {"since": "{since_ms}", "page": "{page}"},
        "items": "results",
        "id": "id",
        "time": "at",
        "next": "paging.next",
        **journal,
    }
    mapping = {"key": "id", "changed_at": "at", "fields": {"email": "email"}}
    return Source.model_validate({"journal": said, "mapping": mapping})


def add(given: Source, now: datetime, secret: str | None = SECRET, name: str = NAME) -> None:
    """Have this source, with a secret."""
    with unit_of_work() as session:
        service.apply(session, {name: given}, "test", now)
        if secret is not None:
            service.set_secret(session, name, secret, "test", now)


def reader(clock: Callable[[], datetime], settings: Settings | None = None) -> Reader:
    """One who reads what is due by this clock."""
    return Reader(Outward(settings or near()), clock)


def main() -> None:
    """Read all that is due at a moment, for ever."""
    compose()
    now = datetime.fromisoformat(sys.argv[1])
    reading = reader(lambda: now + timedelta(seconds=1))
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    while True:
        time.sleep(0 if reading.read_due() else 0.05)


if __name__ == "__main__":
    main()

"""What the mail server answered is noted though the store was away as it did."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from leadflow.campaigns.dispatch.sending import PATIENCE
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.port import Result
from leadflow.database.engine import get_engine
from tests.integration.campaigns.running import STEPS, enrol, launch, planned, sweep
from tests.integration.campaigns.test_dispatch import Channel, dispatch
from tests.integration.workflow import acting

AWAY = 0.7


def let_in(connection: Connection, database: str, yes: bool) -> None:
    connection.execute(text(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS {str(yes).lower()}'))


@dataclass
class WhileItGoes(Channel):
    """Takes the mails, and by then the store is away for a moment."""

    store: Engine | None = None
    threads: list[threading.Timer] = field(default_factory=list)

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        assert self.store is not None
        name = str(self.store.url.database)
        admin = create_engine(self.store.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            let_in(connection, name, False)
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ended), {"name": name})

        def back() -> None:
            with admin.connect() as connection:
                let_in(connection, name, True)
            admin.dispose()

        self.threads.append(threading.Timer(AWAY, back))
        self.threads[-1].start()
        return super().send_many(mails)


@pytest.fixture
def cut(store: Engine) -> Iterator[Engine]:
    """A store whose connections are cut off; new ones are made afterwards."""
    yield store
    get_engine().dispose()
    store.dispose()


def test_answers_are_noted_once_the_store_is_back(
    cut: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch(STEPS[:1])
    for name in ("ada", "bo"):
        enrol(acting.take(email=f"{name}@example.com"))
    sweep()
    pauses: list[float] = []
    slept = time.sleep

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        slept(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    channel = WhileItGoes(store=cut)
    done = dispatch(channel)
    for one in channel.threads:
        one.join()
    get_engine().dispose()
    assert done.ends["accepted"] == 2
    assert planned() == [("hello", "accepted")] * 2
    assert len(channel.given) == 2
    assert PATIENCE[0] in pauses

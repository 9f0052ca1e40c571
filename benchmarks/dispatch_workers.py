"""Processes that send and are killed: Leadflow's own, and the two ways that are written first."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import text

from leadflow.campaigns.dispatch.reconciling import reconcile_some
from leadflow.campaigns.dispatch.sending import dispatch_some
from leadflow.channels.email.outgoing import MailChannel, Outgoing
from leadflow.channels.email.pace import Pace
from leadflow.channels.email.resend import Resend
from leadflow.channels.email.smtp import Server, Smtp
from leadflow.channels.port import Accepted, Result
from leadflow.composition import compose
from leadflow.database.engine import get_engine
from leadflow.settings import get_settings
from tests.unit.channels.resend_stand_in import API_KEY

AT_A_TIME = 10
FETCH = """
SELECT id FROM peer_messages WHERE state = 'planned' AND due LIMIT 10 FOR UPDATE SKIP LOCKED
"""
MARK = text("UPDATE peer_messages SET state = 'sent' WHERE id = ANY (:ids)")
Worker = Callable[[str, Event], None]


def begin(worker: Worker, variables: dict[str, str], where: str, ready: Event) -> None:
    """Be such a process, in the installation that these variables name."""
    os.environ.clear()
    os.environ.update(variables)
    get_settings.cache_clear()
    compose()
    worker(where, ready)


def by_key(address: str, ready: Event) -> None:
    """Leadflow, by Resend."""
    _send(Resend(API_KEY, address=address, timeout=10.0), ready)


def by_smtp(address: str, ready: Event) -> None:
    """Leadflow, by a mail server."""
    pace = Pace(per_second=1_000_000, at_once=1000)
    host, _, port = address.partition(":")
    _send(Smtp(Server(host, int(port), "none"), pace=pace), ready)


def mark_when_fetched(address: str, ready: Event) -> None:
    """What is fetched counts as sent, and is sent then."""
    _as_others_do(address, ready, first=True)


def send_then_mark(address: str, ready: Event) -> None:
    """What was sent is marked afterwards."""
    _as_others_do(address, ready, first=False)


def recording(folder: str, ready: Event) -> None:
    """Leadflow, by a channel that notes what it was given in a file of this process, until nothing
    is due."""
    ready.set()
    channel = Recording(Path(folder) / f"{os.getpid()}.sent")
    engine, settings, in_vain = get_engine(), get_settings(), 0
    # Others may still hold what turns out to be due.
    while in_vain < 20:
        found = dispatch_some(engine, settings, channel, datetime.now(UTC), 100)
        in_vain = 0 if found.claimed else in_vain + 1
        time.sleep(0.05 if in_vain else 0.0)
    channel.close()


@dataclass
class Recording:
    """Accepts each mail, and writes its key down before it says so."""

    path: Path
    name: str = "recording"
    resend_within: timedelta | None = None

    def send_many(self, mails: Sequence[Outgoing]) -> list[Result]:
        with self.path.open("a") as file:
            file.writelines(f"{mail.envelope.key}\n" for mail in mails)
        return [Accepted("noted") for _ in mails]

    def close(self) -> None:
        return


def _send(channel: MailChannel, ready: Event) -> None:
    engine, settings = get_engine(), get_settings()
    ready.set()
    while True:
        # As the flow does, which is started when anything is due.
        time.sleep(0.02)
        # A run of the flow that loses its database fails, and the next begins anew.
        with suppress(Exception):
            reconcile_some(engine, settings, channel, datetime.now(UTC), AT_A_TIME)
            dispatch_some(engine, settings, channel, datetime.now(UTC), AT_A_TIME)


def _as_others_do(address: str, ready: Event, first: bool) -> None:
    engine = get_engine()
    client = httpx.Client(base_url=address, timeout=10.0)
    ready.set()
    while True:
        time.sleep(0.02)
        with suppress(Exception):
            with engine.begin() as connection:
                ids = list(connection.execute(text(FETCH)).scalars())
                if first:
                    connection.execute(MARK, {"ids": ids})
            for one in ids:
                headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": uuid4().hex}
                with suppress(httpx.HTTPError):
                    client.post("/emails", json={"to": [one]}, headers=headers)
            if not first:
                with engine.begin() as connection:
                    connection.execute(MARK, {"ids": ids})

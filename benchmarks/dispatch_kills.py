"""``kill -9`` of who sends, a database that is cut off, answers that are lost: is any mail lost,
and does any arrive twice?"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text

from benchmarks import dispatch_workers
from benchmarks.due_messages import address, hurry, make_due
from benchmarks.rows import Row
from tests.servers import free_port
from tests.unit.channels import resend_stand_in

if TYPE_CHECKING:
    from sqlalchemy import Engine

PATIENCE_SECONDS, TURN_SECONDS, SETTLE_SECONDS = 10.0, 4.0, 180.0
CUT = text("""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
""")
CLAIMED = text("SELECT id FROM campaign_messages WHERE status = 'claimed'")
STATES = text("SELECT status, count(*) FROM campaign_messages GROUP BY status")
OPEN = text("""
SELECT count(*) FROM campaign_messages
WHERE status IN ('planned', 'claimed') OR ask_at IS NOT NULL
""")
ACCEPTED = text("SELECT id FROM campaign_messages WHERE status = 'accepted'")
PEERS = text("""
CREATE TABLE peer_messages (id text PRIMARY KEY, state text NOT NULL DEFAULT 'planned',
    due boolean NOT NULL DEFAULT false);
CREATE INDEX ON peer_messages (id) WHERE state = 'planned' AND due;
""")
PEERS_DUE = text("UPDATE peer_messages SET due = true WHERE id = ANY (:ids)")
PEERS_OPEN = text("SELECT count(*) FROM peer_messages WHERE state = 'planned'")


@dataclass
class Trouble:
    """What happens to whoever sends, and which messages were claimed at those moments."""

    kills: int
    seed: int
    in_flight: set[str] = field(default_factory=set)
    rounds: list[list[str]] = field(default_factory=list)

    def make(
        self,
        engine: "Engine",
        worker: dispatch_workers.Worker,
        where: str,
        due: Callable[[list[str]], None],
        arrived: Callable[[], int],
        ours: bool = True,
    ) -> None:
        """In each round some messages are due; in the first half of them the database is cut off,
        in the second the process is killed."""
        dice = random.Random(self.seed)
        for some in self.rounds:
            before, half = arrived(), len(some) // 2
            due(some)
            process = _start(worker, where)
            _wait(arrived, before + dice.randint(0, half))
            self._note(engine, ours)
            with engine.connect() as connection:
                connection.execute(CUT)
            self._note(engine, ours)
            _wait(arrived, before + dice.randint(half + 1, max(half + 1, len(some) - 10)))
            process.kill()
            process.join()
            self._note(engine, ours)
            if ours:
                hurry(engine)

    def _note(self, engine: "Engine", ours: bool) -> None:
        if ours:
            with engine.connect() as connection:
                self.in_flight |= set(connection.execute(CLAIMED).scalars())


def _wait(arrived: Callable[[], int], count: int) -> None:
    """Until so many have arrived; not for ever, for some wait for a claim to end."""
    until = time.monotonic() + PATIENCE_SECONDS
    while arrived() < count and time.monotonic() < until:
        time.sleep(0.001)


def trouble(ids: list[str], kills: int) -> Trouble:
    """As many rounds as kills, each with its share of the messages."""
    share = -(-len(ids) // kills)
    rounds = [ids[start : start + share] for start in range(0, len(ids), share)]
    return Trouble(kills, 7, rounds=rounds)


def by_key(engine: "Engine", ids: list[str], kills: int) -> list[Row]:
    """By a provider that honours keys: none is lost, none arrives twice."""
    provider = resend_stand_in.Resend()
    # It takes so many mails and breaks off before it says so.
    provider.script = _lost_answers(len(ids), kills)
    troubled = trouble(ids, kills)
    with resend_stand_in.serving(provider) as where:
        troubled.make(
            engine,
            dispatch_workers.by_key,
            where,
            lambda some: make_due(engine, some),
            lambda: len(provider.sent),
        )
        _settle(engine, dispatch_workers.by_key, where)
    arrived = Counter(body["to"][0] for body in provider.sent)
    with engine.connect() as connection:
        states = dict(connection.execute(STATES).tuples().all())
    wanted = {address(number) for number in range(len(ids))}
    return [
        *_said(troubled, len(ids)),
        Row("… answers lost after acceptance", kills - provider.script.count("drop"), ""),
        Row("… requests by key", provider.asked, ""),
        Row("by key: mails that never arrived", len(wanted - set(arrived)), "", at_most=0),
        Row("by key: mails that arrived twice", _twice(arrived), "", at_most=0),
        Row("by key: messages not accepted in the end", len(ids) - states["accepted"], "", None, 0),
    ]


def by_smtp(engine: "Engine", ids: list[str], kills: int) -> list[Row]:
    """By a mail server: none arrives twice, and of each that may not have arrived it is said."""
    dice = random.Random(3)
    sink = Sink(set(dice.sample(range(len(ids) // 2), kills)))
    port = free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    troubled, where = trouble(ids, kills), f"127.0.0.1:{port}"
    try:
        troubled.make(
            engine,
            dispatch_workers.by_smtp,
            where,
            lambda some: make_due(engine, some),
            lambda: len(sink.taken),
        )
        _settle(engine, dispatch_workers.by_smtp, where)
    finally:
        controller.stop()
    arrived = Counter(sink.taken)
    with engine.connect() as connection:
        states = dict(connection.execute(STATES).tuples().all())
        accepted = set(connection.execute(ACCEPTED).scalars())
    unknown = states.get("uncertain", 0)
    silent = len(accepted - set(arrived)) + len(ids) - len(accepted) - unknown
    return [
        *_said(troubled, len(ids)),
        Row("… answers lost after acceptance", sink.dropped, ""),
        Row("by SMTP: mails that arrived twice", _twice(arrived), "", at_most=0),
        Row("by SMTP: mails lost without a word", silent, "", at_most=0),
        Row(
            "by SMTP: messages that are uncertain",
            unknown,
            "",
            at_most=len(troubled.in_flight) + sink.dropped,
        ),
    ]


def peers(engine: "Engine", count: int, kills: int) -> list[Row]:
    """The same trouble for the two ways that are written first."""
    found = []
    for worker in (dispatch_workers.mark_when_fetched, dispatch_workers.send_then_mark):
        provider = resend_stand_in.Resend()
        provider.script = _lost_answers(count, kills)
        ids = [address(number) for number in range(count)]
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE IF EXISTS peer_messages"))
            connection.execute(PEERS)
            connection.execute(text("GRANT ALL ON peer_messages TO PUBLIC"))
            insert = text("INSERT INTO peer_messages (id) SELECT unnest(CAST(:ids AS text[]))")
            connection.execute(insert, {"ids": ids})

        def due(some: list[str]) -> None:
            with engine.begin() as connection:
                connection.execute(PEERS_DUE, {"ids": some})

        with resend_stand_in.serving(provider) as where:
            troubled = trouble(ids, kills)
            troubled.make(engine, worker, where, due, partial(len, provider.sent), ours=False)
            _work_on(engine, worker, where, PEERS_OPEN, SETTLE_SECONDS)
        arrived = Counter(body["to"][0] for body in provider.sent)
        name = worker.__name__.replace("_", " ")
        found += [
            Row(f"peer, {name}: mails that never arrived", count - len(arrived), ""),
            Row(f"peer, {name}: mails that arrived twice", _twice(arrived), ""),
        ]
    return found


class Sink:
    """A mail server that takes everything and notes its Message-ID; of some it breaks off before it
    says so."""

    def __init__(self, drops: set[int]) -> None:
        self.taken: list[str] = []
        self.dropped = 0
        self._drops = drops

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a message."""
        content = envelope.content or b""
        said = message_from_bytes(content if isinstance(content, bytes) else content.encode())
        self.taken.append(str(said["message-id"]).strip("<>").partition("@")[0])
        if len(self.taken) in self._drops and server.transport is not None:
            self.dropped += 1
            server.transport.close()
        return "250 2.0.0 queued"


def start_all(worker: dispatch_workers.Worker, where: str, count: int) -> list[Any]:
    """So many processes of a kind."""
    return [_start(worker, where) for _ in range(count)]


def _start(worker: dispatch_workers.Worker, where: str) -> Any:
    """A process that sends, once it does. It is forked from one that has imported everything and
    has no threads."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.dispatch_workers"])
    ready = context.Event()
    begin = dispatch_workers.begin
    process = context.Process(target=begin, args=(worker, dict(os.environ), where, ready))
    process.start()
    ready.wait(120)
    return process


def _settle(engine: "Engine", worker: dispatch_workers.Worker, where: str) -> None:
    """Nobody is killed at work any more, and everything comes to its end."""
    until = time.monotonic() + SETTLE_SECONDS
    while _left(engine, OPEN) and time.monotonic() < until:
        hurry(engine)
        _work_on(engine, worker, where, OPEN, TURN_SECONDS)


def _work_on(
    engine: "Engine", worker: dispatch_workers.Worker, where: str, asked: Any, seconds: float
) -> None:
    """Let a process work until nothing is left, or for so long."""
    until, process = time.monotonic() + seconds, _start(worker, where)
    while _left(engine, asked) and time.monotonic() < until:
        time.sleep(0.2)
    process.kill()
    process.join()


def _left(engine: "Engine", asked: Any) -> int:
    with engine.connect() as connection:
        return int(connection.execute(asked).scalar_one())


def _lost_answers(count: int, kills: int) -> list[tuple[int, str] | str]:
    lost = set(random.Random(5).sample(range(count // 2), kills))
    return ["drop" if number in lost else "" for number in range(count)]


def _twice(arrived: Counter[str]) -> int:
    return sum(number > 1 for number in arrived.values())


def _said(troubled: Trouble, count: int) -> list[Row]:
    made = len(troubled.rounds)
    return [
        Row(f"{count:,} messages, kill -9 of who sends", made, ""),
        Row("… database connections cut off, times", made, ""),
        Row("… messages claimed at those moments", len(troubled.in_flight), ""),
    ]

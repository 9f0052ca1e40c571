"""How quickly one worker writes mails for their leads, signs them and hands them to a mail server.

Run it with ``python -m benchmarks.sending [MAILS]`` (5,000 unless said). The mail server is
``smtp-sink`` of Postfix, on this machine: ``scripts/install-smtp-sink.sh`` installs it. The peer is
the loop that everybody writes first: one connection by ``smtplib``, one body for all, no signature.
"""

import os
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from rich.console import Console

from benchmarks.rows import Row, publish
from leadflow.channels.email.compiling import Compiled, compiled
from leadflow.channels.email.dkim import Signer
from leadflow.channels.email.message import Envelope, Mailbox, message_bytes
from leadflow.channels.email.outgoing import Outgoing
from leadflow.channels.email.pace import Pace
from leadflow.channels.email.rendering import rendered
from leadflow.channels.email.smtp import Server, Smtp
from leadflow.channels.port import Accepted
from leadflow.settings import get_settings
from tests.servers import free_port

MAILS, BATCH = 5_000, 200
SENDER = Mailbox("ann@example.com", "Ann")
WELCOME = Path(__file__).parents[1] / "examples" / "campaigns" / "welcome_series.yaml"
# As quickly as it goes: how quickly other people's servers like it is not measured here.
AT_ONCE = Pace(per_second=1_000_000, at_once=1000)


def content() -> Compiled:
    """A mail of the examples."""
    written = yaml.safe_load(WELCOME.read_text())["campaigns"]["welcome_series_1"]["contents"][
        "talk"
    ]
    return compiled(written["subject"], written["preheader"], written["body"])


def values(number: int) -> dict[str, Any]:
    """What is known of one lead."""
    lead = {"first_name": f"Zoë {number}", "company_name": f"Company {number}", "attributes": {}}
    url = f"https://example.com/u/{number}"
    return {"lead": lead, "rep": {"name": "Ben"}, "unsubscribe_url": url}


def mail_of(ready: Compiled, number: int) -> Outgoing:
    """The mail of one lead."""
    now, known = datetime.now(UTC), values(number)
    to = Mailbox(f"lead{number}@d{number % 50}.example", f"Zoë {number}")
    envelope = Envelope(f"msg_{number}", SENDER, to, None, known["unsubscribe_url"])
    return Outgoing(envelope, rendered(ready, known), now)


def signed(outgoing: Outgoing, signs: Signer) -> bytes:
    """The mail as it travels."""
    message = message_bytes(outgoing.mail, outgoing.envelope, outgoing.at)
    return signs.signed(message, outgoing.at)


def a_second(mails: int, what: Any) -> float:
    """How often it is done a second, for so many mails."""
    began = time.perf_counter()
    what()
    return mails / (time.perf_counter() - began)


def measure(port: int, mails: int) -> list[Row]:
    """One worker's rates, each part by itself and all of it together."""
    ready, signs = content(), Signer("example.com", "lf", generate_private_key(65537, 2048))
    smtp = Smtp(Server("127.0.0.1", port, "none"), connections=8, pace=AT_ONCE, signer=signs)
    smtp.send_many([mail_of(ready, number) for number in range(BATCH)])

    def everything() -> None:
        for start in range(0, mails, BATCH):
            batch = [mail_of(ready, number) for number in range(start, start + BATCH)]
            assert all(isinstance(one, Accepted) for one in smtp.send_many(batch))

    def bare() -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for number in range(mails):
                connection.sendmail(SENDER.address, f"lead{number}@d.example", body)

    body = message_bytes(mail_of(ready, 0).mail, mail_of(ready, 0).envelope, datetime.now(UTC))
    known = [values(number) for number in range(mails)]
    rows = [
        Row(
            "rendered: subject, HTML and text",
            a_second(mails, lambda: [rendered(ready, one) for one in known]),
            "a second",
            5_000.0,
        ),
        Row(
            "rendered, made a message and signed",
            a_second(mails, lambda: [signed(mail_of(ready, one), signs) for one in range(mails)]),
            "a second",
        ),
        Row(
            "rendered, signed and handed over",
            a_second(mails, everything),
            "a second",
            500.0,
            None,
            "smtplib, one body for all, unsigned",
            a_second(mails, bare),
        ),
    ]
    smtp.close()
    return rows


@contextmanager
def sink() -> Iterator[int]:
    """A mail server that takes everything, on a port of its own."""
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    if program is None:
        raise SystemExit("There is no smtp-sink. Install it: scripts/install-smtp-sink.sh")
    port = free_port()
    # As root it refuses to serve under root's rights.
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([program, *as_nobody, f"127.0.0.1:{port}", "1000"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait()


def main() -> int:
    """Measure, and say whether the bounds hold."""
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else MAILS
    console = Console()
    with sink() as port, console.status(f"{mails:,} mails …"):
        rows = measure(port, -(-mails // BATCH) * BATCH)
    title = f"Sending mail, {mails:,} mails, one worker, a server on this machine"
    return publish("sending", title, rows, get_settings().home, console)


if __name__ == "__main__":
    sys.exit(main())

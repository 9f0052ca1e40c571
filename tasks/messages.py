"""The steps of sending the messages of campaigns."""

import time
from contextlib import closing
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_table_artifact

from features.how_many import how_many
from leadflow.campaigns.dispatch.sending import Dispatched, dispatch_some
from leadflow.channels.email.smtp import Server, Smtp
from leadflow.database.engine import get_engine
from leadflow.settings import get_settings
from tasks.run_names import say_in_name

# A run ends under any load; the next goes on.
LONGEST_SECONDS = 120.0


@task(persist_result=False, timeout_seconds=240)
def send_messages() -> Dispatched:
    """Hand over what is due, until nothing is, or two minutes are over."""
    settings, done = get_settings(), Dispatched()
    if settings.sending == "off":
        return done
    until = time.monotonic() + LONGEST_SECONDS
    server = Server(settings.host, settings.smtp_port, security="none")
    with closing(Smtp(server)) as channel:
        while time.monotonic() < until:
            some = dispatch_some(get_engine(), settings, channel, datetime.now(UTC))
            done += some
            if not some.claimed:
                break
    return done


@task(persist_result=False)
def publish_messages(done: Dispatched) -> int:
    """What became of messages, as a table artifact where there were any; returns how many were
    accepted."""
    rows = [{"became": end, "messages": count} for end, count in done.ends.items() if count]
    if rows:
        create_table_artifact(rows, key="sent-messages", description="Messages of campaigns")
    say_in_name(how_many(done.ends["accepted"], "message"))
    return done.ends["accepted"]

"""The steps of sending the messages of campaigns, and of finding out what became of them."""

import time
from contextlib import closing
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact

from features.how_many import how_many
from leadflow.campaigns.dispatch.reconciling import Reconciled, reconcile_some, uncertain
from leadflow.campaigns.dispatch.sending import Dispatched, dispatch_some
from leadflow.campaigns.looking.run_report import campaigns_with, report
from leadflow.channels.email.chosen import chosen
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.settings import get_settings
from tasks.run_names import say_in_name

# A run ends under any load; the next goes on.
LONGEST_SECONDS = 120.0
_BECAME = {
    "accepted": "the mail server has taken it",
    "later": "not taken for now, sent again later",
    "failed": "given up",
    "uncertain": "it may have arrived, nobody knows",
    "withheld": "its lead may not be written to",
    "late": "its claim had ended before the answer came",
    "planned": "it waits, for nothing was handed over",
}
SETTLE = (
    "Whether one arrived is for people to find out: `leadflow campaigns messages --status "
    "uncertain` lists them, `leadflow campaigns settle MESSAGE --arrived` notes it."
)


@task(persist_result=False, timeout_seconds=240)
def send_messages() -> Dispatched:
    """Hand over what is due, until nothing is, or two minutes are over."""
    settings, done = get_settings(), Dispatched()
    if settings.sending == "off":
        return done
    until = time.monotonic() + LONGEST_SECONDS
    with closing(chosen(settings)) as channel:
        while time.monotonic() < until:
            some = dispatch_some(get_engine(), settings, channel, datetime.now(UTC))
            done += some
            if not some.claimed:
                break
    return done


@task(persist_result=False)
def publish_messages(done: Dispatched) -> int:
    """What became of messages, as an artifact where there were any; returns how many were
    accepted."""
    did = [f"{how_many(n, 'message')}: {_BECAME[end]}" for end, n in done.ends.most_common() if n]
    if did:
        with unit_of_work() as session:
            page = report(session, did, done.campaigns, get_settings().address)
        create_markdown_artifact(page, key="sent-messages", description="Messages of campaigns")
    say_in_name(how_many(done.ends["accepted"], "message"))
    return done.ends["accepted"]


@task(persist_result=False, timeout_seconds=240)
def ask_again() -> Reconciled:
    """Ask for what is uncertain, until nothing may be asked for, or two minutes are over."""
    settings, done = get_settings(), Reconciled()
    if settings.sending == "off":
        return done
    until = time.monotonic() + LONGEST_SECONDS
    with closing(chosen(settings)) as channel:
        while time.monotonic() < until:
            some = reconcile_some(get_engine(), settings, channel, datetime.now(UTC))
            done += some
            if not some.asked:
                break
    return done


@task(persist_result=False)
def publish_reconciled(done: Reconciled) -> int:
    """What came of asking, and what is left to people, as an artifact where there is any; returns
    how many turned out to be accepted."""
    with unit_of_work() as session:
        open_, since = uncertain(session)
        of = campaigns_with(session, "uncertain")
    figures = {
        "asked for again": done.asked,
        "accepted": done.ends["accepted"],
        "still uncertain": done.ends["uncertain"],
        "left to people just now": done.left,
        "left to people in all": open_,
    }
    if any(figures.values()):
        oldest = "" if since is None else f", the oldest from {since:%Y-%m-%d %H:%M} UTC"
        said = f"Messages that may have arrived{oldest}"
        did = [f"{name}: {how_many(count, 'message')}" for name, count in figures.items() if count]
        with unit_of_work() as session:
            page = report(session, did, of, get_settings().address, SETTLE if open_ else "")
        create_markdown_artifact(page, key="reconciled-messages", description=said)
    say_in_name(how_many(done.ends["accepted"], "message"))
    return done.ends["accepted"]

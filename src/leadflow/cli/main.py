"""The command line. Commands import what they need when they run, so that --help is quick."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from leadflow import installation
from leadflow.catalogues import fill_when_needed
from leadflow.cli import (
    attributes,
    backup,
    events,
    for_programs,
    importing,
    imports,
    leads,
    outbox,
    quarantine,
    rules,
    segments,
    servers,
    status,
)
from leadflow.cli.access import identity, keys, people
from leadflow.cli.campaigns import (
    campaigns,
    changing,
    channels,
    messages,
    returned,
    running,
    shown,
    simulating,
)
from leadflow.cli.configuration import configuration
from leadflow.cli.consent import consent
from leadflow.cli.console import OUTPUT, asked_for, errors
from leadflow.cli.demo import demo
from leadflow.cli.failed import in_words
from leadflow.cli.installed import require
from leadflow.cli.learning import checks, features, learning, models, monitoring, qualify, simulate
from leadflow.cli.review import approvals, audit, overrides, policies, quality
from leadflow.cli.team import assignments, outcomes, performance, reps
from leadflow.cli.webhooks import deliveries, endpoints, sources

app = typer.Typer(
    name="leadflow",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Scores leads with reasons, hands each to the right salesperson, keeps people in charge.",
    epilog="Begin with: leadflow demo. Any command answers programs in JSON with --json, and "
    "prints tables with every column at any width with --wide.",
)
# These make an installation where there is none, or say that there is none.
MAKING_ONE = ("demo", "up", "down", "doctor", "restore")
# These need nothing that is stored: files of whoever types them, or what is the same for all.
OF_NOTHING_STORED = (
    "campaigns check",
    "campaigns draw",
    "campaigns hours",
    "campaigns mails",
    "campaigns schema",
    "campaigns simulate",
    "campaigns test",
)


def _group(of: typer.Typer, name: str, panel: str, example: str) -> None:
    """Add commands under one word, with what is typed most of them at the end of its help."""
    app.add_typer(of, name=name, rich_help_panel=panel, epilog=f"For example: {example}")


_SERVERS, _LEADS, _WORK = "Servers", "Leads in and out", "Scoring and assignment"
app.command(rich_help_panel=_SERVERS)(demo.demo)
app.command(rich_help_panel=_SERVERS)(servers.up)
app.command(rich_help_panel=_SERVERS)(servers.down)
app.command(rich_help_panel=_SERVERS)(servers.doctor)
app.command(rich_help_panel=_SERVERS)(backup.backup)
app.command(rich_help_panel=_SERVERS)(backup.restore)
app.command("import", rich_help_panel=_LEADS)(importing.import_leads)
_group(quarantine.app, "quarantine", _LEADS, "leadflow quarantine list")
_group(imports.app, "imports", _LEADS, "leadflow imports list")
_group(sources.app, "sources", _LEADS, "leadflow sources check FILE")
_group(deliveries.app, "deliveries", _LEADS, "leadflow deliveries list --status dead")
_group(endpoints.app, "endpoints", _LEADS, "leadflow endpoints list")
_group(leads.app, "leads", _LEADS, "leadflow leads export leads.csv")
_group(consent.app, "consent", _LEADS, "leadflow consent show LEAD")
_group(attributes.app, "attributes", _LEADS, "leadflow attributes list")
_group(events.app, "events", _LEADS, "leadflow events list")
_group(outcomes.app, "outcomes", _LEADS, "leadflow outcomes tell LEAD converted")
app.command(rich_help_panel=_LEADS)(simulate.simulate)
app.command(rich_help_panel=_WORK)(learning.train)
app.command(rich_help_panel=_WORK)(monitoring.monitor)
app.command(rich_help_panel=_WORK)(learning.score)
app.command(rich_help_panel=_WORK)(qualify.qualify)
app.command(rich_help_panel=_WORK)(learning.assign)
app.command(rich_help_panel=_WORK)(status.status)
_group(features.app, "features", _WORK, "leadflow features list")
_group(models.app, "models", _WORK, "leadflow models list")
_group(checks.app, "checks", _WORK, "leadflow checks list")
_group(rules.app, "rules", _WORK, "leadflow rules try FILE --last 100")
_group(segments.app, "segments", _WORK, "leadflow segments list")
running.add_to(campaigns.app)
shown.add_to(campaigns.app)
changing.add_to(campaigns.app)
messages.add_to(campaigns.app)
campaigns.app.command()(simulating.simulate)
returned.add_to(campaigns.app)
_group(campaigns.app, "campaigns", _WORK, "leadflow campaigns check FILE")
app.command(rich_help_panel=_WORK)(channels.channels)
_group(configuration.app, "config", _SERVERS, "leadflow config export DIR")
_group(assignments.app, "assignments", _WORK, "leadflow assignments overdue")
app.command("sign-in", rich_help_panel="People")(identity.sign_in)
app.command("sign-out", rich_help_panel="People")(identity.sign_out)
_group(people.app, "people", "People", "leadflow people list")
_group(reps.app, "reps", "People", "leadflow reps list")
_group(performance.app, "performance", "People", "leadflow performance report --days 90")
_group(approvals.app, "approvals", "People", "leadflow approvals list")
_group(policies.app, "policies", "People", "leadflow policies try FILE")
_group(overrides.app, "overrides", "People", "leadflow overrides report")
_group(quality.app, "quality", "People", "leadflow quality waiting")
_group(keys.app, "keys", "People", "leadflow keys create NAME")
_group(outbox.app, "outbox", _SERVERS, "leadflow outbox list --state waiting")
_group(audit.app, "audit", "People", "leadflow audit verify")


@app.callback()
def _begin(context: typer.Context) -> None:
    """Before any command: name settings that there are not, and see that there is an installation.
    Words that are to be answered quickly need none of it."""
    if "--help" in sys.argv:
        return
    from leadflow.setting_names import unknown_settings
    from leadflow.settings import get_settings

    file = installation.folder() / installation.ENV
    for said in unknown_settings(os.environ, file):
        errors.print(f"[yellow]Note[/yellow]: {said}", soft_wrap=True)
    command = context.invoked_subcommand
    whole = " ".join(sys.argv[1:3])
    if command not in MAKING_ONE and whole not in OF_NOTHING_STORED and "--check" not in sys.argv:
        require(get_settings())


def _put_rooms_together() -> None:
    from leadflow.composition import compose

    compose()


def main() -> None:
    """Run the command line; what went wrong is one plain message, not a traceback."""
    # What is imported stays: to look through it for garbage takes a tenth of the time.
    gc.set_threshold(50_000, 20, 20)
    sys.argv[1:] = asked_for(sys.argv[1:])
    fill_when_needed(_put_rooms_together)
    if "--help" in sys.argv:
        app()
    try:
        with _from_the_terminal():
            if OUTPUT.json:
                sys.exit(for_programs.run(app))
            app()
    except Exception as error:
        if os.environ.get("LEADFLOW_DEBUG") or not _told(error):
            raise
        sys.exit(1)


def _told(error: Exception) -> bool:
    """Say what went wrong; False for what is no mistake of whoever typed it."""
    if OUTPUT.json:
        return for_programs.tell_of(error)
    said = in_words(error)
    if said is not None:
        errors.print(said, markup=False, soft_wrap=True, style="red")
    return said is not None


@contextmanager
def _from_the_terminal() -> Iterator[None]:
    """What is done from here is said so in the audit log."""
    from leadflow.audit.context import acting_from
    from leadflow.observability import process

    process.begin("terminal", at_least="WARNING")
    with acting_from("terminal"):
        yield


if __name__ == "__main__":
    main()

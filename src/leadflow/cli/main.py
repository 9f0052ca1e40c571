"""The command line. Commands import what they need when they run, so that --help is quick."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from leadflow import installation
from leadflow.cli import (
    attributes,
    backup,
    events,
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
from leadflow.cli.console import asked_for, errors, printed
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
    epilog="Begin with: leadflow demo. Any command that prints a table prints it as JSON with "
    "--json, and with every column at any width with --wide.",
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
WITHOUT_ROOMS = ("up", "down", "doctor", "keys", "sign-in", "sign-out", "status")
# These only look at what is stored. To load every room takes longer than the looking.
LOOKS = (
    "approvals list",
    "approvals show",
    "assignments list",
    "assignments overdue",
    "assignments unroutable",
    "campaigns channels",
    "campaigns list",
    "campaigns messages",
    "checks list",
    "checks show",
    "consent show",
    "deliveries list",
    "endpoints list",
    "endpoints message",
    "endpoints messages",
    "endpoints types",
    "events list",
    "features list",
    "features show",
    "imports list",
    "leads exports",
    "models list",
    "outbox list",
    "overrides",
    "people list",
    "quarantine list",
    "quarantine show",
    "reps list",
    "reps show",
    "reps versions",
    "sources list",
)

_SERVERS, _LEADS, _WORK = "Servers", "Leads in and out", "Scoring and assignment"
app.command(rich_help_panel=_SERVERS)(demo.demo)
app.command(rich_help_panel=_SERVERS)(servers.up)
app.command(rich_help_panel=_SERVERS)(servers.down)
app.command(rich_help_panel=_SERVERS)(servers.doctor)
app.command(rich_help_panel=_SERVERS)(backup.backup)
app.command(rich_help_panel=_SERVERS)(backup.restore)
app.command("import", rich_help_panel=_LEADS)(importing.import_leads)
app.add_typer(quarantine.app, name="quarantine", rich_help_panel=_LEADS)
app.add_typer(imports.app, name="imports", rich_help_panel=_LEADS)
app.add_typer(sources.app, name="sources", rich_help_panel=_LEADS)
app.add_typer(deliveries.app, name="deliveries", rich_help_panel=_LEADS)
app.add_typer(endpoints.app, name="endpoints", rich_help_panel=_LEADS)
app.add_typer(leads.app, name="leads", rich_help_panel=_LEADS)
app.add_typer(consent.app, name="consent", rich_help_panel=_LEADS)
app.add_typer(attributes.app, name="attributes", rich_help_panel=_LEADS)
app.add_typer(events.app, name="events", rich_help_panel=_LEADS)
app.add_typer(outcomes.app, name="outcomes", rich_help_panel=_LEADS)
app.command(rich_help_panel=_LEADS)(simulate.simulate)
app.command(rich_help_panel=_WORK)(learning.train)
app.command(rich_help_panel=_WORK)(monitoring.monitor)
app.command(rich_help_panel=_WORK)(learning.score)
app.command(rich_help_panel=_WORK)(qualify.qualify)
app.command(rich_help_panel=_WORK)(learning.assign)
app.command(rich_help_panel=_WORK)(status.status)
app.add_typer(features.app, name="features", rich_help_panel=_WORK)
app.add_typer(models.app, name="models", rich_help_panel=_WORK)
app.add_typer(checks.app, name="checks", rich_help_panel=_WORK)
app.add_typer(rules.app, name="rules", rich_help_panel=_WORK)
app.add_typer(segments.app, name="segments", rich_help_panel=_WORK)
running.add_to(campaigns.app)
shown.add_to(campaigns.app)
changing.add_to(campaigns.app)
messages.add_to(campaigns.app)
campaigns.app.command()(simulating.simulate)
returned.add_to(campaigns.app)
app.add_typer(campaigns.app, name="campaigns", rich_help_panel=_WORK)
app.command(rich_help_panel=_WORK)(channels.channels)
app.add_typer(configuration.app, name="config", rich_help_panel=_SERVERS)
app.add_typer(assignments.app, name="assignments", rich_help_panel=_WORK)
app.command("sign-in", rich_help_panel="People")(identity.sign_in)
app.command("sign-out", rich_help_panel="People")(identity.sign_out)
app.add_typer(people.app, name="people", rich_help_panel="People")
app.add_typer(reps.app, name="reps", rich_help_panel="People")
app.add_typer(performance.app, name="performance", rich_help_panel="People")
app.add_typer(approvals.app, name="approvals", rich_help_panel="People")
app.add_typer(policies.app, name="policies", rich_help_panel="People")
app.add_typer(overrides.app, name="overrides", rich_help_panel="People")
app.add_typer(quality.app, name="quality", rich_help_panel="People")
app.add_typer(keys.app, name="keys", rich_help_panel="People")
app.add_typer(outbox.app, name="outbox", rich_help_panel=_SERVERS)
app.add_typer(audit.app, name="audit", rich_help_panel="People")


@app.callback()
def _begin(context: typer.Context) -> None:
    """Before any command: name settings that there are not, see that there is an installation, and
    have the rooms declare what they add. Words that are to be answered quickly need none of it."""
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
    if command not in WITHOUT_ROOMS and whole not in LOOKS:
        from leadflow.composition import compose

        compose()


def main() -> None:
    """Run the command line; what went wrong is one plain message, not a traceback."""
    sys.argv[1:] = asked_for(sys.argv[1:])
    if "--help" in sys.argv:
        app()
    try:
        with _from_the_terminal(), printed():
            app()
    except Exception as error:
        said = None if os.environ.get("LEADFLOW_DEBUG") else in_words(error)
        if said is None:
            raise
        errors.print(said, markup=False, soft_wrap=True, style="red")
        sys.exit(1)


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

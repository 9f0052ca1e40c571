"""``leadflow campaigns``: storing campaigns, launching them, who is in them."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.how_many import how_many
from leadflow.cli.access.identity import person_here, who_acts
from leadflow.cli.access.submitting import WithoutApproval, submit, waits
from leadflow.cli.campaigns.campaigns import Paths, read_known, say, say_unheard
from leadflow.cli.console import console, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from leadflow.campaigns.enrolling.files import Listed
    from leadflow.campaigns.first_mails import FirstMail
    from leadflow.campaigns.previewing import Preview

Name = Annotated[str, typer.Argument(help="The campaign's name, such as welcome_series_1.")]
WRITE = "campaign.write"


def apply_campaigns(paths: Paths, without_approval: WithoutApproval = None) -> None:
    """Store campaigns, each as a new version where it changes; all or none. Nobody comes into a
    version before it is launched."""
    from leadflow.campaigns.files import campaign_files, read_files
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work

    files = campaign_files(paths)
    with unit_of_work() as session:
        found = read_files(files, read_known(session))
        given = {name: one for programs in found.values() for name, one in programs.items()}
        by = who_acts(session, WRITE)
        now = datetime.now(UTC)
        do = partial(service.apply, session, given, by, now)
        submitted = submit(session, ["campaigns"], do, now, without_approval=without_approval)
    applied = submitted.done
    told(new=applied.new, changed=applied.changed)
    for said, names in (("New", applied.new), ("Changed", applied.changed)):
        if names:
            say(f"{said}: {', '.join(names)}")
    first = next(iter((*applied.new, *applied.changed)), None)
    if first is None:
        say("Nothing is new: all of it is stored already.")
    elif not waits(submitted):
        say(f"Let leads come in: leadflow campaigns launch {first}")


def preview(
    name: Name,
    to: Annotated[
        Path | None,
        typer.Option(help="A folder for what five of them would get (.html)."),
    ] = None,
) -> None:
    """Who would come in by what is known of them now, and who would not and why: the counts add up
    to the audience. And what five of them would get first; where leads come in by what happens to
    them or by name, five of those that fit."""
    from leadflow.campaigns.first_mails import samples
    from leadflow.campaigns.previewing import preview as previewed
    from leadflow.campaigns.store import service
    from leadflow.campaigns.store.programs import programs
    from leadflow.consent.may_send import Policy
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings

    with unit_of_work() as session:
        stored = service.read_campaign(session, name)
        program = programs(session, [(name, stored.version)])[name, stored.version]
        now, settings = datetime.now(UTC), get_settings()
        policy = Policy.of(settings.marketing_without_consent)
        shown = previewed(session, program, now, policy)
        found = samples(session, program, shown, settings, now, policy)
    _tell(shown)
    say_unheard(program)
    if found.why_none is not None:
        say(found.why_none)
    for number, one in enumerate(found.mails, start=1):
        _tell_mail(number, one, to)


def launch(name: Name) -> None:
    """Let leads come into the newest version; where a policy says so, after somebody has approved
    it. Those that are in an older version stay in it."""
    from leadflow.campaigns.launching import ask_to_launch
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        asked = ask_to_launch(session, name, person_here(session, WRITE), datetime.now(UTC))
        state = service.read_campaign(session, name).state
    told(name=name, state=state, approval_id=asked)
    if asked is None and state == "paused":
        say(f"{name} stays paused. Leads come in once it goes on: leadflow campaigns resume {name}")
    elif asked is None:
        say(f"{name} is live. See who comes in: leadflow campaigns show {name}")
    else:
        say(f"Somebody else must approve that first: leadflow approvals show {asked}")


def enroll(
    name: Name,
    lead: Annotated[
        list[str] | None, typer.Option(help="A lead's id. Several may be said.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file or spreadsheet with a column lead_id or of e-mail addresses, and key "
            "where needed."
        ),
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Enroll those that are clear where others in it are not."),
    ] = False,
    import_id: Annotated[
        str | None, typer.Option("--import", help="An import's id: the leads that it has made.")
    ] = None,
) -> None:
    """Let leads come in by name: those of a file, or that an import has made, too. Says of each
    that does not why."""
    from leadflow.campaigns.enrolling.entries import IN_WORDS
    from leadflow.campaigns.enrolling.files import enrol_listed, made_by_import
    from leadflow.database.engine import unit_of_work

    listed = [(one, "") for one in lead or ()]
    with unit_of_work() as session:
        by = who_acts(session, "campaign.enroll")
        if file is not None:
            listed += _named_in(session, file, anyway)
        if import_id is not None:
            listed += made_by_import(session, import_id)
        found = enrol_listed(session, name, listed, by, datetime.now(UTC))
    became = [{"lead_id": of[0], "key": of[1], "became": one} for of, one in found.items()]
    told(name=name, leads=became)
    for lead_id, entry in found.items():
        if entry != "enrolled":
            say(f"{lead_id[0]} {IN_WORDS[entry]}.")
    came = sum(entry == "enrolled" for entry in found.values())
    say(f"{how_many(came, 'lead')} of {len(found):,} came in.")


def _named_in(session: "Session", file: Path, anyway: bool) -> "Sequence[Listed]":
    """The leads that a file names; ``anyway``: of the lines that are clear alone."""
    from leadflow.campaigns.enrolling.files import read_listed

    listing = read_listed(session, file)
    if not anyway:
        listing.refuse_unclear()
    for line, why in listing.unclear:
        say(f"Line {line} is left out: {why}.")
    return listing.leads


def unenroll(
    name: Name, lead: Annotated[list[str], typer.Option(help="A lead's id. Several may be said.")]
) -> None:
    """Take leads out of a campaign, wherever they stand; what was planned is not sent."""
    from leadflow.campaigns.leaving import take_out
    from leadflow.campaigns.store import service
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        service.read_campaign(session, name)
        by = who_acts(session, "campaign.enroll")
        ended = take_out(session, name, lead, by, datetime.now(UTC))
    told(name=name, leads=ended)
    say(f"{how_many(len(ended), 'lead')} taken out of {name}.")


def _tell(shown: "Preview") -> None:
    from leadflow.campaigns.enrolling.entries import AHEAD
    from leadflow.campaigns.launch_question import no_mail, who_comes_in

    if (words := who_comes_in(shown)) is not None:
        say(words)
        return
    told(audience=shown.audience, entries=shown.entries, withheld=shown.withheld)
    say(f"Audience: {how_many(shown.audience, 'lead')}")
    for entry, count in shown.entries.items():
        say(f"{count:>10,}  {AHEAD[entry]}")
    console.print(f"{sum(shown.entries.values()):>10,}  in all")
    if (found := no_mail(shown)) is not None:
        say(f"{found[0]}:")
        for count, why in found[1]:
            say(f"{count:>10,}  {why}")


def _tell_mail(number: int, one: "FirstMail", to: Path | None) -> None:
    from leadflow.channels.email.rendering import NotRendered

    say(f"\n{number}. {one.lead_id} would get {one.step} first:")
    if isinstance(one.mail, NotRendered):
        say(f"   {one.mail}")
        return
    say(f"   {one.mail.subject}")
    for line in one.first_lines:
        say(f"   | {line}")
    if to is not None:
        to.mkdir(parents=True, exist_ok=True)
        page = to / f"{number}.html"
        page.write_text(one.mail.html, encoding="utf-8")
        say(f"   The whole of it: {page}")


def add_to(app: typer.Typer) -> None:
    """Add these commands to those of campaigns."""
    app.command("apply")(apply_campaigns)
    for command in (preview, launch, enroll, unenroll):
        app.command()(command)

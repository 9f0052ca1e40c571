"""``leadflow sources``: who delivers by webhook, what it means, and what came of it."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.submitting import WithoutApproval, submit, waits
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table
from leadflow.cli.webhooks.deliveries import reasons_in_words

if TYPE_CHECKING:
    from leadflow.sources.trying import Tried

app = typer.Typer(
    no_args_is_help=True,
    help="Sources: systems that deliver leads and facts by webhook, or keep a journal of them.",
)
File = Annotated[Path, typer.Argument(help="A .yaml file of sources; see docs/webhooks.md.")]
Name = Annotated[str, typer.Argument(help="The source's name.")]


@app.command("list")
def list_sources() -> None:
    """Every source: its scheme, its address, how many deliveries there are; how far its journal is
    read."""
    from leadflow.cli.webhooks.journal_lines import how_it_is_read
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings
    from leadflow.sources import inbox, service
    from leadflow.sources.journals.showing import journals

    now = datetime.now(UTC)
    with unit_of_work() as session:
        known, counted = service.sources_now(session), inbox.counts(session)
        secrets, read = service.live_secrets_of_all(session, now), journals(session)
    items: list[dict[str, Any]] = [
        {"name": name, "version": one.version} for name, one in known.items()
    ]
    for item in items:
        of = item["name"]
        item["live_secrets"], item["journal"] = len(secrets.get(of, ())), read.get(of)
        item["deliveries"] = {state: n for (name, state), n in counted.items() if name == of}
    told(items=items)
    if not known:
        console.print("There are no sources. Add some: leadflow sources apply FILE")
        return
    states = {
        "Waiting": "received",
        "Processed": "processed",
        "Passed over": inbox.PASSED_OVER,
        "Dead": "dead",
    }
    table = Table("Source", "Scheme", "Secrets", *states, "Since", box=None)
    for name, stored in known.items():
        figures = (f"{counted.get((name, one), 0):,}" for one in states.values())
        live = str(len(secrets[name])) if name in secrets else "[red]none[/red]"
        since = f"version {stored.version}, {stored.created_at:%Y-%m-%d}"
        table.add_row(name, stored.source.arrives_by, live, *figures, since)
    print_table(table)
    if len(read) < len(known):
        console.print(f"Deliveries go to {get_settings().address}/webhooks/SOURCE", soft_wrap=True)
    for name, journal in read.items():
        for line in how_it_is_read(journal, now):
            console.print(f"{name}: {line}", markup=False, soft_wrap=True)


@app.command()
def check(file: File) -> None:
    """Say everything that is wrong with a file of sources; store nothing."""
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import service
    from leadflow.sources.definitions import load_sources

    given = load_sources(file)
    with unit_of_work() as session:
        applied = service.would_apply(session, given)
    _say_applied(applied.new, applied.changed)
    console.print("The sources are in order. Store them: leadflow sources apply FILE")


@app.command("apply")
def apply_sources(file: File, without_approval: WithoutApproval = None) -> None:
    """Store the sources of a file, each as a new version where it changes; all or none."""
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings
    from leadflow.sources import service
    from leadflow.sources.definitions import load_sources

    given, now = load_sources(file), datetime.now(UTC)
    with unit_of_work() as session:
        do = partial(service.apply, session, given, who_acts(session, "source.write"), now)
        submitted = submit(session, ["sources"], do, now, without_approval=without_approval)
        bare = [name for name in given if not service.live_secrets(session, name, now)]
    _say_applied(submitted.done.new, submitted.done.changed)
    for name in () if waits(submitted) else bare:
        address = f"{get_settings().address}/webhooks/{name}"
        nothing, how = f"nothing is taken at {address}", ""
        if given[name].journal is not None:
            nothing, how = "its journal is not read", " --given"
        said = f"{name} has no secret yet, so {nothing}."
        console.print(f"{said} Next: leadflow sources secret {name}{how}", soft_wrap=True)


@app.command()
def show(name: Name, version: Annotated[int | None, typer.Option(help="Which.")] = None) -> None:
    """A source as YAML, as it counts now or as it was in a version; how far its journal is read."""
    import yaml

    from leadflow.cli.webhooks.journal_lines import how_it_is_read
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import service
    from leadflow.sources.journals.showing import journal_of

    journal = None
    with unit_of_work() as session:
        if version is None:
            content = service.read_source(session, name).source.content
            journal = journal_of(session, name)
        else:
            content = service.read_version(session, name, version).content or {}
    told(name=name, content=content)
    text = yaml.safe_dump({"sources": {name: content}}, sort_keys=False, allow_unicode=True)
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    for line in () if journal is None else how_it_is_read(journal, datetime.now(UTC)):
        console.print(f"# {line}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def remove(name: Name, without_approval: WithoutApproval = None) -> None:
    """Take nothing from a source any more; what it delivered stays."""
    from leadflow.database.engine import unit_of_work
    from leadflow.sources import service

    with unit_of_work() as session:
        by, now = who_acts(session, "source.write"), datetime.now(UTC)
        do = partial(service.remove, session, name, by, now)
        submitted = submit(session, ["sources"], do, now, without_approval=without_approval)
    if not waits(submitted):
        told(name=name)
        console.print(f"{name} is removed. What it delivered stays.")


@app.command()
def secret(
    name: Name,
    given: Annotated[
        bool,
        typer.Option("--given", help="The sender gave a secret: type it in, it is not shown."),
    ] = False,
    end_old: Annotated[
        bool, typer.Option("--end-old", help="Only end the secret before the newest, now.")
    ] = False,
) -> None:
    """Make a secret and show it once, or take the one that the sender gave. The one before goes on
    being taken for a day."""
    from leadflow.cli.access.typed_password import ask
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings
    from leadflow.sources import service

    now = datetime.now(UTC)
    if end_old:
        with unit_of_work() as session:
            by = who_acts(session, "source.write")
            ended = service.end_old_secrets(session, name, by, now)
        told(name=name, ended=ended)
        console.print(f"{how_many(ended, 'secret')} ended; the newest goes on.")
        return
    with unit_of_work() as session:
        service.read_source(session, name)
    typed = ask("Secret") if given else None
    with unit_of_work() as session:
        by = who_acts(session, "source.write")
        chosen = service.set_secret(session, name, typed, by, now)
        source = service.read_source(session, name).source
    told(name=name, secret=None if given else chosen)
    if source.journal is not None:
        console.print("The journal is read with it from now on. See how: leadflow sources list")
        return
    if not given:
        console.print("The secret, shown this once. Give it to the sender:")
        console.print(chosen, markup=False, highlight=False, soft_wrap=True)
    address = f"{get_settings().address}/webhooks/{name}"
    address += (
        f"?token={chosen if not given else 'SECRET'}" if source.scheme == "salesforce" else ""
    )
    console.print(f"Address: {address}", markup=False, highlight=False, soft_wrap=True)


@app.command("try")
def try_out(
    file: File,
    name: Annotated[str, typer.Argument(help="Which source of the file.")],
    last: Annotated[int, typer.Option(min=1, max=500, help="Newest deliveries to try.")] = 10,
    samples: Annotated[
        Path | None,
        typer.Option(help="Instead: a file, the body of one delivery, or one item, a line."),
    ] = None,
) -> None:
    """What the newest deliveries, or samples, would say by a file's mapping; stores nothing. It
    shows personal data."""
    from leadflow.database.engine import unit_of_work
    from leadflow.settings import get_settings
    from leadflow.sources.definitions import load_sources
    from leadflow.sources.proposing.samples import read_samples
    from leadflow.sources.service import NoSource
    from leadflow.sources.trying import sampled_deliveries, stored_deliveries, try_source

    given = load_sources(file)
    if name not in given:
        raise NoSource(name, list(given))
    now, currency = datetime.now(UTC), get_settings().default_currency
    if samples is not None:
        came = sampled_deliveries(read_samples(samples.read_text(encoding="utf-8")), now)
    else:
        with unit_of_work() as session:
            who_acts(session, "delivery.read")
            came = stored_deliveries(session, name, last)
    if not came:
        console.print(f"{name} has delivered nothing yet. Have it send something, and try again.")
        return
    tried = try_source(name, given[name], came, now, currency)
    for one in tried:
        _show_tried(one)
    dead = sum(bool(one.reasons) for one in tried)
    told(tried=len(tried), dead=dead)
    console.print(f"{how_many(len(tried), 'delivery')} tried, {dead:,} dead. Nothing was stored.")


@app.command()
def propose(
    samples: Annotated[
        Path, typer.Argument(help="A file: the body of one delivery, or one item, a line.")
    ],
    name: Annotated[str, typer.Option(help="What the source is called.")] = "crm",
    scheme: Annotated[str, typer.Option(help="How it signs; see docs/webhooks.md.")] = "hmac",
    journal: Annotated[
        str | None, typer.Option(help="It sends nothing: the URL of the journal to be read.")
    ] = None,
) -> None:
    """Propose a source from deliveries it has sent: write NAME.source.yaml, to be corrected."""
    import yaml

    from leadflow.sources.definitions import parse_sources, read_scheme
    from leadflow.sources.proposing.proposal import propose_source
    from leadflow.sources.proposing.samples import read_samples, values_of

    known = read_scheme(scheme)
    found = read_samples(samples.read_text(encoding="utf-8"))
    proposed = propose_source(values_of(found), name, known, datetime.now(UTC), journal)
    table = Table("Path", "Becomes", "Why", box=None)
    for line in proposed.lines:
        table.add_row(*map(escape, line))
    print_table(table)
    for said in proposed.notes:
        console.print(f"- {said}", markup=False)
    for said in proposed.questions:
        console.print(f"? {said}", markup=False, style="yellow")
    content = {"sources": {name: proposed.content}}
    path = Path(f"{name}.source.yaml")
    with path.open("x", encoding="utf-8") as stream:
        yaml.safe_dump(content, stream, sort_keys=False, allow_unicode=True)
    if not any(said.startswith("key:") for said in proposed.questions):
        parse_sources(content)
    console.print(
        f"Written to {path}. Look through it, then: leadflow sources apply {path}", markup=False
    )


def _say_applied(new: tuple[str, ...], changed: tuple[str, ...]) -> None:
    told(new=new, changed=changed)
    for what, names in (("New", new), ("Changed", changed)):
        if names:
            console.print(f"{what}: {', '.join(names)}")
    if not new and not changed:
        console.print("They say what is stored already; nothing changes.")


def _show_tried(tried: "Tried") -> None:
    console.print(f"[bold]{tried.delivery}[/bold]")
    for record in tried.records:
        table = Table("Field", "Value", box=None)
        for name, value in record.items():
            table.add_row(name, escape(str(value)))
        print_table(table)
    for event in tried.events:
        console.print(f"event {json.dumps(event, ensure_ascii=False)}", markup=False)
    if tried.reasons:
        console.print(f"[red]dead[/red]: {reasons_in_words(tried.reasons)}")
    elif tried.notes:
        console.print(f"[yellow]passed over[/yellow]: {reasons_in_words(tried.notes)}")

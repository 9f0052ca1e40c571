"""``leadflow endpoints``: other programs that are told what happens to leads."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import reaches_all, who_acts
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.tables import Aside, print_table, whole

if TYPE_CHECKING:
    from leadflow.endpoints.tables import Attempt, Endpoint

app = typer.Typer(
    no_args_is_help=True, help="Endpoints: other programs that are told what happens to leads."
)
# Of an endpoint and of a message, for programs.
KEPT = "id name url description types include_personal status disabled_why failures delivered_at"
KEPT_OF_MESSAGE = "id type lead_id status attempts created_at due_at"
Name = Annotated[str, typer.Argument(help="The endpoint's name.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="A type of message it wants; several times. See: endpoints types."),
]
Personal = Annotated[
    bool | None,
    typer.Option(
        "--personal/--no-personal", help="Whether messages say whose lead it is. Not unless said."
    ),
]
Description = Annotated[str | None, typer.Option(help="What it is for.")]


@app.command("list")
def list_endpoints() -> None:
    """Every endpoint: where it is, what it wants, and how it does."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import service

    with unit_of_work() as session:
        found = service.endpoints(session)
    told(items=[fields_of(one, KEPT) for one in found])
    if not found:
        console.print(
            "There are no endpoints. Add one: leadflow endpoints add NAME URL --type TYPE",
            soft_wrap=True,
        )
        return
    table = Table(
        "Endpoint",
        "Host",
        "State",
        Aside("Wants"),
        whole("Took something (UTC)"),
        "Failures",
        box=None,
    )
    for one in found:
        took = "" if one.delivered_at is None else f"{one.delivered_at:%Y-%m-%d %H:%M}"
        wants = ", ".join(one.types) + (" with personal data" if one.include_personal else "")
        state, host = _state(one), escape(service.host_of(one))
        table.add_row(one.name, host, state, wants, took, f"{one.failures:,}")
    print_table(table)


@app.command("types")
def list_types() -> None:
    """What an endpoint can be told."""
    from leadflow.domain_events.types import TYPES

    told(types=[{"type": name, "when": known.when} for name, known in TYPES.items()])
    table = Table("Type", "When", "Says besides the lead", box=None)
    for name, known in TYPES.items():
        table.add_row(name, known.when, ", ".join(known.facts.model_fields))
    print_table(table)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="How it is called: small letters, 0-9, - and _.")],
    url: Annotated[str, typer.Argument(help="https://host/path")],
    types: Types = None,
    personal: Personal = None,
    description: Description = None,
) -> None:
    """Add one, and show its secret once."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import service
    from leadflow.endpoints.definitions import EndpointIn, EndpointInvalid
    from leadflow.settings import get_settings

    if not types:
        raise EndpointInvalid(
            "Say what it wants, --type TYPE for each: leadflow endpoints types lists them."
        )
    given = EndpointIn(
        name=name,
        url=url,
        types=types,
        description=description or "",
        include_personal=personal or False,
    )
    with unit_of_work() as session:
        by = who_acts(session, "endpoint.write")
        may = reaches_all(session, "lead.read")
        made, secret = service.add(session, given, by, datetime.now(UTC), get_settings(), may)
    told(**fields_of(made, KEPT))
    _show_secret(secret)
    console.print(f"Try it: leadflow endpoints ping {name}")


@app.command()
def change(
    name: Name,
    url: Annotated[str | None, typer.Option(help="Another URL.")] = None,
    types: Types = None,
    personal: Personal = None,
    description: Description = None,
) -> None:
    """Change what is said of one; what is left out stays."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import service
    from leadflow.endpoints.definitions import EndpointChange
    from leadflow.settings import get_settings

    given = EndpointChange(
        url=url, types=types or None, include_personal=personal, description=description
    )
    with unit_of_work() as session:
        by = who_acts(session, "endpoint.write")
        may = reaches_all(session, "lead.read")
        service.change(session, name, given, by, datetime.now(UTC), get_settings(), may)
    told(name=name)
    console.print(f"{name} is changed.")


@app.command()
def enable(name: Name) -> None:
    """Have one told again, what waits first."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import service

    with unit_of_work() as session:
        service.enable(session, name, who_acts(session, "endpoint.write"), datetime.now(UTC))
    told(name=name, status="enabled")
    console.print(f"{name} is enabled.")


@app.command()
def disable(name: Name) -> None:
    """Have one told nothing: nothing more is written for it, and what waits is held."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import service

    with unit_of_work() as session:
        service.disable(session, name, who_acts(session, "endpoint.write"), datetime.now(UTC))
    told(name=name, status="disabled")
    console.print(f"{name} is disabled.")


@app.command()
def remove(name: Name) -> None:
    """Delete one; what waits is sent to nobody."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import service

    with unit_of_work() as session:
        service.remove(session, name, who_acts(session, "endpoint.write"), datetime.now(UTC))
    told(name=name, status="deleted")
    console.print(f"{name} is deleted.")


@app.command()
def secret(name: Name) -> None:
    """Make another secret and show it once. For a day messages are signed with both."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import service

    with unit_of_work() as session:
        by = who_acts(session, "endpoint.write")
        made = service.rotate_secret(session, name, by, datetime.now(UTC))
    _show_secret(made)


@app.command()
def ping(name: Name) -> None:
    """Send a message that only says that this is an endpoint."""
    from leadflow.database.engine import unit_of_work
    from leadflow.database.ids import new_id
    from leadflow.endpoints import messages

    with unit_of_work() as session:
        who_acts(session, "endpoint.write")
        message = messages.ping(session, name, new_id("ping"))
    told(message=message)
    asked = f"leadflow endpoints message {name} {message}"
    console.print(f"Sent within seconds. What it answers: {asked}", soft_wrap=True)


@app.command("messages")
def list_messages(
    name: Name,
    status: Annotated[
        str | None, typer.Option(help="Only those: waiting, delivered or failed.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most this many.")] = 50,
) -> None:
    """What one was told and what waits for it, the newest first."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import messages
    from leadflow.endpoints.messages import STATES

    if status is not None and status not in STATES:
        raise typer.BadParameter(f"--status is one of {', '.join(STATES)}")
    with unit_of_work() as session:
        found = messages.messages(session, name, status, limit=limit)
    told(messages=[fields_of(one, KEPT_OF_MESSAGE) for one in found])
    if not found:
        console.print("There are no such messages.")
        return
    table = Table(
        whole("Message"), "Type", whole("Lead"), "State", "Attempts", whole("Since (UTC)"), box=None
    )
    for one in found:
        since = f"{one.created_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(one.id, one.type, one.lead_id or "", one.status, str(one.attempts), since)
    print_table(table)


@app.command("message")
def show_message(
    name: Name, message_id: Annotated[str, typer.Argument(help="Its id, as `messages` shows it.")]
) -> None:
    """Every attempt to send one message."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import messages

    with unit_of_work() as session:
        found, tried = messages.read_message(session, name, message_id)
    attempts = "begun_at milliseconds answered error"
    told(**fields_of(found, KEPT_OF_MESSAGE), tried=[fields_of(one, attempts) for one in tried])
    console.print(f"{found.type}: {found.status}", markup=False)
    if found.status == "waiting":
        console.print(f"Tried next: {found.due_at:%Y-%m-%d %H:%M:%S} UTC")
    table = Table(whole("Begun (UTC)"), "Took", "Answered", "Error", box=None)
    for one in tried:
        begun = f"{one.begun_at:%Y-%m-%d %H:%M:%S}"
        took = "" if one.milliseconds is None else f"{one.milliseconds:,} ms"
        table.add_row(begun, took, "" if one.answered is None else str(one.answered), _error(one))
    print_table(table)


@app.command()
def replay(
    name: Name,
    message_id: Annotated[str | None, typer.Argument(help="One message; else say --since.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="All that were written since (UTC).")
    ] = None,
) -> None:
    """Send messages again under their ids, whatever became of them."""
    from leadflow.database.engine import unit_of_work
    from leadflow.endpoints import messages

    if (message_id is None) == (since is None):
        raise typer.BadParameter("Name a message, or say --since MOMENT.")
    now, count = datetime.now(UTC), 1
    with unit_of_work() as session:
        by = who_acts(session, "endpoint.write")
        if since is not None:
            moment = since.replace(tzinfo=UTC)
            count = messages.replay_since(session, name, moment, by, now)
        else:
            messages.replay(session, name, message_id or "", by, now)
    told(messages=count)
    console.print(f"{how_many(count, 'message')} will be sent again.")


def _show_secret(made: str) -> None:
    told(secret=made)
    console.print("The secret, shown this once. Give it to the receiver:")
    console.print(made, markup=False, highlight=False, soft_wrap=True)


def _state(one: "Endpoint") -> str:
    if one.status == "enabled":
        return "[yellow]fails[/yellow]" if one.failures else "enabled"
    why = {"gone": "it says that it is gone", "failing": "it failed for days"}
    said = why.get(one.disabled_why or "", "")
    return f"[red]disabled[/red]{': ' if said else ''}{said}"


def _error(one: "Attempt") -> str:
    if one.answered is None and one.error is None:
        return "cut off, or not over yet"
    return escape(one.error or "")

"""``leadflow keys``: API keys for programs that call the gateway, and the master key."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.master_key import rotate_master
from leadflow.cli.console import console, fields_of, told
from leadflow.cli.numbers import finite
from leadflow.cli.tables import Aside, print_table, whole

app = typer.Typer(
    no_args_is_help=True, help="API keys for programs that call the gateway; the master key."
)
app.command("rotate-master")(rotate_master)
MANAGES = "account.manage"
# Of a key, for programs.
KEPT = "name prefix scopes acts_for created_at created_by expires_at"
Name = Annotated[str, typer.Argument(help="The name the keys were made under.")]


class NoKeyInUse(LookupError):
    """The program has no key that could be revoked."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Which program the key is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="A permission it has; again for more. Unset: bring and read leads."),
    ] = None,
    acts_for: Annotated[
        list[str] | None,
        typer.Option(help="A username it may act for; again for more; * is everybody."),
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0.01, callback=finite, help="How long it works.")
    ] = None,
) -> None:
    """Make a key. It is shown once and stored only as a hash."""
    from leadflow.accounts.keys import ANYBODY, first_key
    from leadflow.accounts.people import find_person
    from leadflow.accounts.permissions import INTEGRATION
    from leadflow.database.engine import unit_of_work

    now = datetime.now(UTC)
    ends = None if days is None else now + timedelta(days=days)
    with unit_of_work() as session:
        people = [
            said if said == ANYBODY else find_person(session, said).id for said in acts_for or ()
        ]
        by = who_acts(session, MANAGES)
        key = first_key(session, name, scope or INTEGRATION, people, ends, by, now)
    _show(name, key)


@app.command()
def rotate(
    name: Name,
    hours: Annotated[
        float,
        typer.Option(min=0, callback=finite, help="How long the keys there are go on working."),
    ] = 24,
) -> None:
    """Make a new key with the same permissions; the old ones work a while longer."""
    from leadflow.accounts.keys import rotate_key
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        by = who_acts(session, MANAGES)
        key = rotate_key(session, name, datetime.now(UTC), timedelta(hours=hours), by)
    _show(name, key)
    console.print(f"Older keys of {name} end in {hours:g} h.")


@app.command()
def servers() -> None:
    """Show what the pages of Prefect and of MLflow ask for, once a browser."""
    from leadflow.secret import server_sign_in
    from leadflow.settings import get_settings

    settings = get_settings()
    prefect, mlflow = (server_sign_in(settings, name) for name in ("prefect", "mlflow"))
    name, _, password = mlflow.partition(":")
    told(prefect={"password": prefect}, mlflow={"name": name, "password": password})
    table = Table(show_header=False, box=None)
    table.add_row("Prefect", f"{settings.prefect_url}/runs", f"password {prefect}")
    table.add_row("MLflow", settings.mlflow_url, f"name {name}, password {password}")
    print_table(table)
    console.print("Whoever has these changes schedules and answers forms: not for everybody.")


@app.command("list")
def list_all() -> None:
    """Every key that was not revoked: beginning, permissions, end. Never the key itself."""
    from leadflow.accounts.keys import list_keys
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        keys = list_keys(session)
    told(items=[fields_of(key, KEPT) for key in keys])
    if not keys:
        console.print("There are no keys. Make one with: leadflow keys create NAME")
        return
    table = Table(
        "Program",
        whole("Begins with"),
        "Permissions",
        Aside("Acts for"),
        whole("Ends (UTC)"),
        box=None,
    )
    for key in keys:
        ends = "never" if key.expires_at is None else f"{key.expires_at:%Y-%m-%d %H:%M}"
        acts = ", ".join(key.acts_for) or "nobody"
        table.add_row(key.name, key.prefix + "…", ", ".join(key.scopes), acts, ends)
    print_table(table)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="A program's name, or the beginning of one key.")],
) -> None:
    """Revoke every key of this program, or one by its beginning; at once and for good."""
    from leadflow.accounts.keys import revoke_keys
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        count = revoke_keys(session, name.removesuffix("…"), who_acts(session, MANAGES))
    if not count:
        raise NoKeyInUse(f"No key of {name} is in use. See: leadflow keys list")
    told(name=name, revoked=count)
    console.print(f"{how_many(count, 'key')} of {name} revoked.")


def _show(name: str, key: str) -> None:
    told(name=name, key=key)
    console.print(f"API key for {name} (shown once): [bold]{key}[/bold]", soft_wrap=True)

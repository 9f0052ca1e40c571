"""``leadflow keys``: API keys for programs that call the gateway."""

from typing import Annotated

import typer

from leadflow.cli.console import console

app = typer.Typer(no_args_is_help=True, help="API keys for programs that call the gateway.")


@app.command()
def create(name: Annotated[str, typer.Argument(help="Which program the key is for.")]) -> None:
    """Make a key. It is shown once and stored only as a hash."""
    from leadflow.accounts.service import create_key
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        key = create_key(session, name)
    console.print(f"API key for {name} (shown once): [bold]{key}[/bold]", soft_wrap=True)


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="The name the keys were made under.")]) -> None:
    """Revoke every key of this name."""
    from leadflow.accounts.service import revoke_keys
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        count = revoke_keys(session, name)
    console.print(f"{count} key(s) of {name} revoked.")

"""``leadflow up``, ``down``, ``doctor``: the servers, and what is missing."""

from typing import Annotated

import typer
from rich.table import Table

from features.how_many import how_many
from leadflow.cli.console import console, told
from leadflow.cli.tables import print_table


class NotEnded(RuntimeError):
    """The servers go on although they were told to end."""


def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return once everything is up.")
    ] = False,
) -> None:
    """Start PostgreSQL, Prefect, a worker, MLflow and the gateway; print where they are.

    Ctrl-C ends all of it and nothing else.
    """
    from leadflow.settings import get_settings
    from leadflow.supervisor import state

    settings = get_settings()
    if state.running(settings) is not None:
        console.print("Leadflow is already running:")
        print_addresses()
        return
    if detach:
        from leadflow.supervisor.detached import start_and_wait

        with console.status("Starting the servers …"):
            start_and_wait(settings)
        print_addresses()
        console.print("Everything runs in the background. End it with: leadflow down")
        return
    from leadflow.supervisor.service import Supervisor

    def on_ready() -> None:
        print_addresses()
        console.print("Everything is up. Ctrl-C ends it.")

    Supervisor(settings, say=console.print).run(on_ready)


def down() -> None:
    """End what `leadflow up` started."""
    from leadflow.settings import get_settings
    from leadflow.supervisor import state

    settings = get_settings()
    running = state.running(settings)
    if running is None:
        orphans = state.end_orphans(settings)
        if orphans:
            console.print(
                f"Ended {how_many(orphans, 'server')} left over from a run that was killed."
            )
        elif state.end_database(settings):
            console.print("Ended PostgreSQL, which a command had started.")
        else:
            console.print("Nothing is running.")
        return
    with console.status("Ending the servers …"):
        ended = state.stop_supervisor(running)
    if not ended:
        raise NotEnded("The supervisor did not end within a minute. Try again: leadflow down")
    console.print("Everything has ended.")


def doctor() -> None:
    """Look at every part: what is well, what is missing, how to mend it."""
    from leadflow.settings import get_settings
    from leadflow.supervisor.doctor import examine

    findings = examine(get_settings())
    told(findings=findings)
    marks = {"ok": "[green]ok[/green]", "note": "[yellow]note[/yellow]", "bad": "[red]bad[/red]"}
    table = Table("", "Part", "Finding", "What to do", box=None)
    for finding in findings:
        table.add_row(marks[finding.mark], finding.part, finding.what, finding.mend)
    print_table(table)
    if any(finding.mark == "bad" for finding in findings):
        raise typer.Exit(1)


def print_addresses() -> None:
    """Where everything is."""
    from leadflow.settings import get_settings

    settings = get_settings()
    told(
        gateway=settings.gateway_url,
        console=f"{settings.address}/console",
        prefect=settings.prefect_url,
        mlflow=settings.mlflow_url,
        logs=settings.home / "logs",
    )
    table = Table(show_header=False, box=None)
    table.add_row("Console: what waits for you", f"{settings.address}/console")
    table.add_row("API, with a page to try it", f"{settings.gateway_url}/docs")
    table.add_row("Prefect: runs, schedules, approvals", f"{settings.prefect_url}/runs")
    table.add_row("MLflow: models and trainings", settings.mlflow_url)
    table.add_row("Logs", str(settings.home / "logs"))
    print_table(table)
    console.print("Prefect and MLflow ask who you are; to see with what: leadflow keys servers")
    if not _anybody():
        console.print("Nobody can sign in yet. Begin with: leadflow people add NAME --role admin")


def _anybody() -> bool:
    """Whether somebody has an account."""
    from sqlalchemy import select

    from leadflow.accounts.tables import Person
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        return session.scalars(select(Person.id).limit(1)).first() is not None

"""``leadflow policies``: which decisions need whom."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from leadflow.cli.access.identity import who_acts
from leadflow.cli.access.submitting import WithoutApproval, submit, waits
from leadflow.cli.console import console, print_text, told
from leadflow.cli.tables import print_table, whole

app = typer.Typer(no_args_is_help=True, help="Which decisions need whom, and by when.")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Policies in YAML.")]


@app.command()
def show() -> None:
    """The policies that count, as YAML: a file to change and store."""
    import yaml

    from leadflow.approvals.policy_store import current_policies
    from leadflow.database.engine import unit_of_work

    with unit_of_work() as session:
        version, policies = current_policies(session)
    told(version=version, content=policies.content)
    print_text(yaml.safe_dump(policies.content, sort_keys=False))


@app.command()
def store(
    file: File,
    note: Annotated[str | None, typer.Option(help="What is new, for people.")] = None,
    without_approval: WithoutApproval = None,
) -> None:
    """Let these count for whatever is asked from now on; where a policy asks somebody about that,
    once they have approved it."""
    from leadflow.approvals.policies import read_policies
    from leadflow.approvals.policy_store import store_policies
    from leadflow.database.engine import unit_of_work

    policies = read_policies(file)
    with unit_of_work() as session:
        by = who_acts(session, "policy.write")
        do = partial(store_policies, session, policies, by, note or without_approval)
        submitted = submit(session, ["policies"], do, datetime.now(UTC), note, without_approval)
    if waits(submitted):
        return
    told(version=submitted.done)
    console.print(f"Version {submitted.done} of the policies counts from now on.")


@app.command("try")
def dry_run(
    file: File, last: Annotated[int, typer.Option(min=1, help="Newest decisions to try.")] = 100
) -> None:
    """Whom these policies would have asked for past decisions. Nothing is stored."""
    from leadflow.approvals.policies import read_policies
    from leadflow.approvals.policy_store import try_policies
    from leadflow.database.engine import unit_of_work

    policies = read_policies(file)
    with unit_of_work() as session:
        tried = try_policies(session, policies, datetime.now(UTC), last)
    if not tried:
        console.print("The policies can be used. Nothing was asked yet to try them on.")
        return
    table = Table(whole("Approval"), "Decision", "Policy then", "Policy now", "Would ask", box=None)
    for one in tried:
        levels = [" or ".join(role.value for role in level.roles) for level in one.then.levels]
        asked = ", then ".join(levels) or "nobody"
        table.add_row(one.approval_id, one.kind, one.before, one.then.policy, asked)
    print_table(table)
